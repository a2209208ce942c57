"""A Snapshot, with its earlier looks, as the bytes of one file.

The file is a zip: `manifest.json` (schema id `kastellan.snapshot/2`) and, per look, one Arrow IPC member for each table.
The zip compresses and the Arrow inside does not, so that the sizes which the zip declares bound the memory that a
hostile file can take: no member is read beyond its declared size, and the sum of the declared sizes is limited. Text
columns that repeat themselves are written as dictionaries, a tenth of the work for the compressor; what they would
take when they are text again counts against the same limit.

A file of a newer Kastellan is read as far as it is known: tables and columns that this version does not know are
noted, columns that the file lacks are null.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Collection
from typing import Any, NamedTuple, cast

import msgspec
import polars as pl

from kastellan.kernel.errors import BadInput
from kastellan.kernel.version import VERSION
from kastellan.model.answer import Answer, peer_of_text
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Cost, Snapshot, Vantage
from kastellan.model.table import Frame, Rows, Table, Unseen
from kastellan.reference.providers import Provider

SCHEMA = "kastellan.snapshot/2"
_SCHEMA_1 = "kastellan.snapshot/1"
"""Read, too: there an Answer names its peer in a text, `of`, and its request in `asked`."""
MOST_BYTES = 4 * 1024**3
"""Most bytes that the members of a file may have when unpacked."""
MOST_MEMBERS = 4_096
_MOST_MANIFEST_BYTES = 256 * 1024**2
_MANIFEST = "manifest.json"
_FEW_ROWS = 100
"""Tables with fewer are written as they are."""
_OLD = (1980, 1, 1, 0, 0, 0)  # the same snapshot is the same bytes


class TableEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a look: its name, its member in the zip, its number of rows, and what could not be enumerated.

    `sha256` is that of the unpacked member, in hex; empty in files of the first versions.
    """

    name: str
    member: str
    rows: int
    unseen: tuple[Unseen, ...] = ()
    sha256: str = ""


class LookEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One look: all that a Snapshot holds apart from its tables."""

    at_ms: int
    cluster_id: str | None
    vantage: Vantage
    answers: tuple[Answer, ...]
    cost: Cost
    tables: tuple[TableEntry, ...]
    provider: Provider | None = None


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `manifest.json` holds; the first look is the snapshot, the others are earlier ones."""

    schema: str
    version: str
    looks: tuple[LookEntry, ...]
    left_out: tuple[str, ...] = ()
    """What was not put in, and why, one sentence each."""
    redaction: str = ""
    """The id of the redaction, when names in it are pseudonyms."""


class _Head(msgspec.Struct):
    schema: str


class Loaded(NamedTuple):
    """A snapshot from a file, and what of the file this version could not take."""

    snapshot: Snapshot
    notes: tuple[str, ...]


def dump(snapshot: Snapshot, *, left_out: tuple[str, ...] = (), redaction: str = "") -> bytes:
    """The file's bytes."""
    looks: list[LookEntry] = []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, look in enumerate((snapshot, *snapshot.earlier)):
            entries: list[TableEntry] = []
            for name, table in look.tables.items():
                content, member = _arrow(table), f"look{number}/{name}.arrow"
                seal = hashlib.sha256(content).hexdigest()
                entries.append(TableEntry(name=name, member=member, rows=table.df.height, unseen=table.unseen, sha256=seal))
                _add(archive, member, content)
            looks.append(
                LookEntry(
                    at_ms=look.at_ms, cluster_id=look.cluster_id, vantage=look.vantage, answers=look.answers,
                    cost=look.cost, tables=tuple(entries), provider=look.provider,
                )
            )  # fmt: skip
        manifest = Manifest(schema=SCHEMA, version=VERSION, looks=tuple(looks), left_out=left_out, redaction=redaction)
        _add(archive, _MANIFEST, msgspec.json.encode(manifest))
    return packed.getvalue()


def load(data: bytes, only: Collection[str] | None = None) -> Snapshot:
    """The snapshot in the bytes of a file; BadInput in one sentence when they are not one."""
    return unpack(data, only).snapshot


def unpack(data: bytes, only: Collection[str] | None = None) -> Loaded:
    """The same, with notes about what was left out; `only` names the tables that are wanted of it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            opened = _Opened(archive)
            opened.notes.extend(opened.manifest.left_out)
            if opened.manifest.redaction:
                opened.notes.append(f"names in it are pseudonyms (redaction {opened.manifest.redaction[:40]})")
            looks = [_look(opened, entry, only) for entry in opened.manifest.looks]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadInput(f"not a whole snapshot file ({error}); write it anew with `kastellan snapshot save`") from None
    if not looks:
        raise BadInput("the snapshot file holds no look; write it anew with `kastellan snapshot save`")
    return Loaded(msgspec.structs.replace(looks[0], earlier=tuple(looks[1:])), tuple(dict.fromkeys(opened.notes)))


def manifest_of(data: bytes) -> Manifest:
    """The manifest alone; BadInput in one sentence when it is not one."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _manifest(archive, _sizes(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise BadInput(f"not a whole snapshot file ({error}); write it anew with `kastellan snapshot save`") from None


def _add(archive: zipfile.ZipFile, member: str, content: bytes) -> None:
    info = zipfile.ZipInfo(member, _OLD)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    archive.writestr(info, content, compresslevel=1)


