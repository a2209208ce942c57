"""Find a kept look by the name that a person gives it: a file, `last`, `-1`, or a time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from kastellan.app.snapshots.files import load
from kastellan.kernel.errors import BadInput
from kastellan.kernel.time_texts import moment_text
from kastellan.model.codec import Loaded, unpack
from kastellan.ports import SavedSnapshot, SnapshotStore

_BACK = re.compile(r"-(\d{1,3})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?Z?")


class SavedSnapshots(msgspec.Struct, frozen=True, kw_only=True):
    """The saved snapshots of one cluster, the newest first."""

    cluster: str
    at_ms: tuple[int, ...]
    size_bytes: tuple[int, ...]


def list_saved(store: SnapshotStore) -> tuple[SavedSnapshots, ...]:
    """What is saved of every cluster."""
    return tuple(
        SavedSnapshots(
            cluster=cluster,
            at_ms=tuple(snapshot.at_ms for snapshot in saved),
            size_bytes=tuple(snapshot.size_bytes for snapshot in saved),
        )
        for cluster in store.clusters()
        for saved in (store.list_snapshots(cluster),)
    )


def find(name: str, store: SnapshotStore, cluster: str | None, now_ms: int) -> Loaded:
    """The snapshot that is meant. Raises BadInput, with what there is, when none or more than one cluster could be."""
    path = Path(name)
    if path.exists() or not _is_name(name):
        return load(path)
    place = _cluster(store, cluster)
    kept = store.list_snapshots(place)
    if not kept:
        raise BadInput(f"no look of {place} is kept; `kastellan doctor` keeps one, --no-history does not")
    chosen = _choose(name, kept, now_ms)
    try:
        return unpack(store.read(chosen))
    except BadInput as error:
        raise BadInput(f"{chosen.location}: {error.message}") from None


def _is_name(name: str) -> bool:
    return name == "last" or _BACK.fullmatch(name) is not None or _moment(name, 0) is not None


def _cluster(store: SnapshotStore, cluster: str | None) -> str:
    clusters = store.clusters()
    if cluster is not None:
        fitting = [name for name in clusters if name == cluster] or [name for name in clusters if name.startswith(cluster)]
    else:
        fitting = list(clusters)
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(clusters[:5]) + (", ..." if len(clusters) > 5 else "")  # noqa: PLR2004
    if not clusters:
        raise BadInput("no look is kept yet; `kastellan doctor` keeps one at every run")
    if not fitting:
        raise BadInput(f"no look of a cluster {(cluster or '')[:60]!r} is kept; there are looks of {listed}")
    raise BadInput(f"looks of several clusters are kept ({listed}); say which one with --cluster")


def _choose(name: str, kept: tuple[SavedSnapshot, ...], now_ms: int) -> SavedSnapshot:
    back = _BACK.fullmatch(name)
    if name == "last" or back is not None:
        at = 0 if back is None else int(back[1])
        if at >= len(kept):
            raise BadInput(f"{name} is further back than what is kept: {len(kept)} looks, the oldest is -{len(kept) - 1}")
        return kept[at]
    moment = _moment(name, now_ms) or 0
    # At that time, what was known was the latest look before it.
    before = [snapshot for snapshot in kept if snapshot.at_ms <= moment]
    if not before:
        oldest = moment_text(kept[-1].at_ms)
        raise BadInput(f"no look is kept from {name} or before; the oldest is of {oldest}")
    return before[0]


def _moment(name: str, now_ms: int) -> int | None:
    """A time of day (the last one, UTC) or an ISO date and time, in epoch milliseconds; to its last second."""
    clock = _CLOCK.fullmatch(name)
    if clock is not None:
        now = datetime.fromtimestamp(now_ms / 1000, UTC)
        hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 59)
        if hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004
            return None
        then = now.replace(hour=hour, minute=minute, second=second, microsecond=999_000)
        # The minute that is running is today's.
        return int((then if then - now < timedelta(minutes=1) else then - timedelta(days=1)).timestamp() * 1000)
    if not re.match(r"\d{4}-\d{2}-\d{2}", name):
        return None
    try:
        then = datetime.fromisoformat(name)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return int(then.timestamp() * 1000) + 999
