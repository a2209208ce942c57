"""Certificates that end."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.certificates import Certificates
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import AT_MS, drop, edit, healthy

CHECK = "security.certificates_near_expiry"
BROKER = Subject("broker", (2,))
DAY_MS = 86_400_000


def ending(in_days: float | None) -> Snapshot:
    not_after_ms = None if in_days is None else AT_MS + int(in_days * DAY_MS)
    return edit(healthy(), Certificates, {"broker": 2}, not_after_ms=not_after_ms)


def test_fires_weeks_before_the_end() -> None:
    (found,) = look(CHECK, ending(14.5)).findings
    assert (found.subject, found.severity) == (BROKER, Severity.WARNING)
    assert found.observed == "CN=b2 ends in 14 days"


def test_fires_as_an_error_once_clients_refuse_it() -> None:
    (found,) = look(CHECK, ending(-3.5)).findings
    assert (found.severity, found.observed) == (Severity.ERROR, "CN=b2 ended 3 days ago")


def test_does_not_fire_while_there_is_time() -> None:
    assert verdicts(CHECK, ending(31))[BROKER] is Verdict.PASS
    assert look(CHECK, ending(31), days=60).findings


def test_without_tls_there_is_no_certificate() -> None:
    plain = edit(ending(None), Certificates, {"broker": 2}, tls=False, subject=None)
    assert verdicts(CHECK, plain)[BROKER] is Verdict.NOT_APPLICABLE


def test_cannot_see_the_certificate_of_a_broker_that_was_not_met() -> None:
    assert verdicts(CHECK, ending(None))[BROKER] is Verdict.UNKNOWN
    assert verdicts(CHECK, edit(ending(None), Certificates, {"broker": 2}, tls=None))[BROKER] is Verdict.UNKNOWN
    assert verdicts(CHECK, drop(healthy(), Certificates, {"broker": 2}))[BROKER] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), ending(14), ending(-3)) == []
