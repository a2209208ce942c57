"""The only place that builds adapters."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kastellan.config.security import SecuritySettings
from kastellan.kernel.places import state_dir
from kastellan.ports import Source
from kastellan.stores.snapshots import SnapshotStore


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster and how to reach it: `host:port` pairs separated by commas, and which addresses stand for others."""

    bootstrap: str
    resolve: Mapping[str, str] = {}
    security: SecuritySettings = SecuritySettings()
    client_id: str | None = None


def source_for(target: Target) -> Source:
    """A source for a live cluster; it connects when it looks.

    Raises BadInput for an address that is none and for a key store that cannot be used, MissingTool for a mechanism
    whose extra is not installed.
    """
    # Only who looks at a live cluster pays for the protocol's codec.
    from kastellan.sources.kafka.source import KafkaSource  # noqa: PLC0415

    return KafkaSource(target.bootstrap, resolve=target.resolve, security=target.security, client_id=target.client_id)


def snapshot_store() -> SnapshotStore:
    """Where the last looks at each cluster are kept, for this user."""
    return SnapshotStore(state_dir() / "snapshots")
