"""What a real cluster said, replayed: through our decoder, the fake's encoder, the walk, and our request builders."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from kastellan.testing.fake_broker_access import HANDLERS
from kastellan.testing.fake_broker_codec import build, encode, read_request
from kastellan.wire.kafka import access_requests as a
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import READS, Api
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.layout import Walk
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.versions import ours
from tests.contract.wire.record_frames import FRAMES, read_frames

RECORDED = [
    pytest.param(*frame, id=f"{path.parent.name}-{path.stem}-{number}-v{frame[1]}")
    for path in sorted(FRAMES.glob("*/*.bin"))
    for number, frame in enumerate(read_frames(path))
]


def test_frames_are_recorded_for_every_read_request_that_we_build():
    recorded = {Api[path.stem.upper()] for path in FRAMES.glob("*/*.bin")}
    # A login is not recorded: its frames carry a secret. tests/contract/wire/test_logins.py speaks it with a server.
    logins = {Api.SASL_HANDSHAKE, Api.SASL_AUTHENTICATE}
    assert recorded == {api for api in Api if api in READS} - logins
    assert {int(api) for api in recorded} - {int(Api.API_VERSIONS)} <= set(HANDLERS)


@pytest.mark.parametrize(("api", "version", "request_body", "answer"), RECORDED)
def test_a_recorded_answer_decodes_and_the_fake_encodes_it_to_the_same_bytes(api, version, request_body, answer):
    entity = decode(api, version, answer, "the recorded broker")
    assert encode(entity) == answer
    assert Walk(answer).end_of(api, version) == len(answer)


@pytest.mark.parametrize(("api", "version", "request_body", "answer"), RECORDED)
def test_the_fake_reads_a_recorded_request_whole_and_our_builder_packs_it_again(api, version, request_body, answer):
    request = read_request(api, version, request_body)
    assert encode(request) == request_body
    packed = _again(api, version, request)
    assert packed.body == request_body
    assert packed.flexible == schema.request_flexible(api, version)


@pytest.mark.parametrize("path", sorted(FRAMES.glob("*/*.bin")), ids=lambda path: path.stem)
def test_every_version_that_we_may_choose_was_accepted_by_the_real_broker(path: Path):
    recorded: dict[int, set[int]] = {}
    for api, version, _, _ in read_frames(path):
        recorded.setdefault(api, set()).add(version)
    handshake = next(frame for frame in read_frames(path.parent / "api_versions.bin") if frame[1] == 4)
    offered = {each.api_key: (each.min_version, each.max_version) for each in decode(18, 4, handshake[3]).api_keys}
    for api, versions in recorded.items():
        mine, theirs = ours(api), offered[api]
        assert mine is not None
        # The newest is what a client chooses here; the oldest of OffsetFetch go one group at a time and are sampled.
        assert max(versions) == min(mine[1], theirs[1])


def _names(items: Iterable[Any], field: str = "name") -> list[Any]:
    return [getattr(each, field) for each in items]


def _partitions(topics, name: str = "name", numbers: str = "partition_indexes"):
    return None if topics is None else {getattr(each, name): list(getattr(each, numbers)) for each in topics}


def _configs(version: int, request) -> EncodedRequest:
    wanted = {(each.resource_type, each.resource_name): each.configuration_keys for each in request.resources}
    return q.describe_configs(version, wanted, synonyms=request.include_synonyms)


def _metadata(version: int, request) -> EncodedRequest:
    topics = None if request.topics is None else [each.name for each in request.topics if each.name is not None]
    return q.metadata(version, topics, ids=[each.topic_id for each in request.topics or () if each.name is None])


def _list_offsets(version: int, request) -> EncodedRequest:
    (timestamp,) = {int(each.timestamp) for topic in request.topics for each in topic.partitions}
    topics = {topic.name: _names(topic.partitions, "partition_index") for topic in request.topics}
    return q.list_offsets(version, topics, timestamp, isolation=getattr(request, "isolation_level", 0))


def _offset_fetch(version: int, request) -> EncodedRequest:
    groups = [request] if version < 8 else request.groups
    return q.offset_fetch(version, {each.group_id: _partitions(each.topics) for each in groups})


def _topic_partitions(version: int, request) -> EncodedRequest:
    at = None if request.cursor is None else (request.cursor.topic_name, request.cursor.partition_index)
    limit = request.response_partition_limit
    return q.describe_topic_partitions(version, _names(request.topics), limit=limit, cursor=at)


def _coordinator(version: int, request) -> EncodedRequest:
    keys = request.coordinator_keys if version >= 4 else [request.key]
    return q.find_coordinator(version, keys, key_type=getattr(request, "key_type", 0))


PACKERS = {
    Api.METADATA: _metadata,
    Api.LIST_OFFSETS: _list_offsets,
    Api.OFFSET_FETCH: _offset_fetch,
    Api.DESCRIBE_CONFIGS: _configs,
    Api.DESCRIBE_TOPIC_PARTITIONS: _topic_partitions,
    Api.FIND_COORDINATOR: _coordinator,
    Api.DESCRIBE_PRODUCERS: lambda version, request: q.describe_producers(version, _partitions(request.topics) or {}),
    Api.DESCRIBE_GROUPS: lambda version, request: q.describe_groups(version, request.groups),
    Api.DESCRIBE_TRANSACTIONS: lambda version, request: q.describe_transactions(version, request.transactional_ids),
    Api.DESCRIBE_CLUSTER: lambda version, request: q.describe_cluster(
        version, fenced=getattr(request, "include_fenced_brokers", False)
    ),
    Api.CONSUMER_GROUP_DESCRIBE: lambda version, request: q.consumer_group_describe(version, request.group_ids),
    Api.SHARE_GROUP_DESCRIBE: lambda version, request: q.share_group_describe(version, request.group_ids),
    Api.STREAMS_GROUP_DESCRIBE: lambda version, request: q.streams_group_describe(version, request.group_ids),
    Api.LIST_CONFIG_RESOURCES: lambda version, request: a.list_config_resources(version, getattr(request, "resource_types", ())),
    Api.DESCRIBE_SHARE_GROUP_OFFSETS: lambda version, request: a.describe_share_group_offsets(
        version, _names(request.groups, "group_id")
    ),
}


def _again(api: int, version: int, request) -> EncodedRequest:
    """The request, packed by our builder from what the fake understood of it."""
    packer = PACKERS.get(Api(api))
    name = Api(api).name.lower()
    return packer(version, request) if packer is not None else getattr(q if hasattr(q, name) else a, name)(version)


def test_build_fills_what_was_not_given():
    entity = build(schema.response_type(Api.METADATA, 12), {"topics": [{"name": "t", "topic_id": 0}], "unknown": 1})
    assert (entity.topics[0].name, entity.topics[0].topic_id, entity.brokers, entity.controller_id) == ("t", None, (), -1)
