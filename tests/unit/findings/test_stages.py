from __future__ import annotations

import pytest

from kastellan.app.diagnose import plan_checks
from kastellan.findings import stages
from kastellan.findings.stages import Context, Draft, OlderResults, PastRecords, judge, report_on, run_stages
from kastellan.kernel.errors import Defect
from kastellan.model.finding import Severity
from kastellan.model.finding_history import FindingHistory
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.testing.snapshots import AT_MS, edit, healthy

PLAN = plan_checks(("replication.offline",))


def hurt(at_ms: int = AT_MS):
    snapshot = edit(healthy(at_ms=at_ms), Partitions, {"topic": "orders", "partition": 1}, leader=-1)
    return edit(snapshot, Replicas, {"topic": "orders", "partition": 1}, in_sync=False, offline=True)


def test_the_stages_stand_in_one_tuple_in_their_order():
    assert [stage.__name__ for stage in stages.STAGES] == [
        "evaluate", "regrade", "exclude_by_provider",
        "confirm_suspects", "waive", "track_findings", "diagnose", "summarize",
    ]  # fmt: skip


def test_all_stages_in_a_row_give_the_view():
    context = Context(PLAN, hurt(), notes=("collected for a test",))
    draft = run_stages(stages.STAGES, context)
    assert draft.view is not None
    assert draft.view.report.notes[0] == "collected for a test"
    assert [finding.severity for finding in draft.view.report.findings] == [Severity.WARNING]
    assert draft.view.summary.problems[0].check == "replication.offline"


def test_what_another_collection_shows_too_is_confirmed():
    other = judge(Context(PLAN, hurt(AT_MS - 2_000))).results
    context = Context(PLAN, hurt(), other_results=other)
    assert report_on(judge(context), context).report.worst() is Severity.ERROR


def test_the_snapshot_before_is_read_only_where_a_finding_is_new():
    reads = []

    def before(check):
        reads.append(check)
        return healthy(at_ms=AT_MS - 60_000)

    first = Context(PLAN, hurt(), past=PastRecords(FindingHistory(), before, AT_MS - 60_000, None))
    run = report_on(judge(first), first)
    assert run.records is not None
    assert [record.began for record in run.records.records] == [True]
    assert reads == ["replication.offline"]
    later = Context(PLAN, hurt(AT_MS + 60_000), past=PastRecords(run.records, before, AT_MS, None))
    report_on(judge(later), later)
    assert len(reads) == 1


def test_older_results_take_the_place_of_those_that_this_collection_cannot_give():
    old = judge(Context(PLAN, hurt(AT_MS - 20_000))).results
    older = OlderResults({result.check: result for result in old}, AT_MS - 20_000, 60.0)
    draft = judge(Context(PLAN, healthy(), older=older))
    assert draft.results == old
    assert "20 s old" in draft.notes[0]


def test_stages_without_the_last_one_are_a_defect():
    context = Context(PLAN, healthy())
    with pytest.raises(Defect):
        report_on(Draft(), context, ())
