"""A snapshot without the names in it: the same tables, the same rows, the same findings."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import msgspec
import polars as pl

from kastellan.model.answer import Answer
from kastellan.model.catalogue import all_tables
from kastellan.model.provider_detection import settle_provider
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.subject import KINDS, Subject
from kastellan.model.table import Column, Frame, Rows, Table
from kastellan.model.text_kind import TextKind
from kastellan.redaction.pseudonyms import Pseudonyms
from kastellan.reference.providers import ProviderData

_BESIDE: dict[TextKind | None, tuple[str, ...]] = {
    TextKind.VALUE: ("config",),
    TextKind.RESOURCE: ("resource_type", "pattern_type"),
}
_ANY_TEXT = Column(pl.String, "a text of which nothing is known")


def redact_snapshot(snapshot: Snapshot, names: Pseudonyms, providers: ProviderData) -> Snapshot:
    """The snapshot, and its earlier ones, with pseudonyms in place of names.

    Sentences are redacted last, when every name that may appear in them is collected. The provider is recognised first,
    because the names that show it disappear: so the findings stay the same.
    """
    settled = settle_provider(snapshot, providers)
    looks = [_tables(look, names) for look in (settled, *settled.earlier)]
    redacted_looks = [_sentences(look, names) for look in looks]
    return msgspec.structs.replace(redacted_looks[0], earlier=tuple(redacted_looks[1:]))


def redact_subject(original: Subject, names: Pseudonyms) -> Subject:
    """The subject with pseudonyms in its key."""
    fields = dict(zip(KINDS[original.kind].key, original.key, strict=True))
    key = tuple(
        names.of_column(_key_columns().get(name, _ANY_TEXT), value, fields) if isinstance(value, str) else value
        for name, value in fields.items()
    )
    return Subject(original.kind, key)


@cache
def _key_columns() -> dict[str, Column]:
    """The columns that identify subjects, by name: as keys of tables, one name means one thing."""
    keys = {name: kind.columns[name] for kind in all_tables().values() for name in kind.key}
    # What the release data names is not of the cluster.
    return {**keys, "vulnerability": Column(pl.String, "id of a published vulnerability", text=TextKind.WORD)}


def _tables(look: Snapshot, names: Pseudonyms) -> Snapshot:
    vantage = look.vantage
    return msgspec.structs.replace(
        look,
        cluster_id=None if look.cluster_id is None else names.of(TextKind.CLUSTER, look.cluster_id),
        vantage=Vantage(
            host=names.host(vantage.host),
            principal=names.principal(vantage.principal),
            bootstrap=names.addresses(vantage.bootstrap) if vantage.bootstrap else "",
        ),
        tables={name: _table(table, names, sentences=False) for name, table in look.tables.items()},
        earlier=(),
    )


def _sentences(look: Snapshot, names: Pseudonyms) -> Snapshot:
    return msgspec.structs.replace(
        look,
        answers=tuple(_answer(answer, names) for answer in look.answers),
        tables={name: _table(table, names, sentences=True) for name, table in look.tables.items()},
    )


def _answer(answer: Answer, names: Pseudonyms) -> Answer:
    return msgspec.structs.replace(
        answer, request=names.request(answer.request), peer=names.peer(answer.peer), reason=names.reason(answer.reason)
    )


def _table(table: Table, names: Pseudonyms, *, sentences: bool) -> Table:
    kind, frame = type(table), table.df
    replaced: list[pl.Series] = []
    for name, column in kind.columns.items():
        if column.dtype == pl.String and (column.text is TextKind.REASON) is sentences:
            replaced.append(_column(frame, name, column, names))
    if not replaced:
        return table
    frame = frame.with_columns(replaced)
    if issubclass(kind, Rows):
        return cast("type[Rows[Any]]", kind).from_df(frame, table.unseen)
    return cast("type[Frame]", kind)(frame, table.unseen)


def _column(frame: pl.DataFrame, name: str, column: Column, names: Pseudonyms) -> pl.Series:
    """The column with each distinct text replaced once, together with what stands beside it."""
    beside = [other for other in _BESIDE.get(column.text, ()) if other in frame.columns]
    keys = [*beside, name]
    distinct = frame.select(keys).unique().drop_nulls(name)
    replaced = [names.of_column(column, row[name], row) for row in distinct.iter_rows(named=True)]
    pairs = distinct.with_columns(pl.Series("_replaced", replaced, dtype=pl.String))
    joined = frame.select(keys).join(pairs, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined["_replaced"].alias(name)
