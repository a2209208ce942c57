"""The engine: it alone turns true, false and null into fail, pass and unknown.

For each check: meet its needs, run its function, complete the subjects from their roster (a subject that the check
dropped is unknown, not gone), weaken what unseen rows could change, and tell findings and unknown verdicts with the Answers
they rest on. A check that crashes is an unknown verdict that names it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec
import polars as pl

from kastellan.checks.catalogue import RegisteredCheck
from kastellan.checks.check import RESERVED, Check, Verdicts, sentence
from kastellan.engine.needs import Views
from kastellan.engine.resolver import Missing, MissingKind, Resolver, deciding, of_this_look, unseen_of
from kastellan.kernel.errors import BadInput, Defect
from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer
from kastellan.model.catalogue import enumerating_tables
from kastellan.model.finding import CheckResult, Finding, Severity, UnknownKind, UnknownVerdicts, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.table import Table, Unseen

Settings = Mapping[str, Mapping[str, float]]
"""Values that the user set: check id -> setting -> value."""

_CLUSTER = Subject("cluster", ())
_NO_REASON = "a value that it needs was not seen"
_SHOWN_COLUMNS = 3
_MISSING: Mapping[MissingKind, UnknownKind] = {
    MissingKind.EARLIER_LOOK: UnknownKind.EARLIER_LOOK,
    MissingKind.NOT_COLLECTED: UnknownKind.NOT_COLLECTED,
}
_MOST_SHOWN = 5


class _UnlinkedFinding(msgspec.Struct, frozen=True):
    """A finding with the brokers that it blames, until it is known what explains it."""

    finding: Finding
    blames: tuple[int, ...]


Timer = Callable[[], float]
"""Seconds on a clock that only runs forward; the ends hand one in, so that a check's time can be told."""


def evaluate_all(
    snapshot: Snapshot,
    checks: Mapping[str, RegisteredCheck],
    views: Views,
    settings: Settings | None = None,
    *,
    timer: Timer | None = None,
) -> tuple[CheckResult, ...]:
    """Every check's result, those first that are worst and that explain others.

    Raises BadInput for a setting that a check does not have or that is out of its bounds. Without a timer `took_ms`
    stays 0.
    """
    effective = {name: settings_of(check.check, (settings or {}).get(name, {})) for name, check in checks.items()}
    resolver = Resolver(snapshot, views)
    judged = {name: _judge_one(check, snapshot, resolver, effective[name], timer) for name, check in checks.items()}
    linked = _explain(judged, {name: check.check for name, check in checks.items()})
    return tuple(sorted(linked, key=_order))


def evaluate_one(
    judgement: RegisteredCheck, snapshot: Snapshot, views: Views, settings: Mapping[str, float] | None = None
) -> CheckResult:
    """One check's result, its findings unlinked."""
    effective = settings_of(judgement.check, settings or {})
    result, unlinked = _judge_one(judgement, snapshot, Resolver(snapshot, views), effective, None)
    return msgspec.structs.replace(result, findings=tuple(problem.finding for problem in unlinked))


def subjects_of(
    judgement: RegisteredCheck,
    snapshot: Snapshot,
    views: Views,
    settings: Mapping[str, float] | None = None,
    resolver: Resolver | None = None,
) -> dict[Subject, Verdict]:
    """Every subject with its verdict, for tests and for the law of missing data.

    A check whose needs cannot be met answers unknown for the cluster; what a check raises is raised. `resolver` is one of
    this snapshot, where several checks are asked: what they share is computed once.
    """
    if _is_unsupported(judgement.check, snapshot):
        return {_CLUSTER: Verdict.NOT_APPLICABLE}
    effective = settings_of(judgement.check, settings or {})
    arguments = (resolver or Resolver(snapshot, views)).arguments(judgement.evaluate, effective)
    if isinstance(arguments, Missing):
        return {_CLUSTER: Verdict.UNKNOWN}
    frame, judged = _verdicts(judgement, snapshot, arguments, effective)
    rows = frame.select(*judged.key, "_verdict").iter_rows(named=True)
    verdicts = {_subject(judged, row): Verdict(row["_verdict"]) for row in rows}
    if unseen_of(deciding(judgement.evaluate, arguments)) and _CLUSTER not in verdicts:
        verdicts[_CLUSTER] = Verdict.UNKNOWN
    return verdicts


