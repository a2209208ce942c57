"""Addresses that clients cannot use."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.testing.cases import breaches, look, look_with_explanations, verdicts
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide

CHECK = "topology.advertised_address_wrong"
TWO = Subject("broker", (2,))
EARLIER = AT_MS - 30_000


def apart(at_ms: int = AT_MS) -> Snapshot:
    """Brokers on machines of their own."""
    snapshot = healthy(at_ms=at_ms)
    for number in (1, 2, 3):
        snapshot = edit(snapshot, Brokers, {"broker": number}, host=f"10.0.0.{number}", port=9092)
    return snapshot


def unreached(snapshot: Snapshot, trouble: str | None = "refused", **values: object) -> Snapshot:
    return edit(snapshot, Brokers, {"broker": 2}, reached=False, trouble=trouble, **values)


def test_fires_on_loopback_among_others() -> None:
    (found,) = look(CHECK, edit(apart(), Brokers, {"broker": 2}, host="localhost")).findings
    assert (found.subject, found.severity) == (TWO, Severity.WARNING)
    assert found.observed == "advertises localhost:9092: a loopback address, which every client takes for its own machine"


def test_fires_on_a_name_without_an_address() -> None:
    (found,) = look(CHECK, unreached(apart(), "unresolved", host="b2.internal")).findings
    assert found.observed == "advertises b2.internal:9092: the name has no address here"


def test_fires_on_both_brokers_with_one_address() -> None:
    found = look(CHECK, edit(apart(), Brokers, {"broker": 2}, host="10.0.0.1")).findings
    assert [each.subject.key[0] for each in found] == [1, 2]


def test_fires_where_a_live_broker_refuses_for_a_while() -> None:
    (found,) = look(CHECK, unreached(apart()).after(unreached(apart(EARLIER)))).findings
    assert found.observed == (
        "advertises 10.0.0.2:9092: refused from here, as at the earlier look, while the cluster counts the broker as live"
    )


def test_does_not_fire_where_all_answer_on_one_machine_or_on_several() -> None:
    for snapshot in (healthy(), apart()):
        assert look(CHECK, snapshot).counts == {Verdict.PASS: 3}


def test_does_not_fire_on_a_broker_that_is_dead_or_was_reached_before() -> None:
    dead = unreached(apart(), fenced=True, listed=False)
    assert look(CHECK, dead.after(unreached(apart(EARLIER)))).counts == {Verdict.PASS: 3}
    assert look(CHECK, unreached(apart()).after(apart(EARLIER))).counts == {Verdict.PASS: 3}
    assert look(CHECK, unreached(apart(), "denied").after(unreached(apart(EARLIER)))).counts == {Verdict.PASS: 3}


def test_what_is_met_from_here_is_told_under_it() -> None:
    (found,) = look_with_explanations("brokers.unreachable", unreached(apart(), "unresolved")).findings
    assert found.explained_by == ((CHECK, TWO),)


def test_cannot_see_without_an_earlier_look_asks_for_one() -> None:
    result = look(CHECK, unreached(apart()))
    assert result.counts == {Verdict.PASS: 2, Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason.startswith("needs an earlier look: it is live and does not answer from here")


def test_cannot_see_an_address_is_unknown() -> None:
    assert verdicts(CHECK, edit(apart(), Brokers, {"broker": 2}, host=None, reached=None))[TWO] is Verdict.UNKNOWN
    assert verdicts(CHECK, edit(apart(), Brokers, {"broker": 2}, reached=None))[TWO] is Verdict.UNKNOWN
    assert Verdict.FAIL not in look(CHECK, hide(apart(), "broker", 2)).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    alone = edit(apart(), Brokers, {"broker": 2}, host="localhost")
    assert breaches(CHECK, alone, unreached(apart()).after(unreached(apart(EARLIER)))) == []
