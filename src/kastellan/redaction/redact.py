"""A snapshot without the names in it: the same tables, the same rows, the same findings."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import polars as pl

from kastellan.model.answer import Answer
from kastellan.model.provider_detection import identified
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.subject import KINDS, Subject
from kastellan.model.table import Frame, Rows, Table
from kastellan.redaction.column_kinds import Sort, sort_of
from kastellan.redaction.pseudonyms import Pseudonyms
from kastellan.reference.providers import ProviderData

_BESIDE = {Sort.VALUE: ("config",), Sort.RESOURCE: ("resource_type", "pattern_type")}


def redacted(snapshot: Snapshot, names: Pseudonyms, providers: ProviderData) -> Snapshot:
    """The snapshot, and its earlier looks, with pseudonyms in the place of names.

    Sentences come last: by then every name that may stand in them is known. Who runs the cluster is settled before, by
    names that are then gone: the findings are the same.
    """
    known = identified(snapshot, providers)
    looks = [_tables(each, names) for each in (known, *known.earlier)]
    told = [_sentences(each, names) for each in looks]
    return msgspec.structs.replace(told[0], earlier=tuple(told[1:]))


def subject(told: Subject, names: Pseudonyms) -> Subject:
    """The subject under its pseudonyms."""
    fields = dict(zip(KINDS[told.kind].key, told.key, strict=True))
    key = tuple(
        names.of(sort_of("", name) or Sort.TEXT, value, fields) if isinstance(value, str) else value
        for name, value in fields.items()
    )
    return Subject(told.kind, key)


def _tables(look: Snapshot, names: Pseudonyms) -> Snapshot:
    vantage = look.vantage
    return msgspec.structs.replace(
        look,
        cluster_id=None if look.cluster_id is None else names.of(Sort.CLUSTER, look.cluster_id),
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
        answers=tuple(_answer(each, names) for each in look.answers),
        tables={name: _table(table, names, sentences=True) for name, table in look.tables.items()},
    )


def _answer(answer: Answer, names: Pseudonyms) -> Answer:
    return msgspec.structs.replace(
        answer, asked=names.asked(answer.asked), of=names.answered_by(answer.of), reason=names.reason(answer.reason)
    )


def _table(table: Table, names: Pseudonyms, *, sentences: bool) -> Table:
    kind, frame = type(table), table.df
    told: list[pl.Series] = []
    for column, dtype in frame.schema.items():
        sort = sort_of(kind.name, column) or Sort.TEXT
        if dtype == pl.String and (sort is Sort.REASON) is sentences:
            told.append(_column(frame, column, sort, names))
    if not told:
        return table
    frame = frame.with_columns(told)
    if issubclass(kind, Rows):
        return cast("type[Rows[Any]]", kind).from_df(frame, table.unseen)
    return cast("type[Frame]", kind)(frame, table.unseen)


def _column(frame: pl.DataFrame, column: str, sort: Sort, names: Pseudonyms) -> pl.Series:
    """The column with each distinct text, or text with what stands beside it, turned once."""
    beside = [each for each in _BESIDE.get(sort, ()) if each in frame.columns]
    keys = [*beside, column]
    distinct = frame.select(keys).unique().drop_nulls(column)
    made = [names.of(sort, row[column], {**row, "column": column}) for row in distinct.iter_rows(named=True)]
    turned = distinct.with_columns(pl.Series("_made", made, dtype=pl.String))
    joined = frame.select(keys).join(turned, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined["_made"].alias(column)