def settings_of(check: Check, values: Mapping[str, float]) -> dict[str, float]:
    """The check's settings with the given values in place of defaults.

    Raises BadInput for one that the check does not have or that is out of its bounds.
    """
    declared = {setting.name: setting for setting in check.settings}
    for name, value in values.items():
        if name not in declared:
            msg = f"{check.id} has no setting {name!r}; it has {', '.join(declared) or 'none'}: correct the name or take it out"
            raise BadInput(msg)
        setting = declared[name]
        if not setting.low <= value <= setting.high:
            bounds = f"{setting.low:g} to {setting.high:g} {setting.unit}".rstrip()
            msg = f"{check.id}: {name} is {value:g}; give a value from {bounds}"
            raise BadInput(msg)
    return {**check.defaults, **values}


def _order(result: CheckResult) -> tuple[int, int, str]:
    worst = min((severity.rank for severity in {finding.severity for finding in result.findings}), default=len(Severity))
    explained = all(finding.explained_by for finding in result.findings)
    return worst, int(explained), result.check


def _judge_one(
    judgement: RegisteredCheck, snapshot: Snapshot, resolver: Resolver, settings: Mapping[str, float], timer: Timer | None
) -> tuple[CheckResult, tuple[_UnlinkedFinding, ...]]:
    started = timer() if timer else 0.0
    check = judgement.check
    try:
        result, unlinked = _run(judgement, snapshot, resolver, settings)
    except Exception as error:  # noqa: BLE001  (one broken check must not silence the others)
        reason = f"the check {check.id} crashed: {type(error).__name__}: {error}"
        result, unlinked = _unknown(check, UnknownKind.CRASHED, reason), ()
    return msgspec.structs.replace(result, took_ms=(timer() - started) * 1000 if timer else 0.0), unlinked


def _unknown(check: Check, kind: UnknownKind, reason: str) -> CheckResult:
    unknown = UnknownVerdicts(kind=kind, reason=reason, count=1, examples=(_CLUSTER,))
    crashed = kind is UnknownKind.CRASHED
    return CheckResult(check=check.id, counts={Verdict.UNKNOWN: 1}, unknown=(unknown,), crashed=crashed)


def _is_unsupported(check: Check, snapshot: Snapshot) -> bool:
    """A table without which the question has no meaning does not exist on this kind of cluster."""
    states = {answer.id: answer.state for answer in snapshot.answers}
    tables = (snapshot.tables.get(kind.name) for kind in check.meaningless_without)
    for table in tables:
        ids = {members.answer for members in table.unseen} | set(table.df["answer"].drop_nulls()) if table else set[int]()
        if {states.get(broker) for broker in ids} == {State.UNSUPPORTED}:
            return True
    return False


def _run(
    judgement: RegisteredCheck, snapshot: Snapshot, resolver: Resolver, settings: Mapping[str, float]
) -> tuple[CheckResult, tuple[_UnlinkedFinding, ...]]:
    check = judgement.check
    if _is_unsupported(check, snapshot):
        return CheckResult(check=check.id, counts={Verdict.NOT_APPLICABLE: 1}), ()
    arguments = resolver.arguments(judgement.evaluate, settings)
    if isinstance(arguments, Missing):
        return _unknown(check, _MISSING[arguments.kind], arguments.reason), ()
    frame, judged = _verdicts(judgement, snapshot, arguments, settings)
    return _tell(frame, judged, judgement, arguments, snapshot, settings)


def _verdicts(
    judgement: RegisteredCheck, snapshot: Snapshot, arguments: Mapping[str, Any], settings: Mapping[str, float]
) -> tuple[pl.DataFrame, Verdicts]:
    """The check's frame with every subject and its `_verdict`."""
    check = judgement.check
    judged = judgement.evaluate(**arguments, **settings)
    deciders = deciding(judgement.evaluate, arguments)
    collected = judged.frame.lazy().collect()
    covers_roster = _is_roster(collected, judged, snapshot)
    frame = _validate(collected, judged, check, once=covers_roster)
    frame = _weaken(frame if covers_roster else _complete(frame, judged, snapshot), judged, deciders, check)
    verdict = (
        pl.when(~pl.col("applies")).then(_verdict(Verdict.NOT_APPLICABLE))
        .when(pl.col("fails").is_null() | pl.col("applies").is_null()).then(_verdict(Verdict.UNKNOWN))
        .when(pl.col("fails")).then(_verdict(Verdict.FAIL))
        .otherwise(_verdict(Verdict.PASS))
    )  # fmt: skip
    return frame.with_columns(verdict.alias("_verdict")), judged


