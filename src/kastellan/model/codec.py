"""A Snapshot, with its earlier looks, as the bytes of one file.

The file is a zip: `manifest.json` (schema id `kastellan.snapshot/1`) and, per look, one Arrow IPC member for each table.
The zip compresses and the Arrow inside does not, so that the sizes which the zip declares bound the memory that a
hostile file can take: no member is read beyond its declared size, and the sum of the declared sizes is limited.

A file of a newer Kastellan is read as far as it is known: tables and columns that this version does not know are
noted, columns that the file lacks are null.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import Any, NamedTuple, cast

import msgspec
import polars as pl

from kastellan.kernel.errors import BadInput
from kastellan.kernel.version import VERSION
from kastellan.model.answer import Answer
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Cost, Snapshot, Vantage
from kastellan.model.table import Frame, Rows, Table, Unseen

SCHEMA = "kastellan.snapshot/1"
MOST_BYTES = 4 * 1024**3
"""Most bytes that the members of a file may have when unpacked."""
MOST_MEMBERS = 4_096
_MOST_MANIFEST_BYTES = 256 * 1024**2
_MANIFEST = "manifest.json"
_OLD = (1980, 1, 1, 0, 0, 0)  # the same snapshot is the same bytes


class TableEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a look: its name, its member in the zip, its number of rows, and what could not be enumerated."""

    name: str
    member: str
    rows: int
    unseen: tuple[Unseen, ...] = ()


class LookEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One look: all that a Snapshot holds apart from its tables."""

    at_ms: int
    cluster_id: str | None
    vantage: Vantage
    answers: tuple[Answer, ...]
    cost: Cost
    tables: tuple[TableEntry, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `manifest.json` holds; the first look is the snapshot, the others are earlier ones."""

    schema: str
    version: str
    looks: tuple[LookEntry, ...]


class _Head(msgspec.Struct):
    schema: str


class Loaded(NamedTuple):
    """A snapshot from a file, and what of the file this version could not take."""

    snapshot: Snapshot
    notes: tuple[str, ...]


def dump(snapshot: Snapshot) -> bytes:
    """The file's bytes."""
    looks: list[LookEntry] = []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, look in enumerate((snapshot, *snapshot.earlier)):
            entries: list[TableEntry] = []
            for name, table in look.tables.items():
                entry = TableEntry(name=name, member=f"look{number}/{name}.arrow", rows=table.df.height, unseen=table.unseen)
                entries.append(entry)
                _add(archive, entry.member, _arrow(table))
            looks.append(
                LookEntry(
                    at_ms=look.at_ms, cluster_id=look.cluster_id, vantage=look.vantage, answers=look.answers,
                    cost=look.cost, tables=tuple(entries),
                )
            )  # fmt: skip
        _add(archive, _MANIFEST, msgspec.json.encode(Manifest(schema=SCHEMA, version=VERSION, looks=tuple(looks))))
    return packed.getvalue()


def load(data: bytes) -> Snapshot:
    """The snapshot in the bytes of a file; BadInput in one sentence when they are not one."""
    return unpack(data).snapshot


def unpack(data: bytes) -> Loaded:
    """The same, with notes about what was left out."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = _sizes(archive)
            manifest = _manifest(archive, sizes)
            notes: list[str] = []
            looks = [_look(archive, sizes, each, manifest.version, notes) for each in manifest.looks]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadInput(f"not a whole snapshot file ({error}); write it anew with `kastellan snapshot save`") from None
    if not looks:
        raise BadInput("the snapshot file holds no look; write it anew with `kastellan snapshot save`")
    return Loaded(msgspec.structs.replace(looks[0], earlier=tuple(looks[1:])), tuple(dict.fromkeys(notes)))


def _add(archive: zipfile.ZipFile, member: str, content: bytes) -> None:
    info = zipfile.ZipInfo(member, _OLD)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    archive.writestr(info, content, compresslevel=1)


def _arrow(table: Table) -> bytes:
    buffer = io.BytesIO()
    table.df.write_ipc(buffer, compression="uncompressed")
    return buffer.getvalue()


def _sizes(archive: zipfile.ZipFile) -> dict[str, int]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(each.file_size for each in members) > MOST_BYTES:
        raise BadInput(f"the snapshot file unpacks to more than {MOST_BYTES >> 30} GiB or {MOST_MEMBERS} members; it is refused")
    return {each.filename: each.file_size for each in members}


def _read(archive: zipfile.ZipFile, sizes: dict[str, int], member: str) -> bytes:
    if member not in sizes:
        raise BadInput(f"the snapshot file has no member {member[:80]!r}; write it anew with `kastellan snapshot save`")
    with archive.open(member) as opened:
        return opened.read(sizes[member])


def _manifest(archive: zipfile.ZipFile, sizes: dict[str, int]) -> Manifest:
    if sizes.get(_MANIFEST, 0) > _MOST_MANIFEST_BYTES:
        raise BadInput("the manifest of the snapshot file is too large; it is refused")
    text = _read(archive, sizes, _MANIFEST)
    try:
        schema = msgspec.json.decode(text, type=_Head).schema
        if schema != SCHEMA:
            raise BadInput(
                f"the snapshot file has the schema {schema[:60]!r} and this Kastellan reads {SCHEMA}; use the one that wrote it"
            )
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(
            f"the manifest of the snapshot file is not usable ({error}); write it anew with `kastellan snapshot save`"
        ) from None


def _look(archive: zipfile.ZipFile, sizes: dict[str, int], entry: LookEntry, version: str, notes: list[str]) -> Snapshot:
    tables: dict[str, Table] = {}
    for each in entry.tables:
        kind = all_tables().get(each.name)
        if kind is None:
            notes.append(
                f"the file's table {each.name[:60]} (written by Kastellan {version[:20]}) is not known here and was left out"
            )
            continue
        tables[each.name] = _table(kind, _read(archive, sizes, each.member), each, notes)
    return Snapshot(
        at_ms=entry.at_ms,
        cluster_id=entry.cluster_id,
        vantage=entry.vantage,
        answers=entry.answers,
        tables=tables,
        cost=entry.cost,
    )


def _table(kind: type[Table], content: bytes, entry: TableEntry, notes: list[str]) -> Table:
    try:
        frame = pl.read_ipc(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise BadInput(f"the table {kind.name} of the snapshot file cannot be read ({reason}); write the file anew") from None
    if frame.height != entry.rows:
        raise BadInput(
            f"the table {kind.name} of the snapshot file has {frame.height} rows and not {entry.rows}; write the file anew"
        )
    schema = kind.schema()
    strange = [each for each in frame.columns if each not in schema]
    if strange:
        notes.append(f"columns of {kind.name} are not known here and were left out: {', '.join(strange)[:120]}")
    wrong = [each for each in frame.columns if each in schema and frame.schema[each] not in (schema[each], pl.Null)]
    if wrong or any(each not in frame.columns for each in kind.key):
        told = ", ".join(wrong) or "its key"
        raise BadInput(
            f"the table {kind.name} of the snapshot file has other columns than expected ({told}); write the file anew"
        )
    null = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    frame = frame.with_columns(null).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
    try:
        if issubclass(kind, Rows):
            return cast("type[Rows[Any]]", kind).from_df(frame, entry.unseen)
        return cast("type[Frame]", kind)(frame, entry.unseen)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"the table {kind.name} of the snapshot file has a value that does not fit ({error}); write the file anew"
        ) from None
