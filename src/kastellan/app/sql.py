"""SQL over what was seen: the tables of a look and the views made of them, by polars' own SQL.

Only the tables that a statement names are asked of a cluster. An earlier look, where there is one, stands beside under
`before`: `select * from before.topics`. A statement reads and nothing else: no files, no network, no other statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Final

import msgspec
import polars as pl
from polars.exceptions import PolarsError

from kastellan.app.diagnose import plan_checks
from kastellan.app.get import Listing
from kastellan.app.incomplete_answers import incomplete_answers
from kastellan.app.observe import observe
from kastellan.app.reference_data import read_releases
from kastellan.engine.needs import ALL, Need
from kastellan.engine.requests import TableRequest, TableRequests, keys_of, merge_requests, requests_of
from kastellan.engine.resolver import Missing, Resolver, unseen_of
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.near_names import near_hint
from kastellan.model.catalogue import all_tables
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Table
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.ports import Source
from kastellan.views.catalogue import all_views

BEFORE: Final = "before."
"""What the name of a table of the earlier look begins with."""
_READS: Final = re.compile(r"\s*(?:\(\s*)*(select|with|values)\b", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
# polars reads files by table functions of these names, quoted or not.
_OF_FILES: Final = re.compile(r"""\b((?:read|scan|sink|write)_\w+)["`\]]?\s*\(""", re.IGNORECASE)
_NOT_FOUND: Final = re.compile(r"relation '(.*)' was not found")
_SHOWN_MAX: Final = 60


Before = Callable[[str | None], Snapshot]
"""Finds the earlier look, given the id of the cluster that was looked at."""


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that was read: the tables and views that it names, of this look and of the one before."""

    text: str
    now: tuple[str, ...]
    before: tuple[str, ...]


@cache
def relations() -> Mapping[str, type[Table]]:
    """What a statement can name: every table and every view, by name."""
    return {**all_tables(), **{view.name: view for view in all_views()}}


def read(text: str) -> Statement:
    """What the statement names, found without anything of a cluster: over tables of the same columns and no rows.

    >>> read("select count(*) from topics join before.topics b using (topic)")
    Statement(text='select count(*) from topics join before.topics b using (topic)', now=('topics',), before=('topics',))

    Raises BadInput for what does more than read, for a name that is none, and with polars' own words for what is no SQL.
    """
    _refuse_more_than_reading(text)
    named: dict[str, pl.LazyFrame] = {}
    while True:
        try:
            pl.SQLContext(named).execute(text).collect_schema()  # polars says what is wrong when the plan is looked at
        except PolarsError as error:
            match = _NOT_FOUND.search(str(error))
            if match is None or match[1] in named:
                raise _no_sql(error) from None
            named[match[1]] = pl.LazyFrame(schema=_relation(match[1]).schema())
        else:
            break
    before = tuple(name.removeprefix(BEFORE) for name in named if name.startswith(BEFORE))
    return Statement(text=text, now=tuple(name for name in named if not name.startswith(BEFORE)), before=before)


def requests_for(statement: Statement) -> TableRequests:
    """What has to be collected for it."""
    named = [relations()[name] for name in statement.now]
    plan = plan_checks()
    views = plan.views
    of_views = requests_of((views[relation] for relation in named if relation in views), views)
    tables = {relation.name for relation in named if relation not in views}
    # Every config of every topic costs ten times as much: a statement sees those that checks need.
    keys = {TopicConfigs.name: keys_of(plan.requests, TopicConfigs.name), BrokerConfigs.name: frozenset({ALL})}
    direct = (TableRequest(table, keys.get(table, frozenset())) for table in tables)
    return merge_requests(of_views, direct)


async def sql(source: Source, statement: Statement, timeout_s: float, before: Before | None = None) -> Listing:
    """The statement's rows from a live cluster. Raises Unreachable when nothing answered, BadInput as `answered` does."""
    return answer_statement(await observe(source, requests_for(statement), Deadline.after(timeout_s)), statement, before=before)


def answer_statement(
    snapshot: Snapshot, statement: Statement, notes: Iterable[str] = (), before: Before | None = None
) -> Listing:
    """The statement's rows from a look. Raises BadInput where a table was not collected, or the values do not fit."""
    if statement.before and before is None:
        raise BadInput(f"{BEFORE}{statement.before[0]} is a table of an earlier look; name the look with --before FILE")
    now, then, notes = _tables(snapshot, statement.now, ""), dict[str, Table](), [*notes]
    if before is not None:
        earlier = before(snapshot.cluster_id)
        then = _tables(earlier, statement.before, BEFORE)
        if earlier.cluster_id != snapshot.cluster_id:
            notes.append(f"the earlier look is of another cluster: {earlier.cluster_id or 'its id was not seen'}")
    context = pl.SQLContext({name: table.df.lazy() for name, table in (now | then).items()})
    try:
        frame = context.execute(statement.text).collect()
        frame = frame.with_columns(_join_list(name) for name, dtype in frame.schema.items() if dtype.is_nested())
    except PolarsError as error:
        raise _no_sql(error) from None
    unseen = unseen_of(now.values())
    return Listing(
        of="sql",
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        frame=frame,
        shown=tuple(frame.columns),
        may_be_empty=frozenset(),
        unseen=unseen,
        incomplete_answers=incomplete_answers(snapshot, now.values()),
        notes=(*notes, *_of_nulls(frame)),
    )


def _join_list(column: str) -> pl.Expr:
    """A list, as an aggregation makes one, as text: the form of every list column of the tables."""
    return pl.col(column).list.eval(pl.element().cast(pl.String)).list.join(",")


def _refuse_more_than_reading(text: str) -> None:
    if not text.strip():
        raise BadInput("the statement is empty; write one such as 'select topic, partitions from topics'")
    plain = _COMMENTS.sub(" ", text)
    # Also with comments as they stand: what looks like one may stand in a text.
    of_files = _OF_FILES.search(plain) or _OF_FILES.search(text)
    if of_files:
        raise BadInput(f"{of_files[1]} reads or writes files, and a statement reads tables only; leave it out")
    if not _READS.match(plain):
        raise BadInput(f"{plain.split()[0][:20] if plain.split() else text[:20]!r} begins no reading; begin with select or with")


def _relation(name: str) -> type[Table]:
    plain = name.removeprefix(BEFORE)
    if plain in relations():
        return relations()[plain]
    hint = near_hint(plain, relations(), "kastellan sql without a statement lists them")
    raise BadInput(f"there is no table {name[:_SHOWN_MAX]!r}; {hint}")


def _no_sql(error: PolarsError) -> BadInput:
    message = " ".join(str(error).partition("Resolved plan until failure")[0].split()).removeprefix("sql parser error: ")
    return BadInput(f"the statement cannot be carried out: {message[:300]}")


def _tables(snapshot: Snapshot, names: Iterable[str], prefix: str) -> dict[str, Table]:
    resolver, tables = Resolver(snapshot, all_views(read_releases())), dict[str, Table]()
    for name in names:
        table = resolver.get(Need(name, relations()[name]))
        if isinstance(table, Missing):
            raise BadInput(f"{prefix}{name} cannot be read: {table.reason}; look at the live cluster, or save the snapshot anew")
        if isinstance(table, Table):
            tables[prefix + name] = table
    return tables


def _of_nulls(frame: pl.DataFrame) -> Iterable[str]:
    if any(frame[column].null_count() for column in frame.columns):
        yield "? is null: a value that was not seen, that does not exist, or for which a join found nothing"
