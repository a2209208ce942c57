"""DescribeCluster, Metadata and what came of every question to brokers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kastellan.model.tables.brokers import Broker, Brokers


class Met(msgspec.Struct, frozen=True):
    """How a broker was met from here in this look."""

    reached: bool
    answer: int
    answer_ms: int | None = None
    trouble: str | None = None
    reason: str = ""


class Registry(msgspec.Struct, frozen=True):
    """What DescribeCluster (or, before it, Metadata) says of brokers; `tells_fenced` from version 2 on.

    `nodes` is None when nobody told: then no broker is known to be live, and none to be away.
    """

    nodes: tuple[Any, ...] | None
    answer: int
    tells_fenced: bool


def live(registry: Registry) -> set[int] | None:
    """The brokers that are not fenced; None when nobody told."""
    if registry.nodes is None:
        return None
    return {_id(each) for each in registry.nodes if not getattr(each, "is_fenced", False)}


def _id(node: Any) -> int:  # noqa: ANN401
    return int(node.broker_id if hasattr(node, "broker_id") else node.node_id)


def brokers(registry: Registry, named: Iterable[int], met: Mapping[int, Met]) -> Brokers:
    """Every broker id: the registered ones, and those that only replicas name."""
    known = {_id(each): each for each in registry.nodes or ()}
    rows = [_broker(number, known.get(number), registry, met.get(number)) for number in sorted({*known, *named})]
    return Brokers(rows)


def _broker(number: int, node: Any | None, registry: Registry, met: Met | None) -> Broker:  # noqa: ANN401
    fenced = (bool(node.is_fenced) if node is not None else None) if registry.tells_fenced else None
    row = Broker(
        broker=number,
        host=str(node.host) if node is not None else None,
        port=int(node.port) if node is not None else None,
        rack=(node.rack or "") if node is not None else None,
        registered=node is not None if registry.tells_fenced or node is not None else None,
        listed=None if registry.nodes is None else node is not None and not fenced,
        fenced=fenced,
        answer=registry.answer,
    )
    if met is None:
        return row
    return msgspec.structs.replace(
        row,
        reached=met.reached,
        trouble=met.trouble,
        reason=met.reason,
        answer_ms=met.answer_ms,
        answer=registry.answer if met.reached else met.answer,
    )
