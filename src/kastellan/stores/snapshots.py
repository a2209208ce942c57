"""The last snapshots of each cluster, as files: bounded in number and in bytes, readable by their owner only.

One directory a cluster, in it one file a snapshot, named by its time, and `findings.json`: which findings are known
and since when. Every file is written beside its place and moved there, so that a reader sees it whole or not at all,
whoever else is at work; what must be read and written together is done under a lock on the cluster's directory, which
ends with its holder. Nothing is forced to the disk: a file that a power failure cut short is told as damaged by the
next reader, and it was only a memory.
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
from kastellan.model.retention import retained
from kastellan.ports import SavedSnapshot

_SUFFIX = ".snapshot"
_FINDINGS = "findings.json"
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PATIENCE_S = 2.0
_POLL_S = 0.01
_STALE_S = 3_600.0
"""Older files that somebody began and did not end are taken away."""


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
            return tuple(sorted(each.name for each in self.directory.iterdir() if each.is_dir()))

    def saved(self, cluster: str) -> tuple[SavedSnapshot, ...]:
        """The snapshots of a cluster, the newest first."""
        with _as_unavailable(f"read {self._place(cluster)}"):
            return _listed(self._place(cluster))

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
            with _locked(place):
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
        listed = {snapshot.at_ms: snapshot for snapshot in _listed(place)}
        oldest_ms = max(listed) - self._limits.days * 86_400_000
        times = [at_ms for at_ms in listed if at_ms >= oldest_ms]
        staying, most = retained(times, most=self._limits.snapshots), self._limits.snapshots
        while len(staying) > 1 and sum(listed[at_ms].size_bytes for at_ms in staying) > self._limits.bytes:
            most = min(most, len(staying)) - 1
            staying = retained(staying, most=most)
        for at_ms in listed.keys() - set(staying):
            Path(listed[at_ms].location).unlink(missing_ok=True)
        for each in place.glob(".*.tmp"):
            with suppress(FileNotFoundError):
                if time.time() - each.stat().st_mtime > _STALE_S:
                    each.unlink()

    def _forget_clusters(self, ours: Path) -> None:
        """The clusters that nobody has looked at for longest go first."""
        others = [each for each in self.directory.iterdir() if each.is_dir() and each != ours]
        surplus = len(others) + 1 - self._limits.clusters
        for each in sorted(others, key=lambda place: place.stat().st_mtime)[: max(0, surplus)]:
            shutil.rmtree(each, ignore_errors=True)


def _listed(place: Path) -> tuple[SavedSnapshot, ...]:
    found: list[SavedSnapshot] = []
    for each in place.glob(f"*{_SUFFIX}") if place.is_dir() else ():
        if each.stem.isdecimal():
            with suppress(FileNotFoundError):
                found.append(SavedSnapshot(int(each.stem), each.stat().st_size, str(each)))
    return tuple(sorted(found, reverse=True))


@contextmanager
def _as_unavailable(doing: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise Unavailable(f"cannot {doing}: {why}; free or open it, or use --no-history") from None


@contextmanager
def _locked(place: Path) -> Generator[None]:
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
