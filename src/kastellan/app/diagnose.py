"""Examine a cluster: collect, judge, and collect again where something is suspect."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import msgspec

from kastellan.app.observe import observe
from kastellan.app.reference_data import read_reference
from kastellan.app.snapshots.history import SnapshotHistory
from kastellan.checks.catalogue import chosen
from kastellan.checks.evaluate import Settings, settings_of
from kastellan.engine.requests import TableRequests
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.confirm import suspects
from kastellan.findings.stages import CheckRun, Context, Draft, OlderResults, judge, report_on, with_earlier_results
from kastellan.findings.waivers import NO_POLICY, Policy
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.model.finding import CheckResult, Verdict
from kastellan.model.snapshot import Snapshot, sum_costs
from kastellan.ports import Source
from kastellan.reference.providers import Provider
from kastellan.reference.reference_data import ReferenceData

PAUSE_S = 1.0
"""Between a collection that found suspects and the one that confirms them."""
_FIRST_SHARE = 0.6
_LEAST_LOOK_S = 0.3
_AT_ONCE_SHARE = 0.6
"""A collection that failed with more than this share of its time left was refused; trying again would change nothing."""
_IMPATIENCE = frozenset({Trouble.SILENT, Trouble.SLOW})


def plan_checks(
    only: tuple[str, ...] = (),
    skip: tuple[str, ...] = (),
    settings: Settings | None = None,
    policy: Policy = NO_POLICY,
    provider: Provider | None = None,
    reference: ReferenceData | None = None,
) -> CheckPlan:
    """The plan by names of checks or families; `provider` is who is said to run the cluster.

    Without `reference` the data of this environment counts. Raises BadInput for a name or a setting that does not exist,
    and for a file of release data or profiles that is none.
    """
    reference = reference or read_reference()
    checks = chosen(only, skip)
    if not checks:
        raise BadInput("--only and --skip leave no check; `kastellan explain` lists them")
    for name, values in (settings or {}).items():
        if name not in checks:
            raise BadInput(f"no check called {name!r} runs; `kastellan explain` lists the checks")
        settings_of(checks[name].check, values)
    return CheckPlan(checks, reference, settings or {}, policy, provider)


async def run_checks(
    source: Source,
    plan: CheckPlan,
    timeout_s: float,
    before: CheckRun | None = None,
    history: SnapshotHistory | None = None,
    older: OlderResults | None = None,
) -> CheckRun:
    """One run of the checks within `timeout_s` seconds.

    `history` serves saved snapshots as earlier ones where there is no run `before`, and says since when findings are
    known. The first collection takes at most 60 % of the time: it also makes the connections. A second one follows when
    the first found errors that `before` does not have, or when a node was silent or slow: errors are confirmed by a second
    collection. Raises Unreachable when nothing answered.
    """
    deadline = Deadline.after(timeout_s)
    twice = timeout_s >= PAUSE_S + 2 * _LEAST_LOOK_S
    first = await _first_look(source, plan.requests, deadline, _FIRST_SHARE * timeout_s if twice else timeout_s)
    if before is not None:
        first = first.after(before.snapshot, *before.snapshot.earlier)
    elif history is not None:
        first = first.after(*await asyncio.to_thread(history.recall, first))
    context = Context(plan, first, time.perf_counter, older)
    judged = await asyncio.to_thread(judge, context)
    if before is not None and not _new(judged.results, before.results):
        return await asyncio.to_thread(_report, judged, context._replace(other_results=before.results), history)
    # Whoever did not answer is asked again at once; what is suspect gets time to settle.
    pause_s = PAUSE_S if suspects(judged.results) else 0.0
    if not (suspects(judged.results) or _impatient(first)) or deadline.remaining_s() < pause_s + _LEAST_LOOK_S:
        return await asyncio.to_thread(_report, judged, context, history)
    await asyncio.sleep(pause_s)
    try:
        second = await observe(source, plan.requests, deadline)
    except Unreachable as error:
        failed = context._replace(notes=(f"the second look failed: {error.message}",))
        return await asyncio.to_thread(_report, judged, failed, history)
    costs = sum_costs((first.cost, second.cost))
    again = context._replace(snapshot=second.after(first, *first.earlier))
    judged_again = await asyncio.to_thread(judge, again)
    if _unknown(judged_again.results) > _unknown(judged.results):
        # The collection that saw more is shown; the other one confirms what it can.
        note = ("the second look saw less than the first, which is shown",)
        shown, other, context = judged, judged_again, context._replace(notes=note)
    else:
        shown, other, context = judged_again, judged, again
    snapshot = msgspec.structs.replace(context.snapshot, cost=costs)
    context = context._replace(snapshot=snapshot, other_results=other.results, collections=2)
    return await asyncio.to_thread(_report, shown, context, history)


def run_checks_on_saved(
    snapshot: Snapshot, plan: CheckPlan, now_ms: int, notes: Iterable[str] = (), history: SnapshotHistory | None = None
) -> CheckRun:
    """The run of the checks on a saved snapshot; its latest earlier snapshot confirms the findings."""
    age = f"from a saved snapshot, taken {duration_text(max(0, now_ms - snapshot.at_ms))} ago"
    context = with_earlier_results(Context(plan, snapshot, time.perf_counter, notes=(age, *notes)))
    if context.other_results is not None:
        context = context._replace(collections=1 + len(snapshot.earlier))
    return _report(judge(context), context, history)


def _report(judged: Draft, context: Context, history: SnapshotHistory | None) -> CheckRun:
    return report_on(judged, context._replace(past=history.past(context.snapshot) if history else None))


async def _first_look(source: Source, requests: TableRequests, deadline: Deadline, budget_s: float) -> Snapshot:
    """The first look; one that ended in impatience is tried once more with all the time that is left."""
    budget = deadline.within(budget_s)
    try:
        return await observe(source, requests, budget)
    except Unreachable:
        refused_at_once = budget.remaining_s() > _AT_ONCE_SHARE * budget_s
        if refused_at_once or deadline.remaining_s() < _LEAST_LOOK_S:
            raise
        return await observe(source, requests, deadline)


def _impatient(snapshot: Snapshot) -> bool:
    return any(answer.trouble in _IMPATIENCE for answer in snapshot.answers)


def _unknown(results: Iterable[CheckResult]) -> int:
    """How many verdicts are unknown."""
    return sum(result.counts.get(Verdict.UNKNOWN, 0) for result in results)


def _new(results: Iterable[CheckResult], before: Iterable[CheckResult]) -> bool:
    reported = {(finding.check, finding.subject) for result in before for finding in result.findings}
    return any((finding.check, finding.subject) not in reported for finding in suspects(results))