def _verdict(verdict: Verdict) -> pl.Expr:
    return pl.lit(verdict.value, _VERDICTS)


_VERDICTS = pl.Enum([verdict.value for verdict in Verdict])
"""Numbers below: there are as many verdicts as there are partitions."""


def _validate(frame: pl.DataFrame, judged: Verdicts, check: Check, *, once: bool) -> pl.DataFrame:
    """The frame with every column that the engine reads; `once`: no subject is in it twice, that is known already."""
    absent = [column for column in (*judged.key, "fails") if column not in frame.columns]
    if absent:
        msg = f"{check.id} returned no column {', '.join(absent)}"
        raise Defect(msg)
    if not (once or (not frame.select(judged.key).is_duplicated().any() if judged.key else frame.height <= 1)):
        msg = f"{check.id} judged one {judged.kind} more than once"
        raise Defect(msg)
    frame = frame.with_columns(
        pl.col("fails").cast(pl.Boolean),
        pl.col("why") if "why" in frame.columns else pl.lit(None, pl.String).alias("why"),
        pl.col("waits").fill_null(value=False) if "waits" in frame.columns else pl.lit(value=False).alias("waits"),
        pl.col("applies").cast(pl.Boolean) if "applies" in frame.columns else pl.lit(value=True).alias("applies"),
    )
    # The cluster is its own roster: a check that left it out is completed here.
    return frame if judged.key or frame.height else _LEFT_OUT


_LEFT_OUT = pl.DataFrame(
    {"fails": [None], "why": ["the check gave no answer for it"], "waits": [False], "applies": [True]},
    schema={"fails": pl.Boolean, "why": pl.String, "waits": pl.Boolean, "applies": pl.Boolean},
)


def _is_roster(frame: pl.DataFrame, judged: Verdicts, snapshot: Snapshot) -> bool:
    """The frame has the roster's members in its order, as most checks keep it: seen at once, where a join takes long."""
    roster = snapshot.tables.get(enumerating_tables().get(judged.kind, ""))
    if roster is None or frame.height != roster.df.height or roster.key != judged.key:
        return False
    members = roster.df
    return all(column in frame.columns and frame[column].equals(members[column]) for column in judged.key)


def _complete(frame: pl.DataFrame, judged: Verdicts, snapshot: Snapshot) -> pl.DataFrame:
    """Adds, as unknown, the roster's subjects that the check left out."""
    roster = snapshot.tables.get(enumerating_tables().get(judged.kind, ""))
    if roster is None:
        return frame
    keys = list(judged.key)
    members = roster.df.select(keys).unique()
    frame = frame.with_columns(pl.col(key).cast(members.schema[key]) for key in keys)
    left_out = members.join(frame.select(keys), on=keys, how="anti", nulls_equal=True)
    if not left_out.height:
        return frame
    return pl.concat([frame, left_out.join(_LEFT_OUT, how="cross")], how="diagonal_relaxed")


def _weaken(frame: pl.DataFrame, judged: Verdicts, tables: Iterable[Table], check: Check) -> pl.DataFrame:
    """A verdict that rests on many rows does not stand while some of them could not be enumerated.

    Neither does "not applicable": it may have been concluded from those rows as well.
    """
    if all(members.roster in judged.key for members in unseen_of(tables)):
        return frame
    stands = pl.col("fails") if check.monotone else pl.lit(value=False)
    return frame.with_columns(
        pl.when(stands).then(pl.col("fails")).otherwise(None).alias("fails"),
        pl.when(pl.col("applies")).then(pl.col("applies")).otherwise(None).alias("applies"),
    )


def _tell(
    frame: pl.DataFrame,
    judged: Verdicts,
    judgement: RegisteredCheck,
    arguments: Mapping[str, Any],
    snapshot: Snapshot,
    settings: Mapping[str, float],
) -> tuple[CheckResult, tuple[_UnlinkedFinding, ...]]:
    check = judgement.check
    tables = of_this_look(judgement.evaluate, arguments)
    answers = {answer.id: answer for answer in snapshot.answers}
    counts = {Verdict(name): count for name, count in frame["_verdict"].value_counts().iter_rows()}
    # On most clusters nearly every check passes everywhere: there is nothing to look for in 100 000 rows.
    failing, unknown = (
        frame.filter(pl.col("_verdict") == verdict.value) if verdict in counts else frame.clear()
        for verdict in (Verdict.FAIL, Verdict.UNKNOWN)
    )
    unlinked = tuple(_findings(failing, judged, check, tables, settings))
    deciders = deciding(judgement.evaluate, arguments)
    now = [decider for decider in deciders if any(decider is table for table in tables)]
    before = [decider for decider in deciders if not any(decider is table for table in tables)]
    not_listed = (*_not_listed(unseen_of(now), answers), *_not_listed_before(before))
    not_judged = (*_unknown_rows(unknown, judged, now, answers), *not_listed)
    counts[Verdict.UNKNOWN] = sum(verdicts.count for verdicts in not_judged)
    counts = {verdict: count for verdict, count in counts.items() if count}
    return CheckResult(check=check.id, counts=counts, unknown=not_judged), unlinked


