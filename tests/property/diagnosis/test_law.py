"""Seeing less never finds a cause that is not there, and never excuses what was an alarm."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all
from kastellan.diagnosis.cause import all_causes
from kastellan.diagnosis.engine import diagnose
from kastellan.model.finding import CheckResult, Severity
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import losses
from kastellan.testing.random_faults import sick_cluster, sicken
from kastellan.testing.snapshots import AT_MS, edit, healthy
from kastellan.views.catalogue import all_views

USED = {"brokers", "replicas", "reassignments", "transaction_partitions", "api_versions"}
CHECKS = {
    name: each
    for name, each in all_checks().items()
    if each.check.family in {"brokers", "transactions"} or name in {"replication.at_min_isr", "replication.under_replicated"}
}


def told(snapshot: Snapshot) -> tuple[set[str], set[tuple[str, Subject]], set[tuple[str, Subject]]]:
    """The causes that excuse something, the errors before they did, and those after."""
    judged = evaluate_all(snapshot, CHECKS, all_views(packaged_releases()))
    after = diagnose(judged, snapshot, all_causes(), all_views(packaged_releases()))
    excusing = {each.cause for each in after.causes if each.expected and not each.against}
    return excusing, errors(judged), errors(after.results)


def errors(results: Iterable[CheckResult]) -> set[tuple[str, Subject]]:
    return {(each.check, each.subject) for result in results for each in result.findings if each.severity is Severity.ERROR}


def rolled(rng: random.Random) -> Snapshot:
    """A cluster that is being rolled, with further trouble."""
    away = {"fenced": True, "listed": False, "reached": False, "trouble": "refused"}
    looks = [
        edit(
            healthy(at_ms=AT_MS - back_s * 1000),
            Brokers,
            {"broker": rng.randint(1, 3)} if rng.random() < 0.6 else {"broker": 0},
            **away,
        )
        for back_s in (60, 300, 900)
    ]
    return sicken(edit(healthy(), Brokers, {"broker": rng.randint(1, 3)}, **away), rng, most=2).after(*looks)


@pytest.mark.parametrize("rolling", [True, False])
@settings(max_examples=4)
@given(seed=st.integers(0, 2**32 - 1))
def test_causes_keep_the_law_of_missing_data(seed: int, rolling: bool) -> None:  # noqa: FBT001
    rng = random.Random(seed)
    snapshot = rolled(rng) if rolling else sick_cluster(rng)
    excusing, judged, alarms = told(snapshot)
    for loss in losses(snapshot, rng, 4, USED):
        now_excusing, now_judged, now_alarms = told(loss.snapshot)
        assert now_excusing <= excusing, loss.description
        assert not ((now_judged - now_alarms) & judged) - (judged - alarms), loss.description
