"""The law of missing data, for every check and view.

Blanking values, or hiding rows and marking them unseen, may turn a verdict into unknown; it never flips a verdict,
never drops a subject and never crashes a check. A view keeps its rows under the same losses, and every value that it
still shows equals the value with complete data. Plug-in authors run `broken_by` over checks of their own, as our tests
do over ours.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import msgspec
import polars as pl

from kastellan.checks.catalogue import RegisteredCheck
from kastellan.checks.evaluate import subjects_of
from kastellan.engine.needs import Need, Views, needs_of
from kastellan.engine.requests import requests_of, tables_of
from kastellan.engine.resolver import Missing, Resolver
from kastellan.model.catalogue import enumerating_tables
from kastellan.model.finding import Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.table import Table
from kastellan.testing.snapshots import failed_answer, hide, rebuilt

_ALWAYS_KNOWN = frozenset({"answer", "internal", "row", "reason"})
_CLUSTER = Subject("cluster", ())


class Breach(msgspec.Struct, frozen=True):
    """One place where a check judged without its data, or dropped a subject."""

    check: str
    description: str
    subject: Subject
    before: Verdict | None
    after: Verdict | None


class Leak(msgspec.Struct, frozen=True):
    """One place where a view lost a row (`column` is None) or shows another value than with complete data."""

    view: str
    description: str
    key: tuple[Any, ...]
    column: str | None


class Loss(msgspec.Struct, frozen=True):
    """A snapshot with less in it, and the description of what it lacks.

    `hidden` names the members that are gone with their roster, `unreadable` those of whose rows a placeholder is left.
    """

    snapshot: Snapshot
    description: str
    hidden: tuple[tuple[str, object], ...] = ()
    unreadable: tuple[tuple[str, object], ...] = ()


def losses(snapshot: Snapshot, rng: random.Random, rounds: int = 12, tables: Collection[str] | None = None) -> Iterator[Loss]:
    """Snapshots that lack a column, a row, all values, a member of a roster, a table or an earlier look, or two of these.

    `tables` names those that matter; None is all of them.
    """
    names = [name for name in snapshot.tables if tables is None or name in tables]
    for name in names:
        table = snapshot.tables[name]
        yield Loss(_without(snapshot, name), f"{name} not collected")
        yield _mark_roster_incomplete(snapshot, table.roster)
        if table.df.height:
            yield _blank(snapshot, table, None, "every value")
            for column in _values(table):
                yield _blank(snapshot, table, None, column)
            # One row among others is what an inner join or a sum loses without a trace.
            for row in rng.sample(range(table.df.height), min(table.df.height, rounds // 2)):
                yield _blank(snapshot, table, row, "every value")
    if snapshot.earlier:
        yield Loss(snapshot.after(), "no earlier look")
    for turn in range(rounds):
        first = _random_loss(snapshot, rng, names)
        yield first
        if turn % 2:
            yield _both(first, _random_loss(first.snapshot, rng, names))
        if snapshot.earlier:
            yield _earlier(snapshot, rng, names)


def broken_by(judgement: RegisteredCheck, snapshot: Snapshot, views: Views, rng: random.Random, rounds: int = 12) -> list[Breach]:
    """Where this check breaks the law on this snapshot; empty when it keeps it."""
    return broken_by_any([judgement], snapshot, views, rng, rounds)


def broken_by_any(
    judgements: Iterable[RegisteredCheck], snapshot: Snapshot, views: Views, rng: random.Random, rounds: int = 12
) -> list[Breach]:
    """Where any of these checks breaks the law on this snapshot: views are computed once for all that need them."""
    full = Resolver(snapshot, views)
    breaches: list[Breach] = []
    cases = [_case(judgement, full, snapshot, views) for judgement in judgements]
    for loss in losses(snapshot, rng, rounds, frozenset[str]().union(*(case.used for case in cases))):
        lesser = Resolver(loss.snapshot, views)
        touched = _find_touched_tables(snapshot, loss.snapshot)
        for case in cases:
            if case.looks_back if touched is None else touched & case.used:
                breaches += _compare(case, loss, views, lesser)
    return breaches


def leaks_of(view: type[Table], snapshot: Snapshot, views: Views, rng: random.Random, rounds: int = 12) -> list[Leak]:
    """Where this view breaks the law on this snapshot; empty when it keeps it."""
    need = Need("view", view)
    before = Resolver(snapshot, views).get(need)
    if not isinstance(before, Table):
        return []
    leaks: list[Leak] = []
    for loss in losses(snapshot, rng, rounds, tables_of(requests_of([views[view]], views))):
        after = Resolver(loss.snapshot, views).get(need)
        if not isinstance(after, Missing):
            assert isinstance(after, Table)  # noqa: S101
            leaks += [*_find_lost_rows(before, after, loss), *_find_changed_values(before, after, loss)]
    return leaks


class _Case(msgspec.Struct, frozen=True):
    """A check, its verdicts on complete data, the tables that it reads, and whether it compares with earlier looks."""

    judgement: RegisteredCheck
    before: dict[Subject, Verdict]
    used: frozenset[str]
    looks_back: bool


def _case(judgement: RegisteredCheck, full: Resolver, snapshot: Snapshot, views: Views) -> _Case:
    before = subjects_of(judgement, snapshot, views, resolver=full)
    used = tables_of(requests_of([judgement.evaluate], views)) | {
        enumerating_tables().get(subject.kind, "") for subject in before
    }
    return _Case(judgement, before, used, _looks_back(judgement.evaluate, views))


def _looks_back(function: Callable[..., object], views: Views) -> bool:
    for need in needs_of(function):
        view = views.get(need.wanted) if issubclass(need.wanted, Table) else None
        if need.earlier or (view and _looks_back(view, views)):
            return True
    return False


def _find_touched_tables(before: Snapshot, after: Snapshot) -> frozenset[str] | None:
    """The tables that a loss changed; None when it changed an earlier look."""
    if [id(look) for look in before.earlier] != [id(look) for look in after.earlier]:
        return None
    return frozenset(name for name, table in before.tables.items() if after.tables.get(name) is not table)


def _compare(case: _Case, loss: Loss, views: Views, lesser: Resolver) -> Iterable[Breach]:
    check, before = case.judgement.check.id, case.before
    try:
        after = subjects_of(case.judgement, loss.snapshot, views, resolver=lesser)
    except Exception as error:  # noqa: BLE001  (a check that cannot bear missing data breaks the law, whatever it raises)
        yield Breach(check, f"{loss.description}: it crashed with {type(error).__name__}: {error}", _CLUSTER, None, None)
        return
    # A check whose need could not be met at all answers once, for the whole cluster, that it does not know.
    if set(after) == {_CLUSTER} and after[_CLUSTER] is Verdict.UNKNOWN:
        return
    for subject, verdict_before in before.items():
        now = after.get(subject)
        if now not in {verdict_before, Verdict.UNKNOWN} and not _gone_with(subject, loss, after):
            yield Breach(check, loss.description, subject, verdict_before, now)
    for subject in after.keys() - before.keys():
        if after[subject] in {Verdict.PASS, Verdict.FAIL}:
            yield Breach(check, loss.description, subject, None, after[subject])


def _gone_with(subject: Subject, loss: Loss, after: dict[Subject, Verdict]) -> bool:
    """The subject's roster member was hidden, or a placeholder stands for the subject and is unknown."""
    fields = subject.fields
    if any(roster in fields and fields[roster] == member for roster, member in loss.hidden):
        return True
    stand_ins = (
        Subject(subject.kind, tuple(fields[name] if name == roster else None for name in fields))
        for roster, member in loss.unreadable
        if roster in fields and fields[roster] == member
    )
    return any(after.get(subject) is Verdict.UNKNOWN for subject in stand_ins)


