from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import pytest

from kastellan.app.snapshots.saved import find, list_saved
from kastellan.kernel.errors import BadInput
from kastellan.model.codec import dump
from kastellan.stores.snapshots import SnapshotFiles
from kastellan.testing.snapshots import healthy

NOW = datetime(2026, 11, 26, 3, 7, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
MINUTE_MS = 60_000


@cache
def look_of(at_ms):
    return dump(healthy(brokers=1, topics={"t": 1}, at_ms=at_ms))


@pytest.fixture
def store(tmp_path):
    made = SnapshotFiles(tmp_path / "snapshots")
    for back in (26 * 60, 26, 0.5):
        at_ms = NOW_MS - int(back * MINUTE_MS)
        made.save("test-cluster", at_ms, look_of(at_ms), lambda _: b"{}")
    return made


@pytest.mark.parametrize(
    ("name", "back_minutes"),
    [
        ("last", 0.5), ("-0", 0.5), ("-1", 26), ("-2", 26 * 60), ("02:41", 26), ("02:41:12", 26), ("03:00Z", 26), ("03:07", 0.5),
        ("02:00", 26 * 60), ("2026-11-26T02:50", 26), ("2026-11-26T02:50:00Z", 26),
    ],
)  # fmt: skip
def test_a_look_is_found_by_its_place_or_by_the_time_at_which_it_was_the_last(name, back_minutes, store):
    assert find(name, store, None, NOW_MS).snapshot.at_ms == NOW_MS - int(back_minutes * MINUTE_MS)


def test_a_file_goes_before_a_name(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "last").write_bytes(dump(healthy(brokers=1, at_ms=5)))
    assert find("last", store, None, NOW_MS).snapshot.at_ms == 5


@pytest.mark.parametrize(
    ("name", "cluster", "told"),
    [
        ("-9", None, "the oldest is -2"),
        ("2026-01-01", None, "the oldest is of 2026-11-25"),
        ("last", "other", "test-cluster"),
        ("nothing.snapshot", None, "nothing.snapshot"),
        ("25:00", None, "25:00"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(name, cluster, told, store):
    with pytest.raises(BadInput, match=told):
        find(name, store, cluster, NOW_MS)


def test_of_several_clusters_one_must_be_named(store, tmp_path):
    store.save("another", 1_000, dump(healthy(brokers=1, at_ms=1_000)), lambda _: b"{}")
    with pytest.raises(BadInput, match="--cluster"):
        find("last", store, None, NOW_MS)
    assert find("last", store, "ano", NOW_MS).snapshot.at_ms == 1_000
    assert [each.cluster for each in list_saved(store)] == ["another", "test-cluster"]
    with pytest.raises(BadInput, match="no look is kept yet"):
        find("last", SnapshotFiles(tmp_path / "empty"), None, NOW_MS)
