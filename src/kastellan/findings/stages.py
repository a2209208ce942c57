"""The way from a snapshot to the screen: one tuple of small pure stages.

JUDGING runs on every collection, REPORTING once, on the collection that is shown. Time, the results of the other
collection, and the history of findings come in as values of the Context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple

from kastellan.checks.evaluate import Timer, evaluate_all, subjects_of
from kastellan.diagnosis import engine
from kastellan.diagnosis.cause import all_causes
from kastellan.findings import confirm, provider_rules, track_history, waivers
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.cluster_shape import cluster_shape
from kastellan.findings.data_age import release_age_note
from kastellan.findings.report_view import ReportView, view_of
from kastellan.kernel.errors import Defect
from kastellan.kernel.units import duration_text
from kastellan.model.diagnosis import CauseFound
from kastellan.model.diff import diff
from kastellan.model.finding import Change, CheckResult, Verdict
from kastellan.model.finding_history import FindingHistory
from kastellan.model.provider_detection import Recognised, provider_of
from kastellan.model.report import Past, Provided, Report
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject

_APART_S = 0.5
"""Two snapshots that confirm each other are at least so far apart."""


class PastRecords(NamedTuple):
    """What is known of the cluster's past.

    `before` reads the snapshot just before this one, of `before_ms`, as far as a check needs it: only where a finding is
    new, because reading costs.
    `compared` is the snapshot against which findings are new or gone.
    """

    records: FindingHistory
    before: Callable[[str], Snapshot | None]
    before_ms: int | None
    compared: Snapshot | None
    notes: tuple[str, ...] = ()


class OlderResults(NamedTuple):
    """Results of checks that compare slow tables, from the collection at `at_ms` that asked for these last."""

    results: Mapping[str, CheckResult]
    at_ms: int
    every_s: float


class Context(NamedTuple):
    """What the stages read and never change.

    `other_results` are the judged results of the collection that confirms this one, None where there is none;
    `notes` say how the snapshot was collected.
    """

    plan: CheckPlan
    snapshot: Snapshot
    timer: Timer | None = None
    older: OlderResults | None = None
    other_results: tuple[CheckResult, ...] | None = None
    collections: int = 1
    notes: tuple[str, ...] = ()
    past: PastRecords | None = None


class Draft(NamedTuple):
    """A report in the making."""

    results: tuple[CheckResult, ...] = ()
    run_by: Recognised = Recognised(None)
    provider: Provided | None = None
    causes: tuple[CauseFound, ...] = ()
    past: Past | None = None
    records: FindingHistory | None = None
    notes: tuple[str, ...] = ()
    view: ReportView | None = None


Stage = Callable[[Draft, Context], Draft]


def evaluate(draft: Draft, context: Context) -> Draft:
    """Runs every check; results of checks that compare slow tables are taken from the collection that asked for these."""
    plan, older = context.plan, context.older
    results = evaluate_all(context.snapshot, plan.checks, plan.views, plan.settings, timer=context.timer)
    if older is None or not older.results:
        return draft._replace(results=results)
    age = duration_text(context.snapshot.at_ms - older.at_ms)
    note = f"log directories and configs are looked at every {older.every_s:g} s; these are {age} old"
    return draft._replace(
        results=tuple(older.results.get(result.check, result) for result in results), notes=(*draft.notes, note)
    )


def regrade(draft: Draft, context: Context) -> Draft:
    """Gives findings the severities of the policy."""
    return draft._replace(results=waivers.regrade(draft.results, context.plan.policy))


def exclude_by_provider(draft: Draft, context: Context) -> Draft:
    """Takes out what means nothing where a provider runs the cluster, and counts it."""
    run_by = provider_of(context.snapshot, context.plan.reference.providers, context.plan.provider)
    results = provider_rules.exclude(draft.results, context.snapshot, run_by)
    provider = provider_rules.describe_provider(context.snapshot, run_by, context.plan.reference.providers)
    notes = provider_rules.provider_notes(results, context.snapshot, provider, run_by)
    return draft._replace(results=results, run_by=run_by, provider=provider, notes=(*draft.notes, *notes))


def confirm_suspects(draft: Draft, context: Context) -> Draft:
    """Keeps at error level what both collections show; everything else seen once is a warning at most."""
    if context.other_results is None:
        confirmed = confirm.downgrade_unconfirmed(draft.results)
    else:
        checks = confirm.checks_to_recheck(context.other_results, draft.results) & context.plan.checks.keys()
        verdicts = {check: _verdicts(check, context.snapshot, context.plan) for check in checks}
        confirmed = confirm.confirm(context.other_results, draft.results, verdicts)
    return draft._replace(results=confirmed.results, notes=(*draft.notes, *confirmed.notes))


def waive(draft: Draft, context: Context) -> Draft:
    """Marks the findings that somebody accepted."""
    today = datetime.fromtimestamp(context.snapshot.at_ms / 1000, UTC).date()
    apply_waivers = waivers.apply_waivers(draft.results, context.plan.policy, today)
    return draft._replace(results=apply_waivers.results, notes=(*draft.notes, *apply_waivers.notes))


def track_findings(draft: Draft, context: Context) -> Draft:
    """Adds since when each finding is known, what is new and gone, and what else changed."""
    past, snapshot = context.past, context.snapshot
    if past is None:
        return draft

    def verdicts(snapshot_for: Callable[[str], Snapshot | None]) -> track_history.VerdictsOf:
        @cache
        def of_check(check: str) -> Mapping[Subject, Verdict]:
            then = snapshot_for(check) if check in context.plan.checks else None
            if then is None:
                return {}
            try:
                return _verdicts(check, then, context.plan)
            except Exception:  # noqa: BLE001  (a check that crashes says nothing; its result names the crash)
                return {}

        return of_check

    compared = past.compared
    times = track_history.Times(at_ms=snapshot.at_ms, before_ms=past.before_ms, since_ms=compared.at_ms if compared else None)
    tracked = track_history.track(draft.results, past.records, verdicts(lambda _: snapshot), verdicts(past.before), times)
    news = [finding.news for result in tracked.results for finding in result.findings]
    return draft._replace(
        results=tracked.results,
        records=tracked.ledger,
        notes=(*draft.notes, *past.notes),
        past=None
        if compared is None
        else Past(
            since_ms=compared.at_ms,
            new=news.count(Change.NEW),
            turned=news.count(Change.TURNED),
            gone=tracked.gone,
            changes=diff(compared, snapshot),
        ),
    )


def diagnose(draft: Draft, context: Context) -> Draft:
    """Finds the causes behind the findings."""
    diagnosed = engine.diagnose(draft.results, context.snapshot, all_causes(), context.plan.views)
    causes = provider_rules.apply_owner_remedies_to_causes(diagnosed.causes, draft.run_by.profile)
    return draft._replace(results=diagnosed.results, causes=causes)


def summarize(draft: Draft, context: Context) -> Draft:
    """Builds the view that surfaces render."""
    plan, snapshot = context.plan, context.snapshot
    age_note = release_age_note((check.evaluate for check in plan.checks.values()), plan.views, snapshot.at_ms)
    report = Report(
        at_ms=snapshot.at_ms,
        cluster_id=snapshot.cluster_id,
        vantage=snapshot.vantage,
        shape=cluster_shape(snapshot, plan.reference.releases),
        results=draft.results,
        causes=draft.causes,
        answers=snapshot.answers,
        collections=context.collections,
        cost=snapshot.cost,
        notes=(*context.notes, *draft.notes, *((age_note,) if age_note else ())),
        past=draft.past,
        provider=draft.provider,
    )
    checks = provider_rules.apply_owner_remedies({name: check.check for name, check in plan.checks.items()}, draft.run_by.profile)
    return draft._replace(view=view_of(report, checks))


JUDGING: tuple[Stage, ...] = (evaluate, regrade, exclude_by_provider)
"""From a snapshot to results: for every collection."""

REPORTING: tuple[Stage, ...] = (confirm_suspects, waive, track_findings, diagnose, summarize)
"""From results to what is shown: for the collection that is shown."""

STAGES: tuple[Stage, ...] = (*JUDGING, *REPORTING)


class CheckRun(NamedTuple):
    """What a run of the checks gave.

    `snapshot` is the one that is judged, and knows those before it; `results` are its results as judged, before they
    were confirmed, for the next collection to compare with; `records` is the history of findings from now on.
    """

    view: ReportView
    snapshot: Snapshot
    results: tuple[CheckResult, ...]
    records: FindingHistory | None = None

    @property
    def report(self) -> Report:
        """The report of the view."""
        return self.view.report


def run_stages(stages: Iterable[Stage], context: Context, draft: Draft | None = None) -> Draft:
    """The draft after these stages, one after the other."""
    draft = draft or Draft()
    for stage in stages:
        draft = stage(draft, context)
    return draft


def judge(context: Context) -> Draft:
    """The draft with the results of one collection."""
    return run_stages(JUDGING, context)


def with_earlier_results(context: Context) -> Context:
    """The context in which the latest earlier snapshot that the snapshot knows confirms the findings, if there is one."""
    snapshot = context.snapshot
    first = snapshot.look_before(_APART_S)
    if first is None:
        return context
    older = (earlier for earlier in snapshot.earlier if earlier.at_ms < first.at_ms)
    other = judge(Context(context.plan, first.after(*older), context.timer))
    return context._replace(other_results=other.results)


def report_on(judged: Draft, context: Context, stages: Iterable[Stage] = REPORTING) -> CheckRun:
    """The run that a judged collection leads to; `stages` ends with `summarize`."""
    draft = run_stages(stages, context, judged)
    if draft.view is None:
        raise Defect("the last stage did not build the view")
    return CheckRun(draft.view, context.snapshot, judged.results, draft.records)


def _verdicts(check: str, snapshot: Snapshot, plan: CheckPlan) -> Mapping[Subject, Verdict]:
    return subjects_of(plan.checks[check], snapshot, plan.views, plan.settings.get(check, {}))
