from __future__ import annotations

from datetime import date

import pytest

from kastellan.checks.catalogue import all_checks
from kastellan.findings.waivers import NO_POLICY, Policy, Waiver, apply_waivers, policy_of, regrade
from kastellan.kernel.errors import BadInput
from kastellan.model.finding import CheckResult, Finding, Severity, Verdict
from kastellan.model.subject import Subject

CHECK = "replication.single_replica"
CHECKS = {name: each.check for name, each in all_checks().items()}
TODAY = date(2027, 3, 1)


def result(*topics: str, check: str = CHECK, unknown: int = 0) -> CheckResult:
    findings = tuple(
        Finding(check=check, subject=Subject("topic", (each,)), severity=Severity.WARNING, observed="1", expected="3")
        for each in topics
    )
    return CheckResult(check=check, counts={Verdict.FAIL: len(topics), Verdict.UNKNOWN: unknown}, findings=findings)


def waiver(subject: str = "topic/scratch-*", expires: date = date(2027, 6, 1), check: str = CHECK) -> Waiver:
    return Waiver(check=check, subject=subject, owner="team-data", reason="made anew", expires=expires)


def test_a_waiver_marks_what_it_covers_and_nothing_else():
    told = apply_waivers([result("scratch-1", "orders")], Policy(waiver=(waiver(),)), TODAY)
    first, second = told.results[0].findings
    assert first.waived is not None
    assert (first.waived.owner, first.waived.expires) == ("team-data", "2027-06-01")
    assert second.waived is None
    assert told.notes == ()
    assert told.results[0].counts[Verdict.FAIL] == 2


def test_a_family_may_be_waived():
    told = apply_waivers([result("a")], Policy(waiver=(waiver("*", check="replication"),)), TODAY)
    assert told.results[0].findings[0].waived is not None


def test_a_waiver_holds_on_its_last_day_and_ends_after_it():
    until_today = Policy(waiver=(waiver(expires=TODAY),))
    last_day = apply_waivers([result("scratch-1")], until_today, TODAY)
    assert last_day.results[0].findings[0].waived is not None
    assert "ends today" in last_day.notes[0]
    after = apply_waivers([result("scratch-1")], until_today, date(2027, 3, 2))
    assert after.results[0].findings[0].waived is None
    assert "ended on 2027-03-01" in after.notes[0]
    assert "team-data" in after.notes[0]


def test_a_waiver_that_covers_nothing_is_told():
    told = apply_waivers([result("orders")], Policy(waiver=(waiver(),)), TODAY)
    assert "covers no finding; take it out" in told.notes[0]


def test_a_waiver_is_not_called_useless_where_its_check_could_not_see():
    told = apply_waivers([result(unknown=2)], Policy(waiver=(waiver(),)), TODAY)
    assert "covers no finding (2 verdicts unknown)" in told.notes[0]
    assert "take it out" not in told.notes[0]


def test_a_waiver_of_a_check_that_does_not_run_is_not_told():
    assert apply_waivers([result("a", check="topology.one_rack")], Policy(waiver=(waiver(),)), TODAY).notes == ()


def test_severities_are_given_and_an_idle_one_is_told():
    policy = Policy(severity={CHECK: Severity.ERROR, "topology.one_rack": Severity.INFO})
    results = regrade([result("a"), result(check="topology.one_rack")], policy)
    assert results[0].findings[0].severity is Severity.ERROR
    notes = apply_waivers(results, policy, TODAY).notes
    assert len(notes) == 1
    assert "topology.one_rack" in notes[0]


def test_without_a_policy_nothing_changes():
    results = (result("a"),)
    assert apply_waivers(results, NO_POLICY, TODAY) == (results, ())
    assert regrade(results, NO_POLICY) == results


def test_a_file_is_read():
    data = f'[[waiver]]\ncheck="{CHECK}"\nowner="o"\nreason="r"\nexpires=2027-06-01\n[severity]\n"topology.one_rack"="info"\n'
    policy = policy_of(data.encode(), "w.toml", CHECKS)
    assert policy.waiver[0].subject == "*"
    assert policy.waiver[0].expires == date(2027, 6, 1)
    assert policy.severity == {"topology.one_rack": Severity.INFO}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[waiver", "not TOML"),
        ("colour = 1", "colour"),
        (f'[[waiver]]\ncheck="{CHECK}"\nowner="o"\nreason="r"', "expires"),
        (f'[[waiver]]\ncheck="{CHECK}"\nowner=" "\nreason="r"\nexpires=2027-06-01', "waiver 1"),
        (f'[[waiver]]\ncheck="{CHECK}"\nowner="o"\nreason="r"\nexpires="some day"', "waiver[0].expires"),
        ('[[waiver]]\ncheck="replication.sngle"\nowner="o"\nreason="r"\nexpires=2027-06-01', "replication.sngle"),
        ('[severity]\n"topology.one_rack"="bad"', "'bad'"),
        ('[severity]\n"topology"="info"', "'topology'"),
    ],
)
def test_a_bad_file_is_told_with_its_place(text, place):
    with pytest.raises(BadInput) as told:
        policy_of(text.encode(), "w.toml", CHECKS)
    assert "w.toml" in told.value.message
    assert place in told.value.message
    assert "\n" not in told.value.message


def test_bytes_that_are_no_text_are_told():
    with pytest.raises(BadInput, match="not text"):
        policy_of(b"\xff\xfe", "w.toml", CHECKS)
