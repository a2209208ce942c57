"""Meeting a cluster once: who answers at each of its doors, and as whom we are let in."""

from __future__ import annotations

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka.client import Cluster


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One way into a cluster, brokers or controllers. `nodes` is None when nobody there answered, and `reason` says why."""

    what: str
    addresses: str
    principal: str = ""
    nodes: int | None = None
    cluster_id: str | None = None
    answer_ms: int | None = None
    reason: str = ""


async def meet(cluster: Cluster, what: str, addresses: str, deadline: Deadline) -> Door:
    """Knock at one door."""
    found = await cluster.bootstrap(deadline)
    if found.value is None:
        return Door(what=what, addresses=addresses, reason=found.sentence)
    took_ms = max(0, found.arrived_ms - found.sent_ms) if found.arrived_ms is not None else None
    return Door(
        what=what,
        addresses=addresses,
        nodes=len(found.value.nodes),
        cluster_id=found.value.cluster_id,
        answer_ms=took_ms,
    )
