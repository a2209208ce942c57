from __future__ import annotations

import msgspec

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_one
from kastellan.kernel.outcome import State
from kastellan.model.finding import CheckResult, Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.table import Unseen
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.testing.snapshots import edit, failed_answer, healthy, rebuilt
from kastellan.views.catalogue import all_views

CHECK = "controller.no_active_controller"


def look(snapshot: Snapshot, **settings: float) -> CheckResult:
    return evaluate_one(all_checks()[CHECK], snapshot, all_views(), settings)


def test_fires_when_nobody_leads_the_quorum() -> None:
    (found,) = look(edit(healthy(), Quorum, {}, leader=-1)).findings
    assert (found.subject, found.severity) == (Subject("cluster", ()), Severity.ERROR)
    assert found.observed == "the metadata quorum has no leader (epoch 5)"


def test_fires_when_brokers_that_answer_wait_for_a_controller_in_vain() -> None:
    snapshot, answer = failed_answer(healthy(), broker=1)
    silent = edit(snapshot, Quorum, {}, leader=None, leader_epoch=None, silent_ms=1700.0, answer=answer)
    (found,) = look(silent).findings
    assert found.observed == "no controller answers the brokers, which answer at once themselves"
    assert look(silent, silence_s=2.0).counts == {Verdict.UNKNOWN: 1}


def test_does_not_fire_with_a_leader() -> None:
    assert look(healthy()).counts == {Verdict.PASS: 1}


def test_does_not_fire_under_zookeeper() -> None:
    snapshot, answer = failed_answer(healthy())
    unsupported = tuple(
        msgspec.structs.replace(each, state=State.UNSUPPORTED) if each.id == answer else each for each in snapshot.answers
    )
    snapshot = msgspec.structs.replace(snapshot, answers=unsupported)
    assert look(edit(snapshot, Quorum, {}, leader=None, answer=answer)).counts == {Verdict.NOT_APPLICABLE: 1}
    # The same for a table that carries the refusal as rows that nobody could enumerate.
    empty = snapshot.with_table(rebuilt(QuorumNodes, QuorumNodes.empty().df, (Unseen(answer, "node"),)))
    assert evaluate_one(all_checks()["controller.voter_count"], empty, all_views()).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_when_the_question_was_not_answered() -> None:
    snapshot, answer = failed_answer(healthy(), broker=1)
    result = look(edit(snapshot, Quorum, {}, leader=None, answer=answer))
    assert result.counts == {Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason == "something of broker/1 failed: it did not answer in time"
