from __future__ import annotations

from kastellan.findings.confirm import checks_to_recheck, confirm, downgrade_unconfirmed, suspects
from kastellan.model.finding import CheckResult, Finding, Severity, Verdict
from kastellan.model.subject import Subject

CHECK = "replication.offline"


def orders(number: int) -> Subject:
    return Subject("partition", ("orders", number))


def found(*numbers: int, severity: Severity = Severity.ERROR, check: str = CHECK) -> CheckResult:
    findings = tuple(
        Finding(check=check, subject=orders(each), severity=severity, observed="no leader", expected="a leader", evidence=(7,))
        for each in numbers
    )
    return CheckResult(check=check, counts={Verdict.FAIL: len(findings)} if findings else {Verdict.PASS: 3}, findings=findings)


def only(confirmed) -> dict[Subject, Finding]:
    return {each.subject: each for result in confirmed.results for each in result.findings}


def test_an_error_seen_twice_is_confirmed():
    told = confirm([found(1)], [found(1)], {})
    assert only(told)[orders(1)].severity is Severity.ERROR
    assert only(told)[orders(1)].confirmed
    assert told.notes == ()


def test_an_error_that_only_the_second_look_has_is_a_warning():
    told = only(confirm([found(1)], [found(1, 2)], {}))
    assert told[orders(1)].severity is Severity.ERROR
    assert told[orders(2)].severity is Severity.WARNING
    assert not told[orders(2)].confirmed


def test_an_error_that_is_gone_is_dropped_with_a_note():
    told = confirm([found(1)], [found()], {CHECK: {orders(1): Verdict.PASS}})
    assert only(told) == {}
    assert len(told.notes) == 1
    assert CHECK in told.notes[0]
    assert "1 partition" in told.notes[0]


def test_an_error_whose_subject_no_longer_exists_is_dropped_where_all_were_listed():
    told = confirm([found(1)], [found()], {CHECK: {orders(2): Verdict.PASS}})
    assert only(told) == {}


def test_an_error_that_the_second_look_could_not_see_is_kept_as_a_warning():
    cluster = Subject("cluster", ())
    for verdicts in ({orders(1): Verdict.UNKNOWN}, {orders(2): Verdict.PASS, cluster: Verdict.UNKNOWN}, {}):
        told = confirm([found(1)], [found()], {CHECK: verdicts})
        assert only(told)[orders(1)].severity is Severity.WARNING
        assert not only(told)[orders(1)].confirmed
        assert "could not see" in told.notes[0]
        assert told.results[0].counts[Verdict.FAIL] == 1


def test_a_warning_needs_no_second_look():
    warned = found(1, severity=Severity.WARNING)
    assert suspects([warned]) == ()
    assert confirm([found()], [warned], {}).results == (warned,)
    assert downgrade_unconfirmed([warned]).results == (warned,)


def test_a_single_look_makes_warnings_of_errors():
    told = downgrade_unconfirmed([found(1, 2)])
    assert {each.severity for each in only(told).values()} == {Severity.WARNING}
    assert not any(each.confirmed for each in only(told).values())
    assert "2 findings" in told.notes[0]


def test_only_checks_whose_suspects_are_not_seen_again_are_asked():
    assert checks_to_recheck([found(1)], [found(1)]) == frozenset()
    assert checks_to_recheck([found(1, 2)], [found(1)]) == {CHECK}
    assert checks_to_recheck([found(1, severity=Severity.WARNING)], [found()]) == frozenset()


def test_the_worst_come_first_after_the_second_look():
    other = found(5, check="a.first", severity=Severity.WARNING)
    told = confirm([found(1)], [other, found(1)], {})
    assert [each.check for each in told.results] == [CHECK, "a.first"]
