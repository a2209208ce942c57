"""Published vulnerabilities of the release that brokers run."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.security import vulnerable_release
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import edit, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(vulnerable_release)
AT_MS = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp() * 1000)
JNDI = Subject("vulnerability", ("CVE-2025-27819",))
JWT = Subject("vulnerability", ("CVE-2026-33557",))


def running(level: int | None, broker: int = 2, at_ms: int = AT_MS) -> Snapshot:
    return edit(healthy(at_ms=at_ms), BrokerFeatures, {"broker": broker}, supported_max=level)


def verdicts(snapshot: Snapshot) -> dict[Subject, Verdict]:
    return subjects_of(JUDGEMENT, snapshot, all_views(packaged_releases()))


def test_fires_where_every_patch_of_the_line_has_it_with_its_condition() -> None:
    found = {each.subject: each for each in evaluate_one(JUDGEMENT, running(7), all_views(packaged_releases())).findings}
    jndi = found[JNDI]
    assert jndi.severity is Severity.WARNING
    assert jndi.observed.endswith(": Kafka 3.3 on broker 2; it matters with an attacker with ALTER_CONFIGS on the cluster")
    assert jndi.expected == "a release that has the correction (3.4.0)"
    assert "CVE-2022-34917" not in str(list(found))


def test_does_not_fire_on_a_line_that_none_touches() -> None:
    assert set(verdicts(running(30)).values()) == {Verdict.PASS}


def test_does_not_judge_what_only_clients_must_upgrade() -> None:
    judged = {each.key[0] for each in verdicts(running(7))}
    assert "CVE-2026-35554" not in judged
    assert "CVE-2023-25194" not in judged


def test_cannot_see_the_patch_of_a_line_of_which_some_are_corrected() -> None:
    seen = verdicts(running(26))
    assert seen[JWT] is Verdict.UNKNOWN
    assert seen[JNDI] is Verdict.PASS
    (doubt,) = evaluate_one(JUDGEMENT, running(26), all_views(packaged_releases())).unknown
    assert doubt.reason == "Kafka 4.1 has it up to 4.1.1 (CVE-2026-33557), and no request returns the patch of a broker"


def test_cannot_see_a_release_that_was_not_told_or_that_the_data_does_not_know() -> None:
    assert set(verdicts(running(None)).values()) == {Verdict.UNKNOWN}
    assert set(verdicts(running(99)).values()) == {Verdict.UNKNOWN}


def test_old_data_acquits_nobody() -> None:
    later = running(7, at_ms=AT_MS + 400 * 86_400_000)
    assert verdicts(later)[JNDI] is Verdict.FAIL
    assert verdicts(later)[JWT] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), running(7), running(26)):
        assert broken_by(JUDGEMENT, snapshot, all_views(packaged_releases()), random.Random(7)) == []
