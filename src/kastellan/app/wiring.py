"""The only place that builds adapters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from kastellan.config.proxy import Proxy
from kastellan.config.security import SecuritySettings
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.places import state_dir
from kastellan.ports import Prober, SnapshotStore, Source
from kastellan.stores.snapshots import SnapshotFiles

if TYPE_CHECKING:
    from kastellan.sources.kafka.meeting import Door
    from kastellan.sources.kafka.source import KafkaSource


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster and how to reach it: `host:port` pairs separated by commas, and which addresses stand for others.

    Controllers have addresses and credentials of their own; without addresses only brokers are asked.
    """

    bootstrap: str
    resolve: Mapping[str, str] = {}
    security: SecuritySettings = SecuritySettings()
    client_id: str | None = None
    proxy: Proxy | None = None
    controllers: str | None = None
    controller_security: SecuritySettings = SecuritySettings()


def source_for(target: Target) -> Source:
    """A source for a live cluster; it connects when it looks.

    Raises BadInput for an address that is none and for a key store that cannot be used, MissingTool for a mechanism
    whose extra is not installed.
    """
    return _kafka(target)


async def meet(target: Target, deadline: Deadline) -> list[Door]:
    """Knock once at every door of a cluster. Raises as `source_for` does."""
    source = _kafka(target)
    try:
        return await source.meet(deadline)
    finally:
        await source.close()


def _kafka(target: Target) -> KafkaSource:
    # Only who looks at a live cluster pays for the protocol's codec.
    from kastellan.sources.kafka.source import KafkaSource  # noqa: PLC0415

    return KafkaSource(**msgspec.structs.asdict(target))


def prober_for(target: Target) -> Prober:
    """What examines the way to a live cluster. Raises as `source_for` does."""
    from kastellan.sources.kafka.probing import KafkaProbe  # noqa: PLC0415

    return KafkaProbe(target.bootstrap, resolve=target.resolve, security=target.security, proxy=target.proxy)


def snapshot_store() -> SnapshotStore:
    """Where the last looks at each cluster are kept, for this user."""
    return SnapshotFiles(state_dir() / "snapshots")
