"""Controllers fixed by configuration."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.features import Features
from kastellan.testing.cases import breaches, look
from kastellan.testing.snapshots import add, edit, healthy, hide

CHECK = "controller.static_quorum"


def kraft(level: int | None, supported: int = 1) -> Snapshot:
    return add(
        healthy(),
        Features,
        {"feature": "kraft.version", "finalized_level": level, "supported_min": 0, "supported_max": supported},
    )


def test_fires_as_a_remark_where_it_could_be_dynamic() -> None:
    (found,) = look(CHECK, kraft(0)).findings
    assert found.severity is Severity.INFO
    assert found.observed == "kraft.version is 0: the voters are those of controller.quorum.voters"


def test_does_not_fire_on_a_dynamic_quorum() -> None:
    assert look(CHECK, kraft(1)).counts == {Verdict.PASS: 1}


def test_a_release_that_cannot_change_it_is_not_judged() -> None:
    old = edit(kraft(0), Features, {"feature": "metadata.version"}, supported_max=25)
    for snapshot in (old, healthy()):
        assert look(CHECK, snapshot).counts == {Verdict.NOT_APPLICABLE: 1}


def test_cannot_see_the_level_is_unknown() -> None:
    assert look(CHECK, kraft(None)).counts == {Verdict.UNKNOWN: 1}
    assert Verdict.PASS not in look(CHECK, hide(kraft(1), "feature")).counts


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, kraft(0), kraft(1)) == []
