"""The law of missing data, for every check and view.

Blanking values, or hiding rows and marking them unseen, may turn a verdict into unknown; it never flips a verdict and
never drops a subject. A plug-in author runs `broken_by` over a check of their own as our tests do over ours.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import polars as pl

from kastellan.checks.catalogue import Judgement
from kastellan.checks.judge import subjects_of
from kastellan.model.finding import Verdict
from kastellan.model.needs import Views
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import KINDS, Subject
from kastellan.model.table import Table
from kastellan.testing.snapshots import failed_answer, hide, rebuilt

_ALWAYS_KNOWN = frozenset({"answer", "internal", "row", "reason"})


class Breach(msgspec.Struct, frozen=True):
    """One place where a check spoke although it could not see."""

    check: str
    what: str
    subject: Subject
    before: Verdict
    after: Verdict | None


class Loss(msgspec.Struct, frozen=True):
    """A snapshot with less in it, told in words; `hidden` names the member that is gone with its roster."""

    snapshot: Snapshot
    what: str
    hidden: tuple[str, object] | None = None


def losses(snapshot: Snapshot, rng: random.Random, rounds: int = 12) -> Iterator[Loss]:
    """Ways of seeing less: single columns, rows, whole blocks, whole members of a roster."""
    for table in snapshot.tables.values():
        if table.df.height:
            yield _blank(snapshot, table, None, "every value")
            for name in _values(table):
                yield _blank(snapshot, table, None, name)
    for _ in range(rounds):
        table = rng.choice([each for each in snapshot.tables.values() if each.df.height])
        row = rng.randrange(table.df.height)
        yield _blank(snapshot, table, row, rng.choice([*_values(table), "every value"]))
        member = rng.choice(table.df[table.roster].to_list())
        yield _placeholder(snapshot, table, member)
        roster = rng.choice(sorted({each.roster for each in snapshot.tables.values()}))
        members = sorted({str(v) for each in snapshot.tables.values() if each.roster == roster for v in each.df[roster]})
        if members:
            gone = rng.choice(members)
            typed = next(v for each in snapshot.tables.values() if each.roster == roster for v in each.df[roster] if str(v) == gone)
            yield Loss(hide(snapshot, roster, typed), f"{roster} {gone} hidden", (roster, typed))


def broken_by(judgement: Judgement, snapshot: Snapshot, views: Views, rng: random.Random, rounds: int = 12) -> list[Breach]:
    """Where this check breaks the law on this snapshot; empty when it keeps it."""
    before = subjects_of(judgement, snapshot, views)
    return [breach for loss in losses(snapshot, rng, rounds) for breach in _compare(judgement, before, loss, views)]


def _compare(judgement: Judgement, before: dict[Subject, Verdict], loss: Loss, views: Views) -> Iterable[Breach]:
    after = subjects_of(judgement, loss.snapshot, views)
    cluster = Subject("cluster", ())
    # A check whose need could not be met at all answers once, for the whole cluster, that it does not know.
    if set(after) == {cluster} and after[cluster] is Verdict.UNKNOWN:
        return
    for subject, was in before.items():
        now = after.get(subject)
        if now in (was, Verdict.UNKNOWN) or _gone_with(subject, loss):
            continue
        yield Breach(judgement.check.id, loss.what, subject, was, now)


def _gone_with(subject: Subject, loss: Loss) -> bool:
    return loss.hidden is not None and loss.hidden[0] in KINDS[subject.kind].key and subject.fields[loss.hidden[0]] == loss.hidden[1]


def _values(table: Table) -> list[str]:
    return [each for each in table.columns if each not in table.key and each not in _ALWAYS_KNOWN]


def _blank(snapshot: Snapshot, table: Table, row: int | None, column: str) -> Loss:
    snapshot, answer = failed_answer(snapshot)
    names = _values(table) if column == "every value" else [column]
    hit = pl.lit(value=True) if row is None else pl.int_range(pl.len()) == row
    nulls: list[Any] = [pl.when(hit).then(None).otherwise(pl.col(each)).alias(each) for each in names]
    told = pl.when(hit).then(pl.lit(answer)).otherwise(pl.col("answer")).cast(table.schema()["answer"]).alias("answer")
    where = "everywhere" if row is None else f"in row {row}"
    return Loss(snapshot.with_table(rebuilt(type(table), table.df.with_columns(*nulls, told), table.unseen)), f"{table.name}.{column} blank {where}")


def _placeholder(snapshot: Snapshot, table: Table, member: object) -> Loss:
    """All rows of a roster member become one placeholder, as a source writes it when they could not be read."""
    rest = [each for each in table.key if each != table.roster]
    if not rest or table.name in _WHOLE_WITH_ROSTER:
        return _blank(snapshot, table, table.df[table.roster].to_list().index(member), "every value")
    snapshot, answer = failed_answer(snapshot)
    keep = table.df.filter(pl.col(table.roster).ne_missing(pl.lit(member)))
    one = pl.DataFrame([{table.roster: member, "answer": answer}], schema=table.schema(), orient="row")
    return Loss(snapshot.with_table(rebuilt(type(table), pl.concat([keep, one]), table.unseen)), f"{table.name} of {member} not readable")


# The rows of these come with those of their roster's own table, from one answer; they are never missing alone.
_WHOLE_WITH_ROSTER = frozenset({"partitions", "replicas", "offsets", "topic_configs", "broker_configs", "reassignments", "api_versions"})
