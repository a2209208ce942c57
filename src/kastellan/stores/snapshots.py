"""The last snapshots of each cluster, as files: bounded in number and in bytes, readable by their owner only.

A cluster has one directory: one file for each snapshot, named by its time, and `findings.json`, which findings are known
and since when. Files are written atomically, so that a reader never sees half of one. What must be read and written
together is done under a lock on the cluster's directory, which the kernel releases when its holder ends. Nothing is synced
to the disk: the next reader reports a file that a power failure cut short as damaged, and goes on without it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from kastellan.kernel.atomic_write import write_whole
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.kernel.units import bytes_text
from kastellan.model.retention import select_retained
from kastellan.ports import SavedSnapshot

_SUFFIX = ".snapshot"
_FINDINGS = "findings.json"
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PATIENCE_S = 2.0
_POLL_S = 0.01
_STALE_S = 3_600.0
"""Temporary files older than this are removed: whoever wrote them has ended."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much is kept."""

    snapshots: int = 32
    """Of one cluster."""
    bytes: int = 256 * 1024**2
    """Of one cluster."""
    clusters: int = 64
    days: int = 90
    """The newest one of a cluster stays, however old."""


class SnapshotFiles:
    """The `SnapshotStore` below one directory. Raises Unavailable for whatever the file system refuses."""

    def __init__(self, directory: Path, limits: Limits | None = None) -> None:
        self.directory = directory
        self._limits = limits or Limits()

    def clusters(self) -> tuple[str, ...]:
        """The names under which clusters are kept: their ids, where an id can be a file name."""
        with _as_unavailable(f"read {self.directory}"):
            if not self.directory.is_dir():
                return ()
            return tuple(sorted(place.name for place in self.directory.iterdir() if place.is_dir()))

    def list_snapshots(self, cluster: str) -> tuple[SavedSnapshot, ...]:
        """The snapshots of a cluster, the newest first."""
        with _as_unavailable(f"read {self._place(cluster)}"):
            return _list_snapshots(self._place(cluster))

    def read(self, saved: SavedSnapshot) -> bytes:
        """The bytes of one."""
        with _as_unavailable(f"read {saved.location}"):
            return Path(saved.location).read_bytes()

    def findings(self, cluster: str) -> bytes | None:
        """What was written as the known findings, None when nothing was."""
        path = self._place(cluster) / _FINDINGS
        with _as_unavailable(f"read {path}"):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def save(self, cluster: str, at_ms: int, snapshot: bytes, findings: Callable[[bytes | None], bytes]) -> None:
        """Keeps a snapshot and the known findings, which are made from those on disk; drops what is too much."""
        place = self._place(cluster)
        with _as_unavailable(f"write below {place}"):
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _lock(place):
                write_whole(place / _FINDINGS, findings(self.findings(cluster)))
                if len(snapshot) > self._limits.bytes:
                    raise Unavailable(
                        f"the snapshot of {bytes_text(len(snapshot))} is larger than the {bytes_text(self._limits.bytes)} that"
                        " are kept of a cluster, and was not kept"
                    )
                write_whole(place / f"{at_ms:013d}{_SUFFIX}", snapshot)
                self._prune(place)
            self._forget_clusters(place)

    def _place(self, cluster: str) -> Path:
        """An id comes from whoever answered: what is no plain name is a hash."""
        plain = _PLAIN_ID.fullmatch(cluster)
        name = cluster if plain else "id." + hashlib.sha256(cluster.encode(errors="surrogateescape")).hexdigest()[:32]
        return self.directory / name

    def _prune(self, place: Path) -> None:
        listed = {snapshot.at_ms: snapshot for snapshot in _list_snapshots(place)}
        oldest_ms = max(listed) - self._limits.days * 86_400_000
        times = [at_ms for at_ms in listed if at_ms >= oldest_ms]
        staying, most = select_retained(times, most=self._limits.snapshots), self._limits.snapshots
        while len(staying) > 1 and sum(listed[at_ms].size_bytes for at_ms in staying) > self._limits.bytes:
            most = min(most, len(staying)) - 1
            staying = select_retained(staying, most=most)
        for at_ms in listed.keys() - set(staying):
            Path(listed[at_ms].location).unlink(missing_ok=True)
        for unfinished in place.glob(".*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - unfinished.stat().st_mtime > _STALE_S:
                    unfinished.unlink()

    def _forget_clusters(self, ours: Path) -> None:
        """Removes the clusters that are too many, those first of which nothing was saved for longest."""
        others = [folder for folder in self.directory.iterdir() if folder.is_dir() and folder != ours]
        surplus = len(others) + 1 - self._limits.clusters
        for folder in sorted(others, key=lambda folder: folder.stat().st_mtime)[: max(0, surplus)]:
            shutil.rmtree(folder, ignore_errors=True)


def _list_snapshots(place: Path) -> tuple[SavedSnapshot, ...]:
    """The snapshots in a cluster's directory, the newest first."""
    snapshots: list[SavedSnapshot] = []
    for path in place.glob(f"*{_SUFFIX}") if place.is_dir() else ():
        if path.stem.isdecimal():
            with suppress(FileNotFoundError):
                snapshots.append(SavedSnapshot(int(path.stem), path.stat().st_size, str(path)))
    return tuple(sorted(snapshots, reverse=True))


@contextmanager
def _as_unavailable(doing: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise Unavailable(f"cannot {doing}: {why}; free or open it, or use --no-history") from None


@contextmanager
def _lock(place: Path) -> Generator[None]:
    deadline = Deadline.after(_PATIENCE_S)
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if deadline.passed:
                    raise Unavailable(f"another kastellan is writing below {place}; this look was not kept") from None
                time.sleep(_POLL_S)
        yield
    finally:
        os.close(descriptor)