def _find_lost_rows(before: Table, after: Table, loss: Loss) -> Iterable[Leak]:
    keys = list(before.key)
    gone = {*loss.hidden, *loss.unreadable}
    for key in before.df.select(keys).join(after.df.select(keys), on=keys, how="anti", nulls_equal=True).iter_rows():
        if not gone.intersection(zip(keys, key, strict=True)):
            yield Leak(before.name, loss.description, key, None)


def _find_changed_values(before: Table, after: Table, loss: Loss) -> Iterable[Leak]:
    keys = list(before.key)
    # Values over a roster that could not be enumerated may change: the engine lets no verdict stand on them.
    if any(unseen.roster not in keys for unseen in after.unseen):
        return
    both = before.df.join(after.df, on=keys, how="inner", nulls_equal=True, suffix="_after")
    columns = (name for name, column in before.columns.items() if name not in keys and name != "answer" and not column.of_sight)
    for column in columns:
        now = pl.col(f"{column}_after")
        for key in both.filter(now.is_not_null() & pl.col(column).ne_missing(now)).select(keys).iter_rows():
            yield Leak(before.name, loss.description, key, column)


def _values(table: Table) -> list[str]:
    return [name for name in table.columns if name not in table.key and name not in _ALWAYS_KNOWN]


def _without(snapshot: Snapshot, name: str) -> Snapshot:
    return msgspec.structs.replace(snapshot, tables={other: table for other, table in snapshot.tables.items() if other != name})


