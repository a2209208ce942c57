from __future__ import annotations

import msgspec

from kastellan.findings.track_history import Times, TrackedFindings, merge_histories, track
from kastellan.model.finding import Change, CheckResult, Finding, Severity, Verdict
from kastellan.model.finding_history import FindingHistory
from kastellan.model.subject import Subject

CHECK = "replication.offline"
ONE, TWO = Subject("partition", ("orders", 1)), Subject("partition", ("orders", 2))
CLUSTER = Subject("cluster", ())


def finding(subject=ONE, severity=Severity.ERROR, *, confirmed=True) -> Finding:
    return Finding(check=CHECK, subject=subject, severity=severity, observed="", expected="", confirmed=confirmed)


def result(*findings: Finding) -> CheckResult:
    return CheckResult(check=CHECK, counts={}, findings=findings)


def look(ledger: FindingHistory, at: int, *findings: Finding, now=None, before=None, since: int | None = 0) -> TrackedFindings:
    """A look at minute `at`; `now` and `before` are the verdicts of this look and of the one before."""
    times = Times(at_ms=at, before_ms=at - 1 if ledger.at_ms else None, since_ms=since if ledger.at_ms else None)
    return track([result(*findings)], ledger, lambda _: now or {}, lambda _: before or {}, times)


def ages(told: TrackedFindings) -> dict:
    return {each.subject: (each.since_ms, each.news) for result in told.results for each in result.findings}


def test_at_the_first_look_nothing_is_new():
    assert ages(look(FindingHistory(), 10, finding())) == {ONE: (10, None)}


def test_what_did_not_fail_before_is_new_and_keeps_its_since():
    first = look(FindingHistory(), 10)
    second = look(first.ledger, 20, finding(), before={ONE: Verdict.PASS}, since=10)
    assert ages(second) == {ONE: (20, Change.NEW)}
    third = look(second.ledger, 30, finding(), since=10)
    assert ages(third) == {ONE: (20, Change.NEW)}
    later = look(third.ledger, 40, finding(), since=25)
    assert ages(later) == {ONE: (20, Change.UNCHANGED)}


def test_what_could_not_be_seen_before_is_not_new():
    first = look(FindingHistory(), 10)
    for before in ({ONE: Verdict.UNKNOWN}, {}, {CLUSTER: Verdict.UNKNOWN}):
        assert ages(look(first.ledger, 20, finding(), before=before, since=10)) == {ONE: (20, None)}


def test_what_nobody_judged_before_and_failed_is_not_new_either():
    """A check that this Kastellan is the first to have."""
    first = look(FindingHistory(), 10)
    assert ages(look(first.ledger, 20, finding(), before={ONE: Verdict.FAIL}, since=19)) == {ONE: (19, Change.UNCHANGED)}


def test_unknown_is_not_gone():
    first = look(FindingHistory(), 10, finding(), finding(TWO))
    blind = look(first.ledger, 20, now={ONE: Verdict.UNKNOWN, TWO: Verdict.PASS}, since=10)
    assert [each.subject for each in blind.gone] == [TWO]
    again = look(blind.ledger, 30, finding(), finding(TWO), before={ONE: Verdict.UNKNOWN, TWO: Verdict.PASS}, since=10)
    assert ages(again) == {ONE: (10, Change.UNCHANGED), TWO: (30, Change.NEW)}


def test_a_subject_that_is_not_there_any_more_is_gone_unless_not_all_were_listed():
    first = look(FindingHistory(), 10, finding())
    assert look(first.ledger, 20, now={TWO: Verdict.PASS}, since=10).gone
    assert not look(first.ledger, 20, now={TWO: Verdict.PASS, CLUSTER: Verdict.UNKNOWN}, since=10).gone


def test_what_is_gone_is_told_as_long_as_the_compared_look_had_it():
    first = look(FindingHistory(), 10, finding())
    gone = look(first.ledger, 20, now={ONE: Verdict.PASS}, since=10)
    assert [(each.subject, each.since_ms, each.seen_ms, each.gone_ms) for each in gone.gone] == [(ONE, 10, 10, 20)]
    assert look(gone.ledger, 30, now={ONE: Verdict.PASS}, since=10).gone
    after = look(gone.ledger, 40, now={ONE: Verdict.PASS}, since=20)
    assert not after.gone
    assert not after.ledger.records


def test_a_check_that_did_not_run_leaves_what_is_known():
    first = look(FindingHistory(), 10, finding())
    other = CheckResult(check="brokers.fenced", counts={})
    told = track([other], first.ledger, lambda _: {ONE: Verdict.PASS}, lambda _: {}, Times(at_ms=20, before_ms=10, since_ms=10))
    assert not told.gone
    assert told.ledger.records == first.ledger.records


def test_another_severity_is_a_turn_and_a_doubt_is_none():
    first = look(FindingHistory(), 10, finding(severity=Severity.WARNING))
    worse = look(first.ledger, 20, finding(), since=10)
    assert ages(worse) == {ONE: (10, Change.TURNED)}
    assert ages(look(worse.ledger, 40, finding(), since=30)) == {ONE: (10, Change.UNCHANGED)}
    known = look(FindingHistory(), 10, finding())
    once = look(known.ledger, 20, finding(severity=Severity.WARNING, confirmed=False), since=10)
    assert ages(once) == {ONE: (10, Change.UNCHANGED)}


def test_what_nobody_saw_for_a_month_is_forgotten():
    first = look(FindingHistory(), 10, finding())
    month = 31 * 86_400_000
    assert look(first.ledger, month, now={ONE: Verdict.UNKNOWN}, since=10).ledger.records == ()


def test_of_two_ledgers_the_earlier_beginning_counts_and_nothing_is_lost():
    ours = look(FindingHistory(), 20, finding()).ledger
    theirs = look(FindingHistory(), 10, finding(), finding(TWO)).ledger
    both = merge_histories(ours, theirs)
    assert {each.subject: each.since_ms for each in both.records} == {ONE: 10, TWO: 10}
    assert both.at_ms == 20
    gone = msgspec.structs.replace(theirs.records[0], gone_ms=15)
    assert merge_histories(ours, FindingHistory(at_ms=15, records=(gone,))).records[0].since_ms == 20
