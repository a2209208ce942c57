from __future__ import annotations

import random
from typing import Any

import pytest

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.testing.missing_data_kit import leaks_of
from kastellan.testing.snapshots import drop, edit, failed_answer, healthy
from kastellan.views.catalogue import all_views
from kastellan.views.stable_ends import StableEnds

ONE = {"topic": "orders", "partition": 1}


def row(snapshot: Snapshot) -> dict[str, Any]:
    view = Resolver(snapshot, all_views()).get(Need("ends", StableEnds))
    assert isinstance(view, StableEnds)
    return next(each for each in view.df.to_dicts() if each["topic"] == "orders" and each["partition"] == 1)


def test_has_both_ends() -> None:
    held = row(edit(healthy(), LastStableOffsets, ONE, last_stable=900))
    assert (held["last_stable"], held["latest"]) == (900, 1000)


def test_what_was_not_seen_is_null_and_names_its_answer() -> None:
    snapshot, answer = failed_answer(healthy())
    blind = row(edit(snapshot, Offsets, ONE, latest=None, answer=answer))
    assert (blind["last_stable"], blind["latest"], blind["answer"]) == (1000, None, answer)
    assert row(drop(healthy(), LastStableOffsets, ONE))["last_stable"] is None


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert leaks_of(StableEnds, healthy(), all_views(), random.Random(7), rounds=4) == []
