"""The requests that read: one function each, from plain values and a version to `Packed` bytes.

Each takes the version first, because it is known per broker only; `Choose` binds a builder to its API so that
the client picks the version. Nothing here can change a cluster: Metadata never asks for a topic to be created.
FindCoordinator may make the brokers create the internal topic they store groups in; the design does not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import FLEXIBLE, LEGACY, EncodedRequest, Form, boolean, int8, int32, int32s, int64, texts

EARLIEST: Final = -2
LATEST: Final = -1
MAX_TIMESTAMP: Final = -3
READ_UNCOMMITTED: Final = 0
READ_COMMITTED: Final = 1
"""With LATEST it asks for the last stable offset."""

_TIMEOUT_MS: Final = 30_000

TOPIC_RESOURCE: Final = 2
GROUP_RESOURCE: Final = 32
BROKER_RESOURCE: Final = 4
BROKER_LOGGER_RESOURCE: Final = 8
CLIENT_METRICS_RESOURCE: Final = 16

Partitions = Mapping[str, Sequence[int]]
"""Partition numbers by topic name."""

_FLEXIBLE_SINCE: Final[Mapping[int, int]] = {
    Api.LIST_OFFSETS: 6,
    Api.METADATA: 9,
    Api.OFFSET_FETCH: 6,
    Api.FIND_COORDINATOR: 3,
    Api.DESCRIBE_GROUPS: 5,
    Api.LIST_GROUPS: 3,
    Api.API_VERSIONS: 3,
    Api.DESCRIBE_ACLS: 2,
    Api.DESCRIBE_CLIENT_QUOTAS: 1,
    Api.DESCRIBE_DELEGATION_TOKEN: 2,
    Api.DESCRIBE_CONFIGS: 4,
    Api.DESCRIBE_LOG_DIRS: 2,
    Api.PRODUCE: 9,
    Api.OFFSET_COMMIT: 8,
    Api.CREATE_TOPICS: 5,
    Api.DELETE_TOPICS: 4,
    Api.INCREMENTAL_ALTER_CONFIGS: 1,
}


class RequestSpec(msgspec.Struct, frozen=True):
    """A request whose version the client picks for the broker that is asked.

    `lowest` and `highest` narrow the choice to the versions that can say what is meant.
    """

    api: int
    build: Callable[[int], EncodedRequest]
    lowest: int = 0
    highest: int = 32_767


def form_of(api: int, version: int) -> Form:
    """The encoding of an API at a version."""
    return FLEXIBLE if version >= _FLEXIBLE_SINCE.get(api, 0) else LEGACY


def pack(api: int, version: int, *parts: bytes) -> EncodedRequest:
    """The request of these parts; the closing tags of the outermost structure are added here."""
    form = form_of(api, version)
    return EncodedRequest(int(api), version, b"".join(parts) + form.tags, form is FLEXIBLE)


def api_versions(version: int, software_version: str = "0.1.0") -> EncodedRequest:
    """What the peer speaks; features too from version 3 on."""
    if version < 3:
        return pack(Api.API_VERSIONS, version)
    return pack(Api.API_VERSIONS, version, FLEXIBLE.text("kastellan"), FLEXIBLE.text(software_version))


def metadata(
    version: int,
    topics: Collection[str] | None = None,
    *,
    ids: Collection[UUID] = (),
    authorized_operations: bool = False,
) -> EncodedRequest:
    """Brokers, and topics with their partitions: all (None), none (empty), the named ones, or by `ids` (version 12+).

    Ask named topics with version 4 or later only: before, the question itself may create a topic.
    """
    form = form_of(Api.METADATA, version)
    if version == 0:
        listed = texts(form, topics or ())  # here the empty list means all, and none cannot be said
    elif topics is None and not ids:
        listed = form.count(None)
    else:
        listed = _metadata_topics(form, version, topics or (), ids)
    auto_create = boolean(False) if version >= 4 else b""
    of_cluster = boolean(authorized_operations) if 8 <= version <= 10 else b""
    of_topics = boolean(authorized_operations) if version >= 8 else b""
    return pack(Api.METADATA, version, listed, auto_create, of_cluster, of_topics)


def _metadata_topics(form: Form, version: int, names: Collection[str], ids: Collection[UUID]) -> bytes:
    with_id = version >= 10
    no_id = bytes(16) if with_id else b""
    items = [no_id + form.text(name) + form.tags for name in names]
    items += [topic_id.bytes + form.text(None) + form.tags for topic_id in ids]
    return form.count(len(items)) + b"".join(items)


def describe_cluster(
    version: int, *, controllers: bool = False, fenced: bool = False, authorized_operations: bool = False
) -> EncodedRequest:
    """The nodes; `controllers` (version 1+) lists the quorum's, `fenced` (version 2+) adds brokers that are fenced.

    `authorized_operations` asks what this principal may do to the cluster (KIP-430).
    """
    kind = int8(2 if controllers else 1) if version >= 1 else b""
    also = boolean(fenced) if version >= 2 else b""
    return pack(Api.DESCRIBE_CLUSTER, version, boolean(authorized_operations), kind, also)


def describe_topic_partitions(
    version: int, topics: Sequence[str], *, limit: int = 2_000, cursor: tuple[str, int] | None = None
) -> EncodedRequest:
    """Partitions with their eligible leader replicas, at most `limit`; `cursor` is the topic and partition to go on at.

    The broker sorts the topics by name; an empty list means all.
    """
    names = [FLEXIBLE.text(name) + b"\x00" for name in topics]
    at = int8(-1) if cursor is None else int8(1) + FLEXIBLE.text(cursor[0]) + int32(cursor[1]) + b"\x00"
    listed = FLEXIBLE.count(len(names)) + b"".join(names)
    return pack(Api.DESCRIBE_TOPIC_PARTITIONS, version, listed, int32(limit), at)


def list_offsets(
    version: int, topics: Partitions, timestamp: int, *, isolation: int = READ_UNCOMMITTED, timeout_ms: int = 30_000
) -> EncodedRequest:
    """Offsets of the partitions that the asked broker leads: EARLIEST, LATEST or MAX_TIMESTAMP (version 7+)."""
    form = form_of(Api.LIST_OFFSETS, version)
    epoch = int32(-1) if version >= 4 else b""
    rest = epoch + int64(timestamp) + form.tags
    parts: list[bytes] = [int32(-1)]
    if version >= 2:
        parts.append(int8(isolation))
    parts.append(form.count(len(topics)))
    for topic, numbers in topics.items():
        parts += (form.text(topic), form.count(len(numbers)))
        parts += [number.to_bytes(4, "big", signed=True) + rest for number in numbers]
        parts.append(form.tags)
    if version >= 10:
        parts.append(int32(timeout_ms))
    return pack(Api.LIST_OFFSETS, version, *parts)


def list_offsets_at(version: int, timestamps_ms: Mapping[tuple[str, int], int]) -> EncodedRequest:
    """For each partition the first record that is not older than a time (version 1+); the asked broker leads them all."""
    form = form_of(Api.LIST_OFFSETS, version)
    by_topic: dict[str, list[bytes]] = {}
    epoch = int32(-1) if version >= 4 else b""
    for (topic, number), at_ms in timestamps_ms.items():
        by_topic.setdefault(topic, []).append(int32(number) + epoch + int64(at_ms) + form.tags)
    parts: list[bytes] = [int32(-1)]
    if version >= 2:
        parts.append(int8(READ_UNCOMMITTED))
    parts.append(form.count(len(by_topic)))
    for topic, items in by_topic.items():
        parts += (form.text(topic), form.count(len(items)), *items, form.tags)
    if version >= 10:
        parts.append(int32(_TIMEOUT_MS))
    return pack(Api.LIST_OFFSETS, version, *parts)


def list_groups(version: int, *, states: Sequence[str] = (), types: Sequence[str] = ()) -> EncodedRequest:
    """The groups that the asked broker coordinates; filters by state (version 4+) and type (version 5+)."""
    form = form_of(Api.LIST_GROUPS, version)
    by_state = texts(form, states) if version >= 4 else b""
    by_type = texts(form, types) if version >= 5 else b""
    return pack(Api.LIST_GROUPS, version, by_state, by_type)


def describe_groups(version: int, groups: Sequence[str]) -> EncodedRequest:
    """Classic groups with members and assignments."""
    form = form_of(Api.DESCRIBE_GROUPS, version)
    operations = boolean(False) if version >= 3 else b""
    return pack(Api.DESCRIBE_GROUPS, version, texts(form, groups), operations)


def consumer_group_describe(version: int, groups: Sequence[str]) -> EncodedRequest:
    """Groups of the new consumer protocol."""
    return _describe(Api.CONSUMER_GROUP_DESCRIBE, version, groups)


def share_group_describe(version: int, groups: Sequence[str]) -> EncodedRequest:
    """Share groups."""
    return _describe(Api.SHARE_GROUP_DESCRIBE, version, groups)


def streams_group_describe(version: int, groups: Sequence[str]) -> EncodedRequest:
    """Streams groups."""
    return _describe(Api.STREAMS_GROUP_DESCRIBE, version, groups)


def _describe(api: Api, version: int, groups: Sequence[str]) -> EncodedRequest:
    return pack(api, version, texts(FLEXIBLE, groups), boolean(False))


def offset_fetch(version: int, groups: Mapping[str, Partitions | None], *, stable: bool = False) -> EncodedRequest:
    """Commits of many groups at once (version 8+); None asks for every topic of the group (version 2+).

    Before version 8 a request holds one group: ask once for each. `stable` (version 7+) waits for open transactions.
    """
    form = form_of(Api.OFFSET_FETCH, version)
    last = boolean(stable) if version >= 7 else b""
    if version < 8:
        ((group, topics),) = groups.items()
        return pack(Api.OFFSET_FETCH, version, form.text(group), _fetch_topics(form, topics), last)
    member = form.text(None) + int32(-1) if version >= 9 else b""
    every = member + form.count(None) + form.tags
    parts = [form.count(len(groups))]
    for group, topics in groups.items():
        parts.append(form.text(group))
        parts.append(every if topics is None else member + _fetch_topics(form, topics) + form.tags)
    return pack(Api.OFFSET_FETCH, version, *parts, last)


def _fetch_topics(form: Form, topics: Partitions | None) -> bytes:
    if topics is None:
        return form.count(None)
    return _by_topic(form, topics)


def _by_topic(form: Form, topics: Partitions) -> bytes:
    items = [form.text(topic) + int32s(form, numbers) + form.tags for topic, numbers in topics.items()]
    return form.count(len(items)) + b"".join(items)


def describe_configs(
    version: int, resources: Mapping[tuple[int, str], Sequence[str] | None], *, synonyms: bool = False
) -> EncodedRequest:
    """Settings of resources, each a (type, name) with its wanted keys (None: all). Brokers answer for themselves only.

    Resources of several types travel in one request, so that a broker is asked once for its topics' share and itself.
    """
    form = form_of(Api.DESCRIBE_CONFIGS, version)
    wanted: dict[tuple[str, ...] | None, bytes] = {}
    items: list[bytes] = []
    for (kind, name), keys in resources.items():
        listed = None if keys is None else tuple(keys)
        if listed not in wanted:
            wanted[listed] = texts(form, listed) + form.tags
        items.append(int8(kind) + form.text(name) + wanted[listed])
    documented = boolean(False) if version >= 3 else b""
    return pack(Api.DESCRIBE_CONFIGS, version, form.count(len(items)), *items, boolean(synonyms), documented)


def describe_log_dirs(version: int, topics: Partitions | None = None) -> EncodedRequest:
    """Log directories and replica sizes of the asked broker. It can hang on a sick disk: use a channel of its own."""
    form = form_of(Api.DESCRIBE_LOG_DIRS, version)
    return pack(Api.DESCRIBE_LOG_DIRS, version, _fetch_topics(form, topics))


def describe_quorum(version: int) -> EncodedRequest:
    """The state of the metadata quorum: leader, voters, observers and how far each has read."""
    metadata_topic = FLEXIBLE.text("__cluster_metadata") + FLEXIBLE.count(1) + int32(0) + b"\x00\x00"
    return pack(Api.DESCRIBE_QUORUM, version, FLEXIBLE.count(1), metadata_topic)


def list_partition_reassignments(version: int, topics: Partitions | None = None, *, timeout_ms: int = 30_000) -> EncodedRequest:
    """Reassignments under way, of all partitions or of the named ones."""
    return pack(Api.LIST_PARTITION_REASSIGNMENTS, version, int32(timeout_ms), _fetch_topics(FLEXIBLE, topics))


def list_transactions(
    version: int, *, states: Sequence[str] = (), producer_ids: Sequence[int] = (), running_for_ms: int = -1
) -> EncodedRequest:
    """Transactions that the asked broker coordinates; `running_for_ms` (version 1+) keeps the older ones."""
    producers = FLEXIBLE.count(len(producer_ids)) + b"".join(int64(producer_id) for producer_id in producer_ids)
    duration = int64(running_for_ms) if version >= 1 else b""
    pattern = FLEXIBLE.text(None) if version >= 2 else b""
    return pack(Api.LIST_TRANSACTIONS, version, texts(FLEXIBLE, states), producers, duration, pattern)


def describe_transactions(version: int, transactional_ids: Sequence[str]) -> EncodedRequest:
    """State, producer and partitions of transactions, asked of their coordinator."""
    return pack(Api.DESCRIBE_TRANSACTIONS, version, texts(FLEXIBLE, transactional_ids))


def describe_producers(version: int, topics: Partitions) -> EncodedRequest:
    """Active producers of partitions, asked of the leader. Needs READ on the topic: ask for suspects only."""
    return pack(Api.DESCRIBE_PRODUCERS, version, _by_topic(FLEXIBLE, topics))


def find_coordinator(version: int, keys: Sequence[str], *, key_type: int = 0) -> EncodedRequest:
    """Coordinators of groups (key type 0), transactions (1) or share partitions (2); one key before version 4."""
    form = form_of(Api.FIND_COORDINATOR, version)
    if version >= 4:
        return pack(Api.FIND_COORDINATOR, version, int8(key_type), texts(form, keys))
    (key,) = keys
    return pack(Api.FIND_COORDINATOR, version, form.text(key), int8(key_type) if version >= 1 else b"")