def _mark_roster_incomplete(snapshot: Snapshot, roster: str) -> Loss:
    """The roster may have more members; none of the listed ones is missing."""
    return Loss(hide(snapshot, roster), f"more {roster}s may exist")


def _random_loss(snapshot: Snapshot, rng: random.Random, names: Collection[str]) -> Loss:
    full = [table for name, table in sorted(snapshot.tables.items()) if name in names and table.df.height]
    if not full:
        return Loss(snapshot, "nothing")
    table = rng.choice(full)
    row = rng.randrange(table.df.height)
    member = table.df[table.roster][row]
    way = rng.randrange(3)
    if way == 0:
        return _blank(snapshot, table, row, rng.choice([*_values(table), "every value"]))
    if way == 1:
        return _placeholder(snapshot, table, member)
    return Loss(hide(snapshot, table.roster, member), f"{table.roster} {member} hidden", ((table.roster, member),))


def _both(first: Loss, second: Loss) -> Loss:
    description = f"{first.description}, and {second.description}"
    return Loss(second.snapshot, description, (*first.hidden, *second.hidden), (*first.unreadable, *second.unreadable))


def _earlier(snapshot: Snapshot, rng: random.Random, names: Collection[str]) -> Loss:
    """The snapshot with one loss in one of its earlier looks."""
    looks = list(snapshot.earlier)
    which = rng.randrange(len(looks))
    loss = _random_loss(looks[which], rng, names)
    looks[which] = loss.snapshot
    # A member that the earlier look lacks is new to a check that compares: its verdict on that member is free.
    return Loss(snapshot.after(*looks), f"in an earlier look {loss.description}")


def _blank(snapshot: Snapshot, table: Table, row: int | None, column: str) -> Loss:
    snapshot, answer = failed_answer(snapshot)
    names = _values(table) if column == "every value" else [column]
    hit = pl.lit(value=True) if row is None else pl.int_range(pl.len()) == row
    nulls: list[Any] = [pl.when(hit).then(None).otherwise(pl.col(name)).alias(name) for name in names]
    answers = pl.when(hit).then(pl.lit(answer)).otherwise(pl.col("answer")).cast(table.schema()["answer"]).alias("answer")
    where = "everywhere" if row is None else f"in row {row}"
    blanked = rebuilt(type(table), table.df.with_columns(*nulls, answers), table.unseen)
    return Loss(snapshot.with_table(blanked), f"{table.name}.{column} blank {where}")


def _placeholder(snapshot: Snapshot, table: Table, member: object) -> Loss:
    """All rows of a roster member become one placeholder, as a source writes it when they could not be read."""
    rest = [name for name in table.key if name != table.roster]
    if not (rest and table.collection.placeholders):
        return _blank(snapshot, table, table.df[table.roster].to_list().index(member), "every value")
    snapshot, answer = failed_answer(snapshot)
    keep = table.df.filter(pl.col(table.roster).ne_missing(pl.lit(member)))
    placeholder = pl.DataFrame([{table.roster: member, "answer": answer}], schema=table.schema(), orient="row")
    left = rebuilt(type(table), pl.concat([keep, placeholder]), table.unseen)
    return Loss(snapshot.with_table(left), f"{table.name} of {member} not readable", (), ((table.roster, member),))
