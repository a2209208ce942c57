from __future__ import annotations

import errno
import itertools
import multiprocessing
import os
import stat
import time
from pathlib import Path

import pytest

from kastellan.kernel.errors import Unavailable
from kastellan.stores import snapshots as module
from kastellan.stores.snapshots import Limits, SnapshotFiles

MINUTE_MS = 60_000


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "state" / "snapshots"


def keep(store: SnapshotFiles, at_ms: int, content: bytes = b"look", cluster: str = "c1", findings: bytes = b"{}") -> None:
    store.save(cluster, at_ms, content, lambda _: findings)


def times(store: SnapshotFiles, cluster: str = "c1") -> list[int]:
    return [each.at_ms for each in store.list_snapshots(cluster)]


def test_what_was_kept_is_read_again_newest_first(folder):
    store = SnapshotFiles(folder)
    keep(store, 1_000, b"first")
    keep(store, 2_000, b"second", findings=b"known")
    kept = SnapshotFiles(folder).list_snapshots("c1")
    assert [(each.at_ms, store.read(each)) for each in kept] == [(2_000, b"second"), (1_000, b"first")]
    assert store.findings("c1") == b"known"
    assert store.clusters() == ("c1",)


def test_nothing_is_kept_of_a_cluster_that_was_never_seen(folder):
    store = SnapshotFiles(folder)
    assert store.clusters() == ()
    assert store.list_snapshots("c1") == ()
    assert store.findings("c1") is None


def test_only_the_owner_may_read(folder):
    store = SnapshotFiles(folder)
    keep(store, 1_000)
    place = folder / "c1"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(each.stat().st_mode) for each in place.iterdir()} == {0o600}
    assert sorted(each.name for each in place.iterdir()) == ["0000000001000.snapshot", "findings.json"]


def test_their_number_is_bounded_dense_near_now_and_sparse_long_ago(folder):
    store = SnapshotFiles(folder, Limits(snapshots=8))
    for minute in range(1, 200):
        keep(store, minute * MINUTE_MS)
    kept = times(store)
    assert len(kept) == 8
    assert kept[:2] == [199 * MINUTE_MS, 198 * MINUTE_MS]
    gaps = [newer - older for newer, older in itertools.pairwise(kept)]
    assert gaps[0] < gaps[-1]
    assert kept[-1] == MINUTE_MS


def test_what_is_older_than_the_limit_goes_and_the_newest_stays(folder):
    store = SnapshotFiles(folder, Limits(days=1))
    keep(store, MINUTE_MS)
    keep(store, 3 * 86_400_000)
    assert times(store) == [3 * 86_400_000]


def test_their_bytes_are_bounded(folder):
    store = SnapshotFiles(folder, Limits(bytes=1_000))
    for at in range(1, 20):
        keep(store, at * MINUTE_MS, b"x" * 300)
    assert len(times(store)) == 3
    with pytest.raises(Unavailable, match="larger than"):
        keep(store, 90 * MINUTE_MS, b"x" * 1_001)
    assert len(times(store)) == 3
    assert store.findings("c1") == b"{}"


def test_the_number_of_clusters_is_bounded(folder):
    store = SnapshotFiles(folder, Limits(clusters=3))
    for number in range(6):
        keep(store, 1_000, cluster=f"c{number}")
        os.utime(folder / f"c{number}", (1_000 + number, 1_000 + number))
    assert store.clusters() == ("c3", "c4", "c5")


@pytest.mark.parametrize("cluster", ["../../outside", "", ".", "..", "a/b", "x" * 300, "\x1b[31m", "ü"])
def test_an_id_that_is_no_plain_name_stays_in_the_folder(cluster, folder):
    store = SnapshotFiles(folder)
    keep(store, 1_000, cluster=cluster)
    assert times(store, cluster) == [1_000]
    (name,) = store.clusters()
    assert name.startswith("id.")
    assert times(store, "other") == []


def test_findings_are_made_from_those_on_disk(folder):
    store = SnapshotFiles(folder)
    keep(store, 1_000, findings=b"1")
    store.save("c1", 2_000, b"", lambda before: (before or b"") + b"2")
    assert store.findings("c1") == b"12"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS])
def test_what_the_file_system_refuses_is_one_sentence_and_leaves_nothing_behind(code, folder, monkeypatch):
    store = SnapshotFiles(folder)
    keep(store, 1_000, b"first")

    class Full:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, _):
            raise OSError(code, os.strerror(code))

    def fdopen(handle, mode):
        os.close(handle)
        return Full()

    with monkeypatch.context() as patched:
        patched.setattr(module.os, "fdopen", fdopen)
        with pytest.raises(Unavailable) as told:
            keep(store, 2_000)
    assert os.strerror(code) in told.value.message
    assert "--no-history" in told.value.message
    assert times(store) == [1_000]
    assert not list((folder / "c1").glob(".*"))


def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(Unavailable, match="--no-history"):
        keep(SnapshotFiles(tmp_path / "state" / "snapshots"), 1_000)


def test_a_file_that_somebody_began_is_no_snapshot_and_goes_when_it_is_old(folder):
    store = SnapshotFiles(folder)
    keep(store, 1_000)
    old, fresh = folder / "c1" / ".old.tmp", folder / "c1" / ".fresh.tmp"
    old.write_text("")
    fresh.write_text("")
    os.utime(old, (time.time() - 7_200, time.time() - 7_200))
    keep(store, 2_000)
    assert times(store) == [2_000, 1_000]
    assert not old.exists()
    assert fresh.exists()


def _keep_many(folder: str, first_ms: int, count: int) -> None:
    store = SnapshotFiles(Path(folder), Limits(snapshots=10))
    for at in range(count):
        store.save("c1", first_ms + at * 2, b"y" * 1_000, lambda before: (before or b"") + b".")


def test_processes_that_keep_at_once_lose_nothing_of_each_other(folder):
    workers = [multiprocessing.get_context("fork").Process(target=_keep_many, args=(str(folder), first, 25)) for first in (1, 2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert [each.exitcode for each in workers] == [0, 0]
    store = SnapshotFiles(folder)
    assert store.findings("c1") == b"." * 50
    assert len(times(store)) == 10
    assert all(store.read(each) == b"y" * 1_000 for each in store.list_snapshots("c1"))


def test_a_process_that_holds_the_lock_is_waited_for_and_then_told(folder, monkeypatch):
    store = SnapshotFiles(folder)
    keep(store, 1_000)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.05)
    with module._lock(folder / "c1"), pytest.raises(Unavailable, match="another kastellan"):
        keep(store, 2_000)
