"""Record what a real cluster answers: `python tests/contract/wire/record_frames.py HOST:PORT KAFKA_VERSION`.

Every read request is asked in every version that both sides speak, and request and answer are kept byte for byte in
frames/<kafka version>/<request>.bin: records of api (2 bytes), version (2), size and bytes of the request's body,
size and bytes of the answer's body. The replay test then holds the decoder, the request builders and the fake's
encoder to them. It only reads; run it against a cluster with some load, so that the answers hold something.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka import access_requests as a
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.reply import decode_reply
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.versions import Ranges, ours

FRAMES = Path(__file__).resolve().parent / "frames"
_LISTED = 6
"""Topics and groups that are named in requests: enough to see every kind, few enough to keep the files small."""


def write_frames(path: Path, frames: list[tuple[EncodedRequest, bytes]]) -> None:
    """One file of one request kind, compressed."""
    parts = [
        struct.pack(">hhI", request.api_key, request.version, len(request.body))
        + request.body
        + struct.pack(">I", len(answer))
        + answer
        for request, answer in frames
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zlib.compress(b"".join(parts), 9))


def read_frames(path: Path) -> Iterator[tuple[int, int, bytes, bytes]]:
    """API key, version, request body and answer body of each record."""
    data, at = zlib.decompress(path.read_bytes()), 0
    while at < len(data):
        api, version, size = struct.unpack_from(">hhI", data, at)
        request = data[at + 8 : at + 8 + size]
        at += 8 + size
        (length,) = struct.unpack_from(">I", data, at)
        yield api, version, request, data[at + 4 : at + 4 + length]
        at += 4 + length


class Recorder:
    """Asks one broker after another and keeps what they say."""

    def __init__(self, cluster: Cluster, deadline: Deadline) -> None:
        self.cluster = cluster
        self.deadline = deadline
        self.kept: dict[int, list[tuple[EncodedRequest, bytes]]] = {}

    async def keep(self, node: int | None, wanted: RequestSpec) -> Any:
        """Ask in every common version; the decoded answer of the highest."""
        offered = await self.cluster.ranges(node, self.deadline)
        if offered.value is None:
            raise SystemExit(offered.reason)
        newest = None
        for version in _versions(wanted, offered.value):
            request = wanted.build(version)
            told = await self.cluster.ask(node, request, self.deadline)
            if told.value is None:
                raise SystemExit(f"{api_name(wanted.api)} {version}: {told.sentence}")
            self.kept.setdefault(wanted.api, []).append((request, told.value.data))
            newest = decode_reply(told.value)
        return newest


def _versions(wanted: RequestSpec, offered: Ranges) -> range:
    mine, theirs = ours(wanted.api), offered.get(wanted.api)
    if mine is None or theirs is None:
        return range(0)
    return range(max(mine[0], theirs[0], wanted.lowest), min(mine[1], theirs[1]) + 1)


async def record(bootstrap: str, directory: Path) -> dict[str, int]:
    """Ask everything; the number of frames by request."""
    deadline = Deadline.after(60)
    async with Cluster(parse_endpoints(bootstrap)) as cluster:
        found = await cluster.bootstrap(deadline)
        if found.value is None:
            raise SystemExit(found.sentence)
        recorder = Recorder(cluster, deadline)
        await _record_topics(recorder)
        await _record_access(recorder)
        for node in cluster.nodes:
            await _record_groups(recorder, node)
            await _record_transactions(recorder, node)
    for api, frames in recorder.kept.items():
        write_frames(directory / f"{Api(api).name.lower()}.bin", frames)
    return {api_name(api): len(frames) for api, frames in recorder.kept.items()}


async def _record_topics(recorder: Recorder) -> None:
    node = recorder.cluster.nodes[0]
    await recorder.keep(node, RequestSpec(Api.API_VERSIONS, q.api_versions))
    await recorder.keep(node, RequestSpec(Api.DESCRIBE_CLUSTER, lambda version: q.describe_cluster(version, fenced=version >= 2)))
    whole = await recorder.keep(node, RequestSpec(Api.METADATA, q.metadata))
    await recorder.keep(node, RequestSpec(Api.METADATA, lambda version: q.metadata(version, ["no-such-topic"]), lowest=4))
    names = [topic.name for topic in whole.topics][:_LISTED]
    ids = [topic.topic_id for topic in whole.topics][:2]
    await recorder.keep(node, RequestSpec(Api.METADATA, lambda version: q.metadata(version, ids=ids), lowest=12))
    led = {
        topic.name: [each.partition_index for each in topic.partitions if each.leader_id == node]
        for topic in whole.topics[:_LISTED]
    }
    for at in (q.EARLIEST, q.LATEST):
        await recorder.keep(node, RequestSpec(Api.LIST_OFFSETS, lambda version, at=at: q.list_offsets(version, led, at)))
    await recorder.keep(
        node, RequestSpec(Api.LIST_OFFSETS, lambda version: q.list_offsets(version, led, q.MAX_TIMESTAMP), lowest=7)
    )
    stable = RequestSpec(
        Api.LIST_OFFSETS, lambda version: q.list_offsets(version, led, q.LATEST, isolation=q.READ_COMMITTED), lowest=2
    )
    await recorder.keep(node, stable)
    configs = {(q.TOPIC_RESOURCE, name): ["retention.ms", "min.insync.replicas"] for name in names}
    wanted = {**configs, (q.BROKER_RESOURCE, str(node)): ["log.retention.hours"], (q.TOPIC_RESOURCE, "no-such"): None}
    await recorder.keep(
        node, RequestSpec(Api.DESCRIBE_CONFIGS, lambda version: q.describe_configs(version, wanted, synonyms=True))
    )
    await recorder.keep(node, RequestSpec(Api.DESCRIBE_LOG_DIRS, q.describe_log_dirs))
    await recorder.keep(node, RequestSpec(Api.DESCRIBE_QUORUM, q.describe_quorum))
    await recorder.keep(node, RequestSpec(Api.LIST_PARTITION_REASSIGNMENTS, q.list_partition_reassignments))
    page = RequestSpec(Api.DESCRIBE_TOPIC_PARTITIONS, lambda version: q.describe_topic_partitions(version, names, limit=5))
    paged = await recorder.keep(node, page)
    if paged is not None and paged.next_cursor is not None:
        at = (paged.next_cursor.topic_name, int(paged.next_cursor.partition_index))
        more = RequestSpec(Api.DESCRIBE_TOPIC_PARTITIONS, lambda version: q.describe_topic_partitions(version, names, cursor=at))
        await recorder.keep(node, more)
    await recorder.keep(node, RequestSpec(Api.DESCRIBE_PRODUCERS, lambda version: q.describe_producers(version, led)))


async def _record_access(recorder: Recorder) -> None:
    node = recorder.cluster.nodes[0]
    for api, pack in (
        (Api.DESCRIBE_ACLS, a.describe_acls),
        (Api.DESCRIBE_CLIENT_QUOTAS, a.describe_client_quotas),
        (Api.DESCRIBE_USER_SCRAM_CREDENTIALS, a.describe_user_scram_credentials),
        (Api.DESCRIBE_DELEGATION_TOKEN, a.describe_delegation_token),
    ):
        await recorder.keep(node, RequestSpec(api, pack))
    kinds = (q.CLIENT_METRICS_RESOURCE,)
    listed = await recorder.keep(
        node, RequestSpec(Api.LIST_CONFIG_RESOURCES, lambda version: a.list_config_resources(version, kinds))
    )
    names = [each.resource_name for each in listed.config_resources][:_LISTED]
    wanted = {(q.CLIENT_METRICS_RESOURCE, name): None for name in names} | {(q.BROKER_LOGGER_RESOURCE, str(node)): None}
    await recorder.keep(
        node, RequestSpec(Api.DESCRIBE_CONFIGS, lambda version: q.describe_configs(version, wanted, synonyms=True))
    )


async def _record_groups(recorder: Recorder, node: int) -> None:
    listed = await recorder.keep(node, RequestSpec(Api.LIST_GROUPS, q.list_groups))
    names = [each.group_id for each in listed.groups][:_LISTED]
    of = {
        kind: [each.group_id for each in listed.groups if each.group_type == kind]
        for kind in ("classic", "consumer", "share", "streams")
    }
    described = (
        (Api.DESCRIBE_GROUPS, q.describe_groups, of["classic"] or names),
        (Api.CONSUMER_GROUP_DESCRIBE, q.consumer_group_describe, of["consumer"] or ["nobody"]),
        (Api.SHARE_GROUP_DESCRIBE, q.share_group_describe, of["share"] or ["nobody"]),
        (Api.STREAMS_GROUP_DESCRIBE, q.streams_group_describe, of["streams"] or ["nobody"]),
        (Api.DESCRIBE_SHARE_GROUP_OFFSETS, a.describe_share_group_offsets, of["share"] or ["nobody"]),
    )
    for api, pack, groups in described:
        await recorder.keep(node, RequestSpec(api, lambda version, pack=pack, groups=groups: pack(version, groups[:_LISTED])))
    every = dict.fromkeys(names)
    await recorder.keep(node, RequestSpec(Api.OFFSET_FETCH, lambda version: q.offset_fetch(version, every), lowest=8))
    if names:
        for version in (2, 5, 6, 7):
            one = RequestSpec(Api.OFFSET_FETCH, lambda version: q.offset_fetch(version, {names[0]: None}), version, version)
            told = await recorder.cluster.ask(node, one, recorder.deadline)
            if told.value is not None:
                recorder.kept[Api.OFFSET_FETCH].append((one.build(version), told.value.data))
    await recorder.keep(
        node, RequestSpec(Api.FIND_COORDINATOR, lambda version: q.find_coordinator(version, (names or ["x"])[:1]))
    )


async def _record_transactions(recorder: Recorder, node: int) -> None:
    listed = await recorder.keep(node, RequestSpec(Api.LIST_TRANSACTIONS, q.list_transactions))
    ids = [each.transactional_id for each in listed.transaction_states][:_LISTED] or ["nobody"]
    await recorder.keep(node, RequestSpec(Api.DESCRIBE_TRANSACTIONS, lambda version: q.describe_transactions(version, ids)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: record_frames.py HOST:PORT KAFKA_VERSION")
    for name, count in asyncio.run(record(sys.argv[1], FRAMES / sys.argv[2])).items():
        print(f"{name}: {count}")  # noqa: T201
