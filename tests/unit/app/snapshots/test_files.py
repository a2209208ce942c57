from __future__ import annotations

import asyncio

import pytest

from kastellan.app.snapshots.collection import collect
from kastellan.app.snapshots.contents import inspect
from kastellan.app.snapshots.files import load, save
from kastellan.kernel.errors import BadInput
from kastellan.testing.fixed_source import FixedSource
from kastellan.testing.snapshots import AT_MS, healthy, hide


def test_a_saved_snapshot_is_loaded_again_and_is_readable_by_its_owner_only(tmp_path):
    path = tmp_path / "a.snapshot"
    size_bytes = save(hide(healthy(), "group"), path)
    assert path.stat().st_size == size_bytes
    assert path.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.iterdir()] == ["a.snapshot"]
    told = inspect(load(path))
    assert told.cluster_id == "test-cluster"
    assert {each.table: each.rosters_unseen for each in told.tables}["groups"] == ("group",)
    assert told.unseen


def test_places_that_cannot_be_used_are_refused_in_one_sentence(tmp_path):
    for act in (
        lambda: save(healthy(), tmp_path),
        lambda: save(healthy(), tmp_path / "no" / "such"),
        lambda: load(tmp_path),
        lambda: load(tmp_path / "absent"),
    ):
        with pytest.raises(BadInput) as refused:
            act()
        assert "\n" not in refused.value.message
        assert str(tmp_path) in refused.value.message


def test_several_looks_are_collected_newest_first():
    moments = iter((1, 2, 3))
    source = FixedSource(lambda _: healthy(at_ms=AT_MS + next(moments)))
    told = asyncio.run(collect(source, (), 1.0, 3, 0.0))
    assert [each.at_ms - AT_MS for each in (told, *told.earlier)] == [3, 2, 1]