def _arrow(table: Table) -> bytes:
    buffer = io.BytesIO()
    _with_dictionaries(table.df).write_ipc(buffer, compression="uncompressed")
    return buffer.getvalue()


def _with_dictionaries(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its repetitive text as dictionaries of its own (never the process-wide ones, which know more)."""
    folded: list[pl.Series] = []
    for name, dtype in frame.schema.items():
        if dtype != pl.String or frame.height < _FEW_ROWS:
            continue
        words = frame[name].drop_nulls().unique()
        if words.len() * 2 <= frame.height:
            folded.append(frame[name].cast(pl.Enum(words.sort())))
    return frame.with_columns(folded)


class _Opened:
    """A file that is being read: its manifest, the sizes it declares, and how much more it may unfold."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.sizes = _sizes(archive)
        self.manifest = _manifest(archive, self.sizes)
        self.notes: list[str] = []
        self._left = MOST_BYTES

    def unfold(self, size_bytes: int) -> None:
        """Counts bytes that a dictionary takes as text. Raises BadInput when they are too many."""
        self._left -= size_bytes
        if self._left < 0:
            raise BadInput(f"the snapshot file unpacks to more than {MOST_BYTES >> 30} GiB; it is refused")


def _sizes(archive: zipfile.ZipFile) -> dict[str, int]:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_BYTES:
        raise BadInput(f"the snapshot file unpacks to more than {MOST_BYTES >> 30} GiB or {MOST_MEMBERS} members; it is refused")
    return {member.filename: member.file_size for member in members}


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
        if schema == _SCHEMA_1:
            return _manifest_1(text)
        if schema != SCHEMA:
            raise BadInput(
                f"the snapshot file has the schema {schema[:60]!r} and this Kastellan reads {SCHEMA}; use the one that wrote it"
            )
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInput(
            f"the manifest of the snapshot file is not usable ({error}); write it anew with `kastellan snapshot save`"
        ) from None


def _manifest_1(text: bytes) -> Manifest:
    """A manifest of schema 1 as one of today. Raises msgspec's DecodeError for one that is none."""
    manifest: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    manifest["looks"] = msgspec.convert(manifest.get("looks"), list[dict[str, Any]])
    for look in manifest["looks"]:
        answers = msgspec.convert(look.get("answers"), list[dict[str, Any]])
        look["answers"] = tuple(_answer_1(answer) for answer in answers)
    return msgspec.convert(manifest, Manifest)


def _answer_1(answer: dict[str, Any]) -> Answer:
    peer = peer_of_text(msgspec.convert(answer.get("of"), str))
    return msgspec.convert({**answer, "peer": peer, "request": answer.get("asked")}, Answer)


def _look(opened: _Opened, entry: LookEntry, only: Collection[str] | None) -> Snapshot:
    tables: dict[str, Table] = {}
    for table in entry.tables:
        if only is not None and table.name not in only:
            continue
        kind = all_tables().get(table.name)
        if kind is None:
            opened.notes.append(
                f"the file's table {table.name[:60]} (written by Kastellan {opened.manifest.version[:20]}) is not known here and"
                " was left out"
            )
            continue
        tables[table.name] = _table(kind, _read(opened.archive, opened.sizes, table.member), table, opened)
    return Snapshot(
        at_ms=entry.at_ms,
        cluster_id=entry.cluster_id,
        vantage=entry.vantage,
        answers=entry.answers,
        tables=tables,
        cost=entry.cost,
        provider=entry.provider,
    )


def _table(kind: type[Table], content: bytes, entry: TableEntry, opened: _Opened) -> Table:
    if entry.sha256 and hashlib.sha256(content).hexdigest() != entry.sha256:
        raise BadInput(f"the table {kind.name} of the snapshot file is not what its manifest says (its hash); it was changed")
    try:
        frame = pl.read_ipc(io.BytesIO(content))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0][:120]
        raise BadInput(f"the table {kind.name} of the snapshot file cannot be read ({reason}); write the file anew") from None
    if frame.height != entry.rows:
        raise BadInput(
            f"the table {kind.name} of the snapshot file has {frame.height} rows and not {entry.rows}; write the file anew"
        )
    frame = _as_text(frame, opened)
    schema = kind.schema()
    strange = [name for name in frame.columns if name not in schema]
    if strange:
        opened.notes.append(f"columns of {kind.name} are not known here and were left out: {', '.join(strange)[:120]}")
    wrong = [name for name in frame.columns if name in schema and frame.schema[name] not in (schema[name], pl.Null)]
    if wrong or any(name not in frame.columns for name in kind.key):
        named = ", ".join(wrong) or "its key"
        raise BadInput(
            f"the table {kind.name} of the snapshot file has other columns than expected ({named}); write the file anew"
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


def _as_text(frame: pl.DataFrame, opened: _Opened) -> pl.DataFrame:
    """The frame with its dictionaries as text again."""
    folded = {name: dtype for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)}
    for dtype in folded.values():
        longest = dtype.categories.str.len_bytes().max()
        opened.unfold(frame.height * (16 + (longest if isinstance(longest, int) else 0)))
    return frame.with_columns(pl.col(name).cast(pl.String) for name in folded)
