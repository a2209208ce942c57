"""A volume that is nearly full."""

from __future__ import annotations

import random

import pytest

from kastellan.checks.catalogue import registered_check
from kastellan.checks.evaluate import evaluate_one, subjects_of
from kastellan.checks.families.storage import log_dir_nearly_full
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.testing.missing_data_kit import broken_by
from kastellan.testing.snapshots import AT_MS, GIB, add, edit, healthy
from kastellan.views.catalogue import all_views

JUDGEMENT = registered_check(log_dir_nearly_full)


def filled(used_gib: float, at_ms: int = AT_MS) -> Snapshot:
    """Broker 2 has used so much of its 100 GiB."""
    return edit(healthy(at_ms=at_ms), LogDirs, {"broker": 2}, usable_bytes=int((100 - used_gib) * GIB))


def shared(usable_of_second: int) -> Snapshot:
    """Broker 2 has two directories of 100 GiB with 10 GiB free in the first."""
    row = {"broker": 2, "path": "/data2", "online": True, "total_bytes": 100 * GIB, "usable_bytes": usable_of_second}
    return add(filled(90), LogDirs, row)


def verdicts(snapshot: Snapshot) -> dict[tuple[object, ...], Verdict]:
    return {each.key: verdict for each, verdict in subjects_of(JUDGEMENT, snapshot, all_views()).items()}


def test_fires_from_the_setting_on() -> None:
    result = evaluate_one(JUDGEMENT, filled(85), all_views())
    (finding,) = result.findings
    assert finding.subject == Subject("log_dir", (2, "/data"))
    assert finding.severity is Severity.WARNING
    assert finding.observed == "85.0 % of the volume used, 15 GiB of 100 GiB free"
    assert result.counts == {Verdict.PASS: 2, Verdict.FAIL: 1}


def test_does_not_fire_just_below_nor_above_a_raised_setting() -> None:
    assert evaluate_one(JUDGEMENT, filled(84.9), all_views()).findings == ()
    assert evaluate_one(JUDGEMENT, filled(90), all_views(), {"used_percent": 92}).findings == ()


def test_is_an_error_from_95_percent_on() -> None:
    assert [each.severity for each in evaluate_one(JUDGEMENT, filled(94.9), all_views()).findings] == [Severity.WARNING]
    assert [each.severity for each in evaluate_one(JUDGEMENT, filled(95), all_views()).findings] == [Severity.ERROR]


def test_directories_on_one_volume_are_one_finding() -> None:
    seen = verdicts(shared(10 * GIB - 4096))
    assert seen[2, "/data"] is Verdict.FAIL
    assert seen[2, "/data2"] is Verdict.NOT_APPLICABLE


def test_directories_on_two_volumes_of_one_size_are_two_findings() -> None:
    seen = verdicts(shared(9 * GIB))
    assert (seen[2, "/data"], seen[2, "/data2"]) == (Verdict.FAIL, Verdict.FAIL)


def test_volumes_of_two_brokers_are_never_taken_for_one() -> None:
    assert set(verdicts(healthy()).values()) == {Verdict.PASS}


def test_an_offline_directory_is_unknown_and_does_not_cloud_its_neighbour() -> None:
    snapshot = edit(shared(9 * GIB), LogDirs, {"broker": 2, "path": "/data"}, online=False, total_bytes=None, usable_bytes=None)
    seen = verdicts(snapshot)
    assert (seen[2, "/data"], seen[2, "/data2"]) == (Verdict.UNKNOWN, Verdict.FAIL)


def test_cannot_see_brokers_that_do_not_tell_sizes_are_unknown() -> None:
    snapshot = edit(healthy(), LogDirs, {}, total_bytes=None, usable_bytes=None)
    assert set(verdicts(snapshot).values()) == {Verdict.UNKNOWN}


def test_growth_is_told_where_an_earlier_look_is_at_hand() -> None:
    snapshot = filled(90).after(filled(89, AT_MS - 600_000))
    (finding,) = evaluate_one(JUDGEMENT, snapshot, all_views()).findings
    assert finding.observed.endswith("; 102.4 MiB/min since the look 600 s before: full in 1.7 h at this rate")


def test_a_plateau_has_no_growth() -> None:
    (finding,) = evaluate_one(JUDGEMENT, filled(90).after(filled(90, AT_MS - 600_000)), all_views()).findings
    assert "rate" not in finding.observed


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    for snapshot in (healthy(), shared(10 * GIB), shared(9 * GIB), filled(96).after(filled(80, AT_MS - 600_000))):
        assert broken_by(JUDGEMENT, snapshot, all_views(), random.Random(7)) == []
