"""The law of missing data, over every check and view, on healthy clusters and on many in trouble."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import broken_by_any, leaks_of
from kastellan.testing.random_faults import sick_cluster
from kastellan.testing.snapshots import healthy
from kastellan.views.catalogue import all_views

SEEDS = st.integers(0, 2**32 - 1)
FAMILIES = {
    family: [each for name, each in all_checks().items() if name.partition(".")[0] == family]
    for family in sorted({name.partition(".")[0] for name in all_checks()})
}
VIEWS = {each.name: each for each in all_views(packaged_releases())}


@pytest.mark.parametrize("family", FAMILIES)
def test_checks_keep_the_law_on_a_healthy_cluster(family: str) -> None:
    assert broken_by_any(FAMILIES[family], healthy(), all_views(packaged_releases()), random.Random(1), rounds=6) == []


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=3)
@given(seed=SEEDS)
def test_checks_keep_the_law_on_a_cluster_in_trouble(family: str, seed: int) -> None:
    rng = random.Random(seed)
    assert broken_by_any(FAMILIES[family], sick_cluster(rng), all_views(packaged_releases()), rng, rounds=4) == []


@pytest.mark.parametrize("name", sorted(VIEWS))
@settings(max_examples=3)
@given(seed=SEEDS)
def test_a_view_keeps_the_law(name: str, seed: int) -> None:
    rng = random.Random(seed)
    assert leaks_of(VIEWS[name], sick_cluster(rng), all_views(packaged_releases()), rng, rounds=4) == []


@settings(max_examples=15)
@given(seed=SEEDS)
def test_no_check_crashes_and_none_drops_a_subject_when_everything_is_seen(seed: int) -> None:
    snapshot = sick_cluster(random.Random(seed))
    for result in evaluate_all(snapshot, all_checks(), all_views(packaged_releases())):
        assert not result.crashed, result.unknown
        assert not any("gave no answer" in each.reason for each in result.unknown), result


def test_a_healthy_cluster_has_nothing_to_say() -> None:
    results = evaluate_all(healthy(), all_checks(), all_views(packaged_releases()))
    assert [finding for result in results for finding in result.findings] == []
