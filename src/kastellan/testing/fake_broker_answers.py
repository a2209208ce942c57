"""One small function per request: from the model to the plain values of the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from kastellan.testing.fake_broker_codec import Values
from kastellan.testing.fake_broker_model import DEFAULT_SOURCE, TOPIC_SOURCE, FakeModel, FakePartition, FakeTopic
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.schema import Entity

_UNKNOWN_TOPIC: Final = 3
_LEADER_NOT_AVAILABLE: Final = 5
_NOT_LEADER: Final = 6
_NOT_COORDINATOR: Final = 16
_UNKNOWN_TOPIC_ID: Final = 100
_CLUSTER_DENIED: Final = 31
_UNSUPPORTED_VERSION: Final = 35
_INVALID_REQUEST: Final = 42
_READ_COMMITTED: Final = 1
_TOPIC, _BROKER, _LOGGER, _CLIENT_METRICS, _GROUP = 2, 4, 8, 16, 32
_SOURCES: Final = {_LOGGER: 6, _CLIENT_METRICS: 7, _GROUP: 8}
_EARLIEST, _LATEST, _MAX_TIMESTAMP = -2, -1, -3
_GONE: Final = -1


class Call(msgspec.Struct):
    """One request to a node, with what its handler answers from.

    `code` takes a key and an error code: it returns the code that a fault sets for the key, or else the one that it took.
    """

    node: int
    version: int
    request: Entity
    model: FakeModel
    address: Callable[[int], tuple[str, int]]
    code: Callable[[object, int], int]


Handler = Callable[[Call], Values]
HANDLERS: dict[int, Handler] = {}


def answers(api: int) -> Callable[[Handler], Handler]:
    """Register a handler for a request."""

    def register(handler: Handler) -> Handler:
        HANDLERS[int(api)] = handler
        return handler

    return register


@answers(Api.METADATA)
def metadata(call: Call) -> Values:
    """Brokers that are not fenced, and topics by name or id."""
    model = call.model
    topics = [_topic(call, topic) for topic in _wanted_topics(call)]
    brokers = [_node(call, node) | {"node_id": node} for node in model.nodes if not _is_fenced(call, node)]
    return {
        "brokers": brokers,
        "cluster_id": model.cluster_id,
        "controller_id": model.controller,
        "topics": topics,
        "cluster_authorized_operations": call.model.rights,
    }


def _wanted_topics(call: Call) -> Iterator[FakeTopic | str | Any]:
    wanted = call.request.topics
    if wanted is None or (call.version == 0 and not wanted):
        yield from call.model.topics.values()
        return
    by_id = {topic.id: topic for topic in call.model.topics.values()}
    for topic in wanted:
        if topic.name is not None:
            yield call.model.topics.get(topic.name, topic.name)
        else:
            yield by_id.get(topic.topic_id, topic.topic_id)


def _topic(call: Call, topic: FakeTopic | str | Any) -> Values:  # noqa: ANN401  # an id that nobody knows
    if isinstance(topic, FakeTopic):
        return {
            "error_code": call.code(topic.name, 0),
            "name": topic.name,
            "topic_id": topic.id,
            "is_internal": topic.internal,
            "partitions": [_partition(call, topic.name, number, partition) for number, partition in enumerate(topic.partitions)],
            "topic_authorized_operations": -(1 << 31),
        }
    if isinstance(topic, str):
        return {"error_code": _UNKNOWN_TOPIC, "name": topic, "topic_id": 0}
    return {"error_code": _UNKNOWN_TOPIC_ID, "name": None, "topic_id": topic}


def _partition(call: Call, topic: str, number: int, partition: FakePartition) -> Values:
    return {
        "error_code": call.code((topic, number), _LEADER_NOT_AVAILABLE if partition.leader < 0 else 0),
        "partition_index": number,
        "leader_id": partition.leader,
        "leader_epoch": partition.leader_epoch,
        "replica_nodes": partition.replicas,
        "isr_nodes": partition.isr,
        "offline_replicas": partition.offline,
        "eligible_leader_replicas": partition.elr,
        "last_known_elr": partition.last_known_elr,
    }


def _node(call: Call, node: int) -> dict[str, Any]:
    host, port = call.address(node)
    return {"host": host, "port": port, "rack": call.model.nodes[node].rack}


def _is_fenced(call: Call, node: int) -> bool:
    """Whether the broker that answers takes the node for fenced; one that is cut off takes none for it."""
    return call.model.nodes[node].fenced and not call.model.nodes[call.node].cut_off


@answers(Api.DESCRIBE_CLUSTER)
def describe_cluster(call: Call) -> Values:
    """The nodes; fenced ones only when the request includes them."""
    with_fenced = getattr(call.request, "include_fenced_brokers", False)
    listed = [
        _node(call, node) | {"broker_id": node, "is_fenced": _is_fenced(call, node)}
        for node in call.model.nodes
        if with_fenced or not _is_fenced(call, node)
    ]
    return {
        "error_code": call.code(None, 0),
        "endpoint_type": getattr(call.request, "endpoint_type", 1),
        "cluster_id": call.model.cluster_id,
        "controller_id": call.model.controller,
        "brokers": listed,
        "cluster_authorized_operations": call.model.rights,
    }


@answers(Api.DESCRIBE_TOPIC_PARTITIONS)
def describe_topic_partitions(call: Call) -> Values:
    """Partitions in pages, topics in the order of their names."""
    wanted = sorted(topic.name for topic in call.request.topics) or sorted(call.model.topics)
    cursor, left = call.request.cursor, call.request.response_partition_limit
    if cursor is not None:
        wanted = [name for name in wanted if name >= cursor.topic_name]
    topics: list[Values] = []
    for name in wanted:
        topic = call.model.topics.get(name)
        if topic is None:
            topics.append(_topic(call, name))
            continue
        start = cursor.partition_index if cursor is not None and cursor.topic_name == name else 0
        end = min(len(topic.partitions), start + left)
        shown = [_partition(call, name, number, topic.partitions[number]) for number in range(start, end)]
        topics.append(dict(_topic(call, topic)) | {"partitions": shown})
        left -= end - start
        if end < len(topic.partitions):
            return {"topics": topics, "next_cursor": {"topic_name": name, "partition_index": end}}
    return {"topics": topics, "next_cursor": None}


@answers(Api.LIST_OFFSETS)
def list_offsets(call: Call) -> Values:
    """Earliest, latest, last stable offset and the offset of the largest timestamp, on the leader only."""
    committed = getattr(call.request, "isolation_level", 0) == _READ_COMMITTED
    topics = [
        {
            "name": topic.name,
            "partitions": [_offset(call, topic.name, partition, committed=committed) for partition in topic.partitions],
        }
        for topic in call.request.topics
    ]
    return {"topics": topics}


def _offset(call: Call, topic: str, wanted: Entity, *, committed: bool) -> Values:
    number = int(wanted.partition_index)
    report = call.model.partition(topic, number)
    error = _UNKNOWN_TOPIC if report is None else 0 if report.leader == call.node else _NOT_LEADER
    error = call.code((topic, number), error)
    if report is None or error:
        return {"partition_index": number, "error_code": error, "timestamp": -1, "offset": -1, "leader_epoch": -1}
    if wanted.timestamp >= 0:
        return {"partition_index": number, "leader_epoch": report.leader_epoch} | _at_time(report, int(wanted.timestamp))
    end = report.stable if committed and report.stable is not None else report.latest
    offset = {_EARLIEST: report.earliest, _LATEST: end, _MAX_TIMESTAMP: report.latest - 1}.get(int(wanted.timestamp), _GONE)
    timestamp = report.max_timestamp_ms if wanted.timestamp == _MAX_TIMESTAMP else -1
    return {"partition_index": number, "timestamp": timestamp, "offset": offset, "leader_epoch": report.leader_epoch}


def _at_time(report: FakePartition, at_ms: int) -> dict[str, int]:
    """The first record that is not older, by its place on an even time axis."""
    offset = report.latest
    if report.step_ms:
        offset = max(report.earliest, -((report.first_ms - at_ms) // report.step_ms))
    if offset >= report.latest:
        return {"timestamp": -1, "offset": _GONE}
    return {"timestamp": report.first_ms + offset * report.step_ms, "offset": offset}


@answers(Api.DESCRIBE_CONFIGS)
def describe_configs(call: Call) -> Values:
    """Settings of topics and brokers; only the requested keys, each with its source."""
    return {"results": [_resource(call, resource) for resource in call.request.resources]}


def _resource(call: Call, wanted: Entity) -> Values:
    name, kind = wanted.resource_name, int(wanted.resource_type)
    own, error = _own_configs(call, kind, name)
    defaults = call.model.config_defaults if kind in {_TOPIC, _BROKER} else {}
    secret = call.model.nodes[int(name)].secrets if kind == _BROKER and name.isdigit() and int(name) in call.model.nodes else {}
    shown = defaults | own | secret
    keys = shown if wanted.configuration_keys is None else [key for key in wanted.configuration_keys if key in shown]
    source = _SOURCES.get(kind, TOPIC_SOURCE)
    entries = [_config(key, shown[key], source if key in own or key in secret else DEFAULT_SOURCE, key in secret) for key in keys]
    error = call.code((kind, name), call.code(name, error))
    message = "unknown" if error else None
    configs: list[Values] = [] if error else entries
    return {"error_code": error, "error_message": message, "resource_type": kind, "resource_name": name, "configs": configs}


def _own_configs(call: Call, kind: int, name: str) -> tuple[dict[str, str], int]:
    model = call.model
    if kind == _TOPIC:
        topic = model.topics.get(name)
        return ({}, _UNKNOWN_TOPIC) if topic is None else (topic.configs, 0)
    if kind == _CLIENT_METRICS:
        return model.client_metrics.get(name, {}), 0
    if kind == _GROUP:
        group = model.groups.get(name)
        return ({} if group is None else group.configs), 0
    node = model.nodes.get(int(name)) if name.isdigit() else None
    if kind == _LOGGER:
        # A broker answers for its own log levels only.
        return (node.loggers, 0) if node is not None and node.node == call.node else ({}, _INVALID_REQUEST)
    return ({}, 0) if node is None else (node.configs, 0)


def _config(key: str, value: str, source: int, secret: bool) -> Values:  # noqa: FBT001
    return {
        "name": key,
        "value": None if secret else value,
        "config_source": source,
        "is_default": source == DEFAULT_SOURCE,
        "is_sensitive": secret,
        "config_type": 2,
    }


@answers(Api.LIST_CONFIG_RESOURCES)
def list_config_resources(call: Call) -> Values:
    """Client metrics subscriptions and groups with configs of their own."""
    model = call.model
    kinds = set(getattr(call.request, "resource_types", ())) or {_CLIENT_METRICS}
    named = [(metric, _CLIENT_METRICS) for metric in model.client_metrics]
    named += [(group.id, _GROUP) for group in model.groups.values() if group.configs]
    report = [{"resource_name": name, "resource_type": kind} for name, kind in named if kind in kinds]
    return {"error_code": call.code(None, 0), "config_resources": report}


@answers(Api.DESCRIBE_LOG_DIRS)
def describe_log_dirs(call: Call) -> Values:
    """The log directories of the answering broker with its replicas; a denied request gets none (before version 3 no error)."""
    refused = call.code(None, 0)
    if refused in {_CLUSTER_DENIED, _UNSUPPORTED_VERSION}:
        return {"error_code": refused, "results": []}
    node = call.model.nodes[call.node]
    wanted = None if call.request.topics is None else {topic.topic: set(topic.partitions) for topic in call.request.topics}
    results: list[Values] = []
    for path, item in node.log_dirs.items():
        topics = [] if item.error else list(_replicas_in(call, path, wanted))
        results.append(
            {
                "error_code": call.code(path, item.error),
                "log_dir": path,
                "topics": topics,
                "total_bytes": item.total_bytes,
                "usable_bytes": item.usable_bytes,
                "is_cordoned": item.cordoned,
            }
        )
    return {"results": results}


def _replicas_in(call: Call, path: str, wanted: dict[str, set[int]] | None) -> Iterator[Values]:
    for name, topic in call.model.topics.items():
        if wanted is not None and name not in wanted:
            continue
        held = [
            {"partition_index": number, "partition_size": partition.size_bytes, "offset_lag": 0}
            for number, partition in enumerate(topic.partitions)
            if call.node in partition.replicas and partition.log_dir == path and (wanted is None or number in wanted[name])
        ]
        if held:
            yield {"name": name, "partitions": held}


@answers(Api.DESCRIBE_QUORUM)
def describe_quorum(call: Call) -> Values:
    """The metadata quorum; every voter and observer has read everything."""
    model, end = call.model, call.model.end_of_metadata

    def replica(node: int) -> Values:
        return {"replica_id": node, "replica_directory_id": 0, "log_end_offset": end, "last_caught_up_timestamp": 1}

    partition = {
        "partition_index": 0,
        "leader_id": model.controller,
        "leader_epoch": 1,
        "high_watermark": end,
        "current_voters": [replica(node) for node in model.voters],
        "observers": [replica(node) for node in model.nodes if node not in model.voters],
    }
    listeners = [
        {"node_id": node, "listeners": [{"name": "CONTROLLER", "host": call.address(node)[0], "port": call.address(node)[1]}]}
        for node in model.voters
        if node in model.nodes
    ]
    topics = [{"topic_name": "__cluster_metadata", "partitions": [partition]}]
    return {"error_code": call.code(None, 0), "topics": topics, "nodes": listeners}


@answers(Api.LIST_PARTITION_REASSIGNMENTS)
def list_partition_reassignments(call: Call) -> Values:
    """Partitions that are adding or removing replicas."""
    wanted = call.request.topics
    names: Iterable[str] = call.model.topics if wanted is None else [topic.name for topic in wanted]
    topics: list[Values] = []
    for name in names:
        topic = call.model.topics.get(name)
        moving = [
            {
                "partition_index": at,
                "replicas": partition.replicas,
                "adding_replicas": partition.adding,
                "removing_replicas": partition.removing,
            }
            for at, partition in enumerate(topic.partitions if topic is not None else ())
            if partition.adding or partition.removing
        ]
        if moving:
            topics.append({"name": name, "partitions": moving})
    return {"error_code": call.code(None, 0), "topics": topics}


@answers(Api.LIST_TRANSACTIONS)
def list_transactions(call: Call) -> Values:
    """Transactions of the answering coordinator, filtered by state when the request names states."""
    states = set(call.request.state_filters)
    report = [
        {"transactional_id": transaction.id, "producer_id": transaction.producer_id, "transaction_state": transaction.state}
        for transaction in call.model.transactions.values()
        if call.node in {transaction.coordinator, transaction.claimed_by} and (not states or transaction.state in states)
    ]
    return {"error_code": call.code(None, 0), "transaction_states": report}


@answers(Api.DESCRIBE_TRANSACTIONS)
def describe_transactions(call: Call) -> Values:
    """State and partitions of transactions."""
    states: list[Values] = []
    for name in call.request.transactional_ids:
        transaction = call.model.transactions.get(name)
        if transaction is None or call.node not in {transaction.coordinator, transaction.claimed_by}:
            states.append({"error_code": _NOT_COORDINATOR if transaction else 105, "transactional_id": name})
            continue
        states.append(
            {
                "error_code": call.code(name, 0),
                "transactional_id": name,
                "transaction_state": transaction.state,
                "transaction_timeout": transaction.timeout_ms,
                "transaction_start_time": transaction.started_ms,
                "producer_id": transaction.producer_id,
                "producer_epoch": transaction.epoch,
                "topics": [{"topic": topic, "partitions": numbers} for topic, numbers in transaction.partitions.items()],
            }
        )
    return {"transaction_states": states}


@answers(Api.DESCRIBE_PRODUCERS)
def describe_producers(call: Call) -> Values:
    """Producers that the leader of a partition remembers."""
    topics: list[Values] = []
    for topic in call.request.topics:
        partitions: list[Values] = []
        for number in topic.partition_indexes:
            report = call.model.partition(topic.name, number)
            is_leader = report is not None and report.leader == call.node
            error = call.code((topic.name, number), 0 if is_leader else _NOT_LEADER)
            producers = [
                {
                    "producer_id": producer.producer_id,
                    "producer_epoch": producer.epoch,
                    "last_timestamp": producer.last_timestamp_ms,
                    "current_txn_start_offset": producer.transaction_start,
                }
                for producer in (report.producers if report is not None and not error else ())
            ]
            partitions.append({"partition_index": number, "error_code": error, "active_producers": producers})
        topics.append({"name": topic.name, "partitions": partitions})
    return {"topics": topics}