def _subject(judged: Verdicts, row: Mapping[str, Any]) -> Subject:
    return Subject(judged.kind, tuple(row[column] for column in judged.key))


def _findings(
    failing: pl.DataFrame, judged: Verdicts, check: Check, tables: list[Table], settings: Mapping[str, float]
) -> Iterable[_UnlinkedFinding]:
    if not failing.height:
        return
    keys = list(judged.key)
    facts_of = [column for column in failing.columns if column not in RESERVED and column not in keys and column != "_verdict"]
    evidence = _evidence(failing, keys, tables)
    for key, row in zip(failing.select(keys).iter_rows() if keys else ((),), failing.iter_rows(named=True), strict=True):
        subject = Subject(judged.kind, key)
        facts = {column: row[column] for column in facts_of}
        words = {**row, **settings}
        finding = Finding(
            check=check.id,
            subject=subject,
            severity=Severity(row["severity"]) if row.get("severity") else check.severity,
            observed=sentence(check.observed, words),
            expected=sentence(check.expected, words),
            facts=facts,
            evidence=evidence.get(subject.key, ()),
        )
        yield _UnlinkedFinding(finding, tuple(row.get("blames") or ()))


def _evidence(frame: pl.DataFrame, keys: list[str], tables: list[Table]) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """The Answers behind each subject: those of the rows, in every table used, that share its key."""
    subjects = frame.select(keys)
    everywhere, by_key = set[int](), list[pl.DataFrame]()
    for table in tables:
        if "answer" not in table.columns:
            continue
        shared = [key for key in keys if key in table.columns]
        if shared:
            rows = table.df.select(*shared, pl.col("answer").cast(pl.Int64)).drop_nulls("answer").unique()
            by_key.append(subjects.join(rows, on=shared, how="inner", nulls_equal=True).select(*keys, "answer"))
        else:
            everywhere.update(table.df["answer"].drop_nulls().unique().to_list())
    rest = tuple(sorted(everywhere))
    answer_ids = dict.fromkeys(subjects.iter_rows() if keys else ((),), rest)
    if by_key:
        grouped = pl.concat(by_key).group_by(keys).agg(pl.col("answer").unique().sort())
        for *key, ids in grouped.iter_rows():
            answer_ids[tuple(key)] = tuple(sorted({*ids, *rest})) if rest else tuple(ids)
    return answer_ids


class _Reason(NamedTuple):
    """Why rows are unknown: those with the same reason are told together."""

    kind: UnknownKind
    text: str
    answers: tuple[int, ...]


def _unknown_rows(
    unknown: pl.DataFrame, judged: Verdicts, tables: list[Table], answers: Mapping[int, Answer]
) -> tuple[UnknownVerdicts, ...]:
    if not unknown.height:
        return ()
    keys = list(judged.key)
    evidence = _evidence(unknown, keys, tables)
    by_reason: dict[_Reason, list[Subject]] = defaultdict(list)
    for row in unknown.select(*keys, "why", "waits").iter_rows(named=True):
        subject = _subject(judged, row)
        rows_answers = (answers[answer] for answer in evidence.get(subject.key, ()) if answer in answers)
        bad = tuple(answer.id for answer in rows_answers if answer.state is not State.COMPLETE)
        if row["why"]:
            reason = _Reason(UnknownKind.EARLIER_LOOK if row["waits"] else UnknownKind.CHECK, row["why"], bad)
        elif bad:
            sentences = dict.fromkeys(answers[answer].sentence() for answer in bad)
            reason = _Reason(UnknownKind.ANSWERS, "; ".join(sentences), bad)
        else:
            reason = _Reason(UnknownKind.VALUES, "", ())
        by_reason[reason].append(subject)
    return tuple(_unknown_verdicts(reason, subjects, tables, keys) for reason, subjects in by_reason.items())


