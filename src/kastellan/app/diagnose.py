"""Examine a cluster: look, judge, and look again at what is suspect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from kastellan.app.cluster_shape import cluster_shape
from kastellan.app.observe import observe
from kastellan.app.reference_data import read_reference, release_age_note
from kastellan.checks.catalogue import RegisteredCheck, chosen
from kastellan.checks.check import Check
from kastellan.checks.evaluate import Settings, evaluate_all, settings_of, subjects_of
from kastellan.diagnosis.cause import all_causes
from kastellan.diagnosis.engine import diagnose
from kastellan.engine.needs import Views, Wanted, wanted_by
from kastellan.findings.confirm import confirm, seen_once, suspects, to_ask
from kastellan.findings.provider_rules import causes_worded, notes_of, provided, set_aside, worded
from kastellan.findings.waivers import NO_POLICY, Policy, accepted, graded
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.model.finding import CheckResult, Verdict
from kastellan.model.provider_detection import provider_of
from kastellan.model.report import Report
from kastellan.model.snapshot import Cost, Snapshot
from kastellan.ports import Source
from kastellan.reference.providers import Provider
from kastellan.reference.reference_data import ReferenceData
from kastellan.views.catalogue import all_views

PAUSE_S = 1.0
"""Between a look that found suspects and the one that confirms them."""
_FIRST_SHARE = 0.6
_LEAST_LOOK_S = 0.3
_AT_ONCE_SHARE = 0.6
"""A look that failed with more than this share of its time left was refused; trying again would change nothing."""
_HEADER = Wanted(frozenset({"brokers", "broker_features", "features", "quorum", "quorum_nodes", "topics", "partitions"}))
_IMPATIENCE = frozenset({Trouble.SILENT, Trouble.SLOW})


class CheckPlan(msgspec.Struct, frozen=True):
    """What is to be judged, by which settings, what was decided about findings beforehand, who is said to run the cluster."""

    checks: Mapping[str, RegisteredCheck]
    reference: ReferenceData
    settings: Settings = {}
    policy: Policy = NO_POLICY
    provider: Provider | None = None

    @property
    def wanted(self) -> Wanted:
        """What must be collected: what the checks need, and what the first screen tells of every cluster."""
        return wanted_by((each.evaluate for each in self.checks.values()), self.views) | _HEADER

    @property
    def views(self) -> Views:
        """The views that the checks may need."""
        return all_views(self.reference.releases)


class CheckRun(NamedTuple):
    """A report and the snapshot that it judges, which knows the looks before it."""

    report: Report
    snapshot: Snapshot
    results: tuple[CheckResult, ...]

    def words(self, exam: CheckPlan) -> dict[str, Check]:
        """The checks of the exam as this report tells them: remedies name who owns what they change."""
        provider = self.report.provider
        profile = exam.reference.providers.profile(provider.id) if provider else None
        return worded({name: each.check for name, each in exam.checks.items()}, profile)


def plan_checks(
    only: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
    settings: Settings | None = None,
    policy: Policy = NO_POLICY,
    provider: Provider | None = None,
    reference: ReferenceData | None = None,
) -> CheckPlan:
    """The exam by names of checks or families; `provider` is who is said to run the cluster.

    Without `reference` the data of this environment counts. Raises BadInput for a name or a setting that does not exist,
    and for a file of release data or profiles that is none.
    """
    reference = reference or read_reference()
    checks = chosen(only, skip)
    if not checks:
        raise BadInput("--only and --skip leave no check; `kastellan explain` lists them")
    for name, given in (settings or {}).items():
        if name not in checks:
            raise BadInput(f"no check called {name!r} runs; `kastellan explain` lists the checks")
        settings_of(checks[name].check, given)
    return CheckPlan(checks, reference, settings or {}, policy, provider)


Recall = Callable[[Snapshot], tuple[Snapshot, ...]]
"""The looks at the same cluster that were kept, newest first, as far as an exam compares with them."""


async def run_checks(
    source: Source, exam: CheckPlan, timeout_s: float, before: CheckRun | None = None, recall: Recall | None = None
) -> CheckRun:
    """One examination within `timeout_s` seconds; `recall` serves kept looks as earlier ones where there is none `before`.

    The first look takes at most 60 % of the time: it also makes the connections. A second one follows when it found
    errors that `before` does not know, or when somebody was silent or slow: what is suspect is looked at twice. Raises
    Unreachable when nothing answered.
    """
    deadline = Deadline.after(timeout_s)
    twice = timeout_s >= PAUSE_S + 2 * _LEAST_LOOK_S
    first = await _first_look(source, exam.wanted, deadline, _FIRST_SHARE * timeout_s if twice else timeout_s)
    if before is not None:
        first = first.after(before.snapshot, *before.snapshot.earlier)
    elif recall is not None:
        first = first.after(*await asyncio.to_thread(recall, first))
    results = await asyncio.to_thread(_judge, first, exam)
    if before is not None and not _new(results, before.results):
        return await asyncio.to_thread(_compared, before.results, results, first, exam, 1)
    # Nobody needs to wait before asking again those who did not answer.
    pause_s = PAUSE_S if suspects(results) else 0.0
    if not (suspects(results) or _impatient(first)) or deadline.remaining_s() < pause_s + _LEAST_LOOK_S:
        once = seen_once(results)
        return _examined(first, once.results, results, exam, 1, once.notes)
    await asyncio.sleep(pause_s)
    try:
        second = await observe(source, exam.wanted, deadline)
    except Unreachable as error:
        once = seen_once(results)
        return _examined(first, once.results, results, exam, 1, (*once.notes, f"the second look failed: {error.message}"))
    costs = _sum((first.cost, second.cost))
    second = second.after(first, *first.earlier)
    again = await asyncio.to_thread(_judge, second, exam)
    if _unknown(again) > _unknown(results):
        # What is told is the look that saw more; the other one confirms what it can.
        told = ("the second look saw less than the first, which is shown",)
        first = msgspec.structs.replace(first, cost=costs)
        return await asyncio.to_thread(_compared, again, results, first, exam, 2, told)
    second = msgspec.structs.replace(second, cost=costs)
    return await asyncio.to_thread(_compared, results, again, second, exam, 2)


def run_checks_on_saved(snapshot: Snapshot, exam: CheckPlan, now_ms: int, notes: Iterable[str] = ()) -> CheckRun:
    """The examination of a saved snapshot; its latest earlier look serves as the first one."""
    told = (f"from a saved snapshot, taken {duration_text(max(0, now_ms - snapshot.at_ms))} ago", *notes)
    results = _judge(snapshot, exam)
    first = snapshot.look_before(PAUSE_S / 2)
    if first is None:
        once = seen_once(results)
        return _examined(snapshot, once.results, results, exam, 1, (*told, *once.notes))
    older = (each for each in snapshot.earlier if each.at_ms < first.at_ms)
    return _compared(_judge(first.after(*older), exam), results, snapshot, exam, 1 + len(snapshot.earlier), told)


async def _first_look(source: Source, wanted: Wanted, deadline: Deadline, budget_s: float) -> Snapshot:
    """The first look; one that ended in impatience is tried once more with all the time that is left."""
    budget = deadline.within(budget_s)
    try:
        return await observe(source, wanted, budget)
    except Unreachable:
        refused_at_once = budget.remaining_s() > _AT_ONCE_SHARE * budget_s
        if refused_at_once or deadline.remaining_s() < _LEAST_LOOK_S:
            raise
        return await observe(source, wanted, deadline)


def _impatient(snapshot: Snapshot) -> bool:
    return any(each.trouble in _IMPATIENCE for each in snapshot.answers)


def _unknown(results: Iterable[CheckResult]) -> int:
    """How many verdicts are unknown."""
    return sum(each.counts.get(Verdict.UNKNOWN, 0) for each in results)


def _new(results: Iterable[CheckResult], before: Iterable[CheckResult]) -> bool:
    known = {(each.check, each.subject) for result in before for each in result.findings}
    return any((each.check, each.subject) not in known for each in suspects(results))


def _judge(snapshot: Snapshot, exam: CheckPlan) -> tuple[CheckResult, ...]:
    judged = evaluate_all(snapshot, exam.checks, exam.views, exam.settings, timer=time.perf_counter)
    return graded(set_aside(judged, snapshot, provider_of(snapshot, exam.reference.providers, exam.provider)), exam.policy)


def _compared(
    first: tuple[CheckResult, ...],
    second: tuple[CheckResult, ...],
    snapshot: Snapshot,
    exam: CheckPlan,
    looks: int,
    notes: tuple[str, ...] = (),
) -> CheckRun:
    asked = to_ask(first, second)
    told = {
        name: subjects_of(exam.checks[name], snapshot, exam.views, exam.settings.get(name, {}))
        for name in asked & exam.checks.keys()
    }
    confirmed = confirm(first, second, told)
    return _examined(snapshot, confirmed.results, second, exam, looks, (*notes, *confirmed.notes))


def _examined(
    snapshot: Snapshot,
    results: tuple[CheckResult, ...],
    judged: tuple[CheckResult, ...],
    exam: CheckPlan,
    looks: int,
    notes: tuple[str, ...],
) -> CheckRun:
    aged = release_age_note((each.evaluate for each in exam.checks.values()), exam.views, snapshot.at_ms)
    decided = accepted(results, exam.policy, datetime.fromtimestamp(snapshot.at_ms / 1000, UTC).date())
    diagnosed = diagnose(decided.results, snapshot, all_causes(), exam.views)
    run_by = provider_of(snapshot, exam.reference.providers, exam.provider)
    provider = provided(snapshot, run_by, exam.reference.providers)
    of_provider = notes_of(diagnosed.results, snapshot, provider, run_by)
    report = Report(
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        vantage=snapshot.vantage,
        shape=cluster_shape(snapshot, exam.reference.releases),
        results=diagnosed.results,
        causes=causes_worded(diagnosed.causes, run_by.profile),
        answers=snapshot.answers,
        looks=looks,
        cost=snapshot.cost,
        notes=(*notes, *of_provider, *decided.notes, *((aged,) if aged else ())),
        provider=provider,
    )
    return CheckRun(report, snapshot, judged)


def _sum(costs: Iterable[Cost]) -> Cost:
    total = Cost()
    for each in costs:
        by_request = {
            name: total.by_request.get(name, 0) + each.by_request.get(name, 0) for name in total.by_request | each.by_request
        }
        total = Cost(
            requests=total.requests + each.requests,
            sent_bytes=total.sent_bytes + each.sent_bytes,
            received_bytes=total.received_bytes + each.received_bytes,
            broker_ms=total.broker_ms + each.broker_ms,
            wall_ms=total.wall_ms + each.wall_ms,
            by_request=by_request,
        )
    return total
