"""Meeting a cluster once: who answers at each of its doors, and as whom we are let in."""

from __future__ import annotations

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka.client import Cluster


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """One way into a cluster, brokers or controllers. `nodes` is None when nobody there answered, and `reason` says why."""

    role: str
    addresses: str
    principal: str = ""
    nodes: int | None = None
    cluster_id: str | None = None
    answer_ms: int | None = None
    reason: str = ""


async def meet(cluster: Cluster, role: str, addresses: str, deadline: Deadline) -> Door:
    """Knock at one door."""
    outcome = await cluster.bootstrap(deadline)
    if outcome.value is None:
        return Door(role=role, addresses=addresses, reason=outcome.sentence)
    took_ms = max(0, outcome.arrived_ms - outcome.sent_ms) if outcome.arrived_ms is not None else None
    return Door(
        role=role,
        addresses=addresses,
        nodes=len(outcome.value.nodes),
        cluster_id=outcome.value.cluster_id,
        answer_ms=took_ms,
    )
