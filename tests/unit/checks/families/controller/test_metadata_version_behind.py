"""metadata.version after an upgrade."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.features import Features
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import drop, edit, healthy, hide

CHECK = "controller.metadata_version_behind"


def behind() -> Snapshot:
    """Binaries of 4.3, metadata of 3.9."""
    return edit(healthy(), Features, {"feature": "metadata.version"}, finalized_level=21)


def test_fires_as_a_remark() -> None:
    (found,) = look(CHECK, behind()).findings
    assert found.severity is Severity.INFO
    assert found.observed == "metadata.version 21 is in force, all brokers support 30"


def test_does_not_fire_at_the_highest_level() -> None:
    assert look(CHECK, healthy()).counts == {Verdict.PASS: 1}


def test_nothing_is_said_while_two_releases_run() -> None:
    assert look(CHECK, edit(behind(), ApiVersions, {"broker": 3}, max_version=12)).counts == {Verdict.NOT_APPLICABLE: 1}


def test_a_cluster_without_the_feature_is_not_judged() -> None:
    other = edit(healthy(), Features, {}, feature="inter.broker.something")
    assert look(CHECK, other).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_the_level_or_a_broker_is_unknown() -> None:
    assert look(CHECK, edit(healthy(), Features, {}, finalized_level=None)).counts == {Verdict.UNKNOWN: 1}
    assert look(CHECK, drop(behind(), ApiVersions, {"broker": 2})).counts == {Verdict.UNKNOWN: 1}
    assert Verdict.PASS not in look(CHECK, hide(healthy(), "feature")).counts


def test_a_level_that_was_not_seen_is_unknown_while_two_releases_run() -> None:
    """At the highest level the check passes then; so a blank level must not make it not applicable."""
    two = edit(healthy(), ApiVersions, {"broker": 3}, max_version=12)
    assert look(CHECK, two).counts == {Verdict.PASS: 1}
    assert look(CHECK, edit(two, Features, {}, finalized_level=None)).counts == {Verdict.UNKNOWN: 1}


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, behind(), edit(healthy(), ApiVersions, {"broker": 3}, max_version=12)) == []
