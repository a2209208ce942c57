"""The requests that change a cluster, and the one place that grants a permit for them.

Only `actuators` and `lab` may import this module. Kafka's requests carry no key that makes asking twice harmless:
the client never repeats one of these by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import FLEXIBLE, EncodedRequest, Form, boolean, int8, int16, int32, int32s, int64
from kastellan.wire.kafka.permit import Permit
from kastellan.wire.kafka.requests import form_of, pack

SET: Final = 0
DELETE: Final = 1
APPEND: Final = 2
SUBTRACT: Final = 3

_RECORD_BATCH_MAGIC: Final = 2


def grant(reason: str) -> Permit:
    """A permit for requests that change a cluster; `reason` says who wants it and what for."""
    return Permit(reason)


class NewTopic(msgspec.Struct, frozen=True):
    """A topic to create: by counts, or with the replicas of each partition in `assignments`."""

    name: str
    partitions: int = -1
    replicas: int = -1
    configs: Mapping[str, str] = {}
    assignments: Mapping[int, Sequence[int]] = {}


class Commit(msgspec.Struct, frozen=True):
    """The offset to commit for one partition."""

    topic: str
    partition: int
    offset: int
    leader_epoch: int = -1
    metadata: str = ""


def create_topics(
    version: int, topics: Sequence[NewTopic], *, timeout_ms: int = 30_000, validate_only: bool = False
) -> EncodedRequest:
    """Create topics, asked of the controller or of any broker, which forwards it."""
    form = form_of(Api.CREATE_TOPICS, version)
    items = [_new_topic(form, topic) for topic in topics]
    listed = form.count(len(items)) + b"".join(items)
    return pack(Api.CREATE_TOPICS, version, listed, int32(timeout_ms), boolean(validate_only))


def _new_topic(form: Form, topic: NewTopic) -> bytes:
    placed = [int32(number) + int32s(form, nodes) + form.tags for number, nodes in topic.assignments.items()]
    configs = [form.text(name) + form.text(value) + form.tags for name, value in topic.configs.items()]
    partitions, replicas = (-1, -1) if placed else (topic.partitions, topic.replicas)
    head = form.text(topic.name) + int32(partitions) + int16(replicas)
    listed = form.count(len(placed)) + b"".join(placed) + form.count(len(configs)) + b"".join(configs)
    return head + listed + form.tags


def delete_topics(version: int, names: Sequence[str], *, timeout_ms: int = 30_000) -> EncodedRequest:
    """Delete topics by name, with everything in them."""
    form = form_of(Api.DELETE_TOPICS, version)
    rest = bytes(16) + form.tags if version >= 6 else b""
    items = [form.text(name) + rest for name in names]
    return pack(Api.DELETE_TOPICS, version, form.count(len(items)) + b"".join(items), int32(timeout_ms))


def incremental_alter_configs(
    version: int,
    resource_type: int,
    name: str,
    changes: Mapping[str, tuple[int, str | None]],
    *,
    validate_only: bool = False,
) -> EncodedRequest:
    """Change single settings of one resource: {"retention.ms": (SET, "1000"), "cleanup.policy": (DELETE, None)}."""
    form = form_of(Api.INCREMENTAL_ALTER_CONFIGS, version)
    items = [form.text(key) + int8(how) + form.text(value) + form.tags for key, (how, value) in changes.items()]
    resource = int8(resource_type) + form.text(name) + form.count(len(items)) + b"".join(items) + form.tags
    return pack(Api.INCREMENTAL_ALTER_CONFIGS, version, form.count(1) + resource, boolean(validate_only))


def alter_partition_reassignments(
    version: int, moves: Mapping[str, Mapping[int, Sequence[int] | None]], *, timeout_ms: int = 30_000
) -> EncodedRequest:
    """Give partitions new replicas, or cancel what is under way (None)."""
    topics: list[bytes] = []
    for topic, partitions in moves.items():
        items = [
            int32(number) + (FLEXIBLE.count(None) if nodes is None else int32s(FLEXIBLE, nodes)) + b"\x00"
            for number, nodes in partitions.items()
        ]
        topics.append(FLEXIBLE.text(topic) + FLEXIBLE.count(len(items)) + b"".join(items) + b"\x00")
    change_factor = boolean(True) if version >= 1 else b""
    listed = FLEXIBLE.count(len(topics)) + b"".join(topics)
    return pack(Api.ALTER_PARTITION_REASSIGNMENTS, version, int32(timeout_ms), change_factor, listed)


def offset_commit(version: int, group: str, commits: Sequence[Commit]) -> EncodedRequest:
    """Commit offsets for a group without members, as `assign()` users do (version 2 to 9)."""
    form = form_of(Api.OFFSET_COMMIT, version)
    by_topic: dict[str, list[Commit]] = {}
    for commit in commits:
        by_topic.setdefault(commit.topic, []).append(commit)
    topics: list[bytes] = []
    for topic, entries in by_topic.items():
        items = [_commit(form, version, entry) for entry in entries]
        topics.append(form.text(topic) + form.count(len(items)) + b"".join(items) + form.tags)
    member = int32(-1) + form.text("") + (form.text(None) if version >= 7 else b"")
    retention = int64(-1) if 2 <= version <= 4 else b""
    listed = form.count(len(topics)) + b"".join(topics)
    return pack(Api.OFFSET_COMMIT, version, form.text(group), member, retention, listed)


def _commit(form: Form, version: int, commit: Commit) -> bytes:
    epoch = int32(commit.leader_epoch) if version >= 6 else b""
    return int32(commit.partition) + int64(commit.offset) + epoch + form.text(commit.metadata) + form.tags


def produce(
    version: int, batches: Mapping[str, Mapping[int, bytes]], *, acks: int = -1, timeout_ms: int = 30_000
) -> EncodedRequest:
    """Write one record batch (`record_batch`) to each partition; asked of the leader (version 3 to 12)."""
    form = form_of(Api.PRODUCE, version)
    topics: list[bytes] = []
    for topic, partitions in batches.items():
        items = [int32(number) + form.raw(batch) + form.tags for number, batch in partitions.items()]
        topics.append(form.text(topic) + form.count(len(items)) + b"".join(items) + form.tags)
    head = form.text(None) + int16(acks) + int32(timeout_ms)
    return pack(Api.PRODUCE, version, head, form.count(len(topics)), *topics)


def record_batch(values: Sequence[bytes], timestamp_ms: int) -> bytes:
    """Records without keys in one uncompressed batch of a plain producer."""
    records = b"".join(_record(position, value) for position, value in enumerate(values))
    after_checksum = (
        int16(0)  # attributes: no compression, create time, no transaction
        + int32(len(values) - 1)
        + int64(timestamp_ms)
        + int64(timestamp_ms)
        + int64(-1)  # producer id
        + int16(-1)  # producer epoch
        + int32(-1)  # base sequence
        + int32(len(values))
        + records
    )
    checksum = crc32c(after_checksum).to_bytes(4, "big")
    rest = int32(-1) + int8(_RECORD_BATCH_MAGIC) + checksum + after_checksum
    return int64(0) + int32(len(rest)) + rest


def _record(position: int, value: bytes) -> bytes:
    body = int8(0) + _zigzag(0) + _zigzag(position) + _zigzag(-1) + _zigzag(len(value)) + value + _zigzag(0)
    return _zigzag(len(body)) + body


def _zigzag(value: int) -> bytes:
    number = (value << 1) ^ (value >> 63)
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def crc32c(data: bytes) -> int:
    """The Castagnoli checksum that record batches carry.

    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value = _CASTAGNOLI[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def _castagnoli(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ 0x82F63B78 if byte & 1 else byte >> 1
    return byte


_CASTAGNOLI: Final = tuple(_castagnoli(byte) for byte in range(256))
