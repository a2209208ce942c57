"""DescribeQuorum to the quorum's leadership and nodes; ApiVersions to features and versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kastellan.model.table import Unseen
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.features import Feature, Features
from kastellan.model.tables.quorum import Leadership, Quorum
from kastellan.model.tables.quorum_nodes import QuorumNode, QuorumNodes
from kastellan.sources.kafka.kafka_answers import KafkaAnswers


def quorum(
    entity: Any | None,  # noqa: ANN401
    answer: int,
    answers: KafkaAnswers,
    silent_ms: float | None = None,
) -> tuple[Quorum, QuorumNodes]:
    """Leadership and nodes; without an answer the leadership is a row of nulls and the nodes are unseen.

    `silent_ms` is how long the brokers waited for a controller in vain, where they did.
    """
    code = 0 if entity is None else entity.error_code
    part = None if entity is None or code else next((part for topic in entity.topics for part in topic.partitions), None)
    if part is not None and part.error_code:
        code, part = part.error_code, None
    if part is None:
        bad = answer if entity is None else answers.enter_refusal(answer, code)
        return Quorum([Leadership(silent_ms=silent_ms, answer=bad)]), QuorumNodes((), (Unseen(bad, "node"),))
    addresses = {node.node_id: node.listeners[0] for node in getattr(entity, "nodes", ()) if node.listeners}
    rows = [
        _node(each, addresses.get(each.replica_id), answer, voter=voter)
        for members, voter in ((part.current_voters, True), (part.observers, False))
        for each in members
    ]
    lead = Leadership(leader=part.leader_id, leader_epoch=part.leader_epoch, high_watermark=part.high_watermark, answer=answer)
    return Quorum([lead]), QuorumNodes(rows)


def _node(each: Any, address: Any | None, answer: int, *, voter: bool) -> QuorumNode:  # noqa: ANN401
    directory = getattr(each, "replica_directory_id", None)
    return QuorumNode(
        node=each.replica_id,
        voter=voter,
        log_end_offset=_known(each.log_end_offset),
        last_fetch_ms=getattr(each, "last_fetch_timestamp", None),
        last_caught_up_ms=getattr(each, "last_caught_up_timestamp", None),
        directory_id=directory.hex if directory else None,
        host=str(address.host) if address else None,
        port=int(address.port) if address else None,
        answer=answer,
    )


def _known(value: int) -> int | None:
    return value if value >= 0 else None


def features(entity: Any | None, answer: int) -> Features:  # noqa: ANN401
    """Finalized and supported levels as one broker tells them."""
    if entity is None:
        return Features((), (Unseen(answer, "feature"),))
    final = {each.name: each.max_version_level for each in getattr(entity, "finalized_features", ())}
    able = {each.name: each for each in getattr(entity, "supported_features", ())}
    # A broker that knows which features are in force leaves out those that are not: their level is 0.
    off = 0 if getattr(entity, "finalized_features_epoch", -1) >= 0 else None
    return Features(
        Feature(
            feature=name,
            finalized_level=final.get(name, off),
            supported_min=able[name].min_version if name in able else None,
            supported_max=able[name].max_version if name in able else None,
            answer=answer,
        )
        for name in sorted(final.keys() | able.keys())
    )


def api_versions(told: Mapping[int, tuple[Any | None, int]], missing: Iterable[tuple[int, int]]) -> ApiVersions:
    """The versions of every broker; one that did not tell has a placeholder."""
    rows = [
        {
            "broker": broker,
            "api_key": each.api_key,
            "min_version": each.min_version,
            "max_version": each.max_version,
            "answer": answer,
        }
        for broker, (entity, answer) in told.items()
        if entity is not None
        for each in entity.api_keys
    ]
    rows += [{"broker": broker, "answer": answer} for broker, answer in missing]
    return ApiVersions.of_rows(rows)


def broker_features(told: Mapping[int, tuple[Any | None, int]], missing: Iterable[tuple[int, int]]) -> BrokerFeatures:
    """What every broker's software supports; one that did not tell, or tells no features, has a placeholder."""
    rows = [
        {
            "broker": broker,
            "feature": each.name,
            "supported_min": each.min_version,
            "supported_max": each.max_version,
            "answer": answer,
        }
        for broker, (entity, answer) in told.items()
        if entity is not None
        for each in getattr(entity, "supported_features", ())
    ]
    seen = {each["broker"] for each in rows}
    silent = [(broker, answer) for broker, (entity, answer) in told.items() if entity is not None and broker not in seen]
    rows += [{"broker": broker, "answer": answer} for broker, answer in (*missing, *silent)]
    return BrokerFeatures.of_rows(rows)