def _unknown_verdicts(reason: _Reason, subjects: list[Subject], tables: list[Table], keys: list[str]) -> UnknownVerdicts:
    columns = _empty_columns(subjects, tables, keys) if reason.kind is UnknownKind.VALUES else ()
    shown = ", ".join(columns[:_SHOWN_COLUMNS]) + (", ..." if len(columns) > _SHOWN_COLUMNS else "")
    return UnknownVerdicts(
        kind=reason.kind,
        reason=reason.text or (f"no value was seen for {shown}" if columns else _NO_REASON),
        count=len(subjects),
        examples=tuple(subjects[:_MOST_SHOWN]),
        answers=reason.answers,
        columns=columns,
    )


def _empty_columns(subjects: list[Subject], tables: list[Table], keys: list[str]) -> tuple[str, ...]:
    """The columns, as `table.column`, that are empty in rows of these subjects and filled in those of others.

    Where the table holds no row of another subject, every empty column counts: which of them matters is not known.
    """
    rows = pl.DataFrame([subject.key for subject in subjects], schema=keys, orient="row") if keys else None
    columns: list[str] = []
    for table in tables:
        shared = [key for key in keys if key in table.columns]
        values = [column for column in table.columns if column not in keys and column != "answer"]
        if rows is None or not shared:
            own, others = table.df, table.df.clear()
        else:
            named = rows.select(pl.col(key).cast(table.df.schema[key]) for key in shared).unique()
            own, others = (table.df.join(named, on=shared, how=how, nulls_equal=True) for how in ("semi", "anti"))
        columns += [
            f"{table.name}.{column}"
            for column in values
            if own[column].null_count() and not (others.height and others[column].null_count() == others.height)
        ]
    return tuple(dict.fromkeys(columns))


def _not_listed(unseen: Iterable[Unseen], answers: Mapping[int, Answer]) -> Iterable[UnknownVerdicts]:
    for members in unseen:
        answer = answers.get(members.answer)
        why = f": {answer.sentence()}" if answer else ""
        yield UnknownVerdicts(
            kind=UnknownKind.NOT_LISTED,
            reason=f"some {members.roster}s could not be listed{why}",
            count=1,
            examples=(_CLUSTER,),
            answers=(members.answer,),
            roster=members.roster,
        )


def _not_listed_before(tables: Iterable[Table]) -> Iterable[UnknownVerdicts]:
    for roster in dict.fromkeys(members.roster for members in unseen_of(tables)):
        reason = f"some {roster}s could not be listed in the earlier look"
        yield UnknownVerdicts(kind=UnknownKind.NOT_LISTED, reason=reason, count=1, examples=(_CLUSTER,), roster=roster)


def _explain(
    judged: Mapping[str, tuple[CheckResult, tuple[_UnlinkedFinding, ...]]], checks: Mapping[str, Check]
) -> Iterable[CheckResult]:
    failing = {name: {problem.finding.subject for problem in unlinked} for name, (_, unlinked) in judged.items() if unlinked}
    for name, (result, unlinked) in judged.items():
        # Thousands of findings: look only for what failed at all.
        follows = [(check, failing[check]) for check in checks[name].follows_from if check in failing]
        if follows:
            findings = tuple(
                msgspec.structs.replace(problem.finding, explained_by=_causes(problem, follows)) for problem in unlinked
            )
        else:
            findings = tuple(problem.finding for problem in unlinked)
        yield msgspec.structs.replace(result, findings=findings)


def _causes(unlinked: _UnlinkedFinding, follows: list[tuple[str, set[Subject]]]) -> tuple[tuple[str, Subject], ...]:
    subject = unlinked.finding.subject
    candidates = dict.fromkeys((subject, _CLUSTER, *map(_broker, unlinked.blames), *_parents.get(subject.kind, _orphan)(subject)))
    return tuple((name, candidate) for name, failing in follows for candidate in candidates if candidate in failing)


@cache
def _broker(number: int) -> Subject:
    return Subject("broker", (number,))


def _orphan(_: Subject) -> tuple[Subject, ...]:
    return ()


_parents: Mapping[str, Callable[[Subject], tuple[Subject, ...]]] = {
    "group_partition": lambda s: (Subject("partition", s.key[1:]), Subject("group", s.key[:1])),
    "log_dir": lambda s: (Subject("broker", s.key[:1]),),
    "node": lambda s: (Subject("broker", s.key),),
}
