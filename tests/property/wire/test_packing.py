"""The bytes that Kastellan packs by hand are the codec's bytes, for every version that it may choose."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.testing.fake_broker_codec import build, encode
from kastellan.wire.kafka import access_requests as a
from kastellan.wire.kafka import mutations as m
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.versions import ours

NAMES = st.text(st.characters(codec="utf-8"), max_size=40)
LONG = st.one_of(NAMES, st.text("a", min_size=120, max_size=300))
NUMBERS = st.lists(st.integers(0, 2**31 - 1), max_size=6)
PARTITIONS = st.dictionaries(LONG, NUMBERS, max_size=4)
KEYS = st.one_of(st.none(), st.lists(NAMES, max_size=4))

few = settings(max_examples=40)


def spread(topics, name="name", numbers="partition_indexes"):
    return None if topics is None else [{name: topic, numbers: each} for topic, each in topics.items()]


def same(packed: EncodedRequest, values: dict[str, object]) -> None:
    kind = schema.request_type(packed.api_key, packed.version)
    assert packed.flexible == schema.request_flexible(packed.api_key, packed.version)
    # Keyword values that a version does not have are left out by `build`, as Kafka's generated classes do.
    assert packed.body == encode(build(kind, values))


def versions_of(api: int, lowest: int = 0) -> st.SearchStrategy[int]:
    known = ours(api)
    assert known is not None
    return st.integers(max(known[0], lowest), known[1])


@few
@given(versions_of(Api.LIST_OFFSETS), PARTITIONS, st.sampled_from([-1, -2, -3, 5]), st.booleans())
def test_list_offsets(version, topics, timestamp, stable):
    isolation = q.READ_COMMITTED if stable and version >= 2 else q.READ_UNCOMMITTED
    items = [
        {"name": name, "partitions": [{"partition_index": each, "timestamp": timestamp} for each in numbers]}
        for name, numbers in topics.items()
    ]
    values = {"replica_id": -1, "isolation_level": isolation, "topics": items, "timeout": 30_000}
    same(q.list_offsets(version, topics, timestamp, isolation=isolation), values)


@few
@given(versions_of(Api.LIST_OFFSETS), st.dictionaries(st.tuples(LONG, st.integers(0, 999)), st.integers(0, 2**62), max_size=6))
def test_list_offsets_at(version, wanted):
    topics: dict[str, list[object]] = {}
    for (topic, number), at_ms in wanted.items():
        topics.setdefault(topic, []).append({"partition_index": number, "timestamp": at_ms})
    items = [{"name": name, "partitions": parts} for name, parts in topics.items()]
    same(q.list_offsets_at(version, wanted), {"replica_id": -1, "isolation_level": 0, "topics": items, "timeout": 30_000})


@few
@given(versions_of(Api.OFFSET_FETCH, 8), st.dictionaries(LONG, st.one_of(st.none(), PARTITIONS), max_size=5), st.booleans())
def test_offset_fetch_of_many_groups(version, groups, stable):
    listed = [{"group_id": name, "topics": spread(topics)} for name, topics in groups.items()]
    same(q.offset_fetch(version, groups, stable=stable), {"groups": listed, "require_stable": stable})


@few
@given(st.integers(1, 7), LONG, PARTITIONS, st.booleans())
def test_offset_fetch_of_one_group(version, group, topics, stable):
    chosen = None if version >= 2 and not topics else topics
    values = {"group_id": group, "topics": spread(chosen), "require_stable": stable and version >= 7}
    same(q.offset_fetch(version, {group: chosen}, stable=stable), values)


@few
@given(
    versions_of(Api.DESCRIBE_CONFIGS), st.dictionaries(st.tuples(st.integers(-128, 127), LONG), KEYS, max_size=5), st.booleans()
)
def test_describe_configs(version, resources, synonyms):
    listed = [
        {"resource_type": kind, "resource_name": name, "configuration_keys": keys} for (kind, name), keys in resources.items()
    ]
    same(q.describe_configs(version, resources, synonyms=synonyms), {"resources": listed, "include_synonyms": synonyms})


@few
@given(versions_of(Api.DESCRIBE_GROUPS), st.lists(LONG, max_size=5))
def test_describe_groups(version, groups):
    same(q.describe_groups(version, groups), {"groups": groups})


@pytest.mark.parametrize(
    ("api", "pack"),
    [
        (Api.CONSUMER_GROUP_DESCRIBE, q.consumer_group_describe),
        (Api.SHARE_GROUP_DESCRIBE, q.share_group_describe),
        (Api.STREAMS_GROUP_DESCRIBE, q.streams_group_describe),
    ],
)
@few
@given(data=st.data(), groups=st.lists(LONG, max_size=5))
def test_the_newer_group_descriptions(api: Api, pack: Callable[..., EncodedRequest], data, groups):
    same(pack(data.draw(versions_of(api)), groups), {"group_ids": groups})


@few
@given(
    versions_of(Api.METADATA), st.one_of(st.none(), st.lists(LONG, max_size=5)), st.lists(st.uuids(), max_size=3), st.booleans()
)
def test_metadata(version, topics, ids, operations):
    ids = [each for each in ids if each.int] if version >= 12 else []
    listed = None if topics is None and not ids else [{"name": each, "topic_id": UUID(int=0)} for each in topics or ()]
    listed = None if listed is None else [*listed, *({"name": None, "topic_id": each} for each in ids)]
    values = {
        "topics": listed if version else listed or [],
        "allow_auto_topic_creation": False,
        "include_topic_authorized_operations": operations,
        "include_cluster_authorized_operations": operations,
    }
    same(q.metadata(version, topics, ids=ids, authorized_operations=operations), values)


@few
@given(versions_of(Api.LIST_GROUPS), st.lists(NAMES, max_size=3), st.lists(NAMES, max_size=3))
def test_list_groups(version, states, types):
    same(q.list_groups(version, states=states, types=types), {"states_filter": states, "types_filter": types})


@few
@given(versions_of(Api.DESCRIBE_LOG_DIRS), st.one_of(st.none(), PARTITIONS))
def test_describe_log_dirs(version, topics):
    same(q.describe_log_dirs(version, topics), {"topics": spread(topics, "topic", "partitions")})


@few
@given(versions_of(Api.DESCRIBE_CLUSTER), st.booleans(), st.booleans())
def test_describe_cluster(version, controllers, fenced):
    kind: dict[str, object] = {"endpoint_type": 2 if controllers else 1} if version else {}
    also: dict[str, object] = {"include_fenced_brokers": fenced} if version >= 2 else {}
    same(q.describe_cluster(version, controllers=controllers, fenced=fenced), kind | also)


@few
@given(versions_of(Api.DESCRIBE_TOPIC_PARTITIONS), st.lists(LONG, max_size=4), st.integers(1, 5_000), st.one_of(st.none(), LONG))
def test_describe_topic_partitions(version, topics, limit, at):
    cursor = None if at is None else (at, 3)
    values = {
        "topics": [{"name": each} for each in topics],
        "response_partition_limit": limit,
        "cursor": None if cursor is None else {"topic_name": at, "partition_index": 3},
    }
    same(q.describe_topic_partitions(version, topics, limit=limit, cursor=cursor), values)


@few
@given(versions_of(Api.LIST_TRANSACTIONS), st.lists(NAMES, max_size=3), st.lists(st.integers(0, 2**63 - 1), max_size=3))
def test_list_transactions(version, states, producers):
    packed = q.list_transactions(version, states=states, producer_ids=producers, running_for_ms=5_000)
    same(packed, {"state_filters": states, "producer_id_filters": producers, "duration_filter": 5_000})


@few
@given(versions_of(Api.FIND_COORDINATOR), LONG, st.integers(0, 2))
def test_find_coordinator(version, key, key_type):
    values = {"coordinator_keys": [key], "key": key, "key_type": key_type}
    same(q.find_coordinator(version, [key], key_type=key_type), values)


@few
@given(PARTITIONS, st.lists(LONG, max_size=3))
def test_the_requests_with_one_version(topics, ids):
    same(q.describe_producers(0, topics), {"topics": spread(topics)})
    same(q.describe_transactions(0, ids), {"transactional_ids": ids})
    same(q.list_partition_reassignments(0, topics), {"timeout": 30_000, "topics": spread(topics)})
    same(q.list_partition_reassignments(0), {"timeout": 30_000, "topics": None})


@pytest.mark.parametrize("version", range(3))
def test_describe_quorum(version):
    topic = {"topic_name": "__cluster_metadata", "partitions": [{"partition_index": 0}]}
    same(q.describe_quorum(version), {"topics": [topic]})


@pytest.mark.parametrize("version", range(5))
def test_api_versions(version):
    same(q.api_versions(version, "9.9"), {"client_software_name": "kastellan", "client_software_version": "9.9"})


@pytest.mark.parametrize("version", [1, 2, 3])
def test_describe_acls_and_tokens(version):
    everything: dict[str, object] = {"resource_type_filter": 1, "pattern_type_filter": 1, "operation": 1, "permission_type": 1}
    everything |= dict.fromkeys(("resource_name_filter", "principal_filter", "host_filter"))
    same(a.describe_acls(version), everything)
    same(a.describe_delegation_token(version), {"owners": None})


@pytest.mark.parametrize("version", [0, 1])
def test_describe_client_quotas_and_resources(version):
    same(a.describe_client_quotas(version), {"components": [], "strict": False})
    same(a.list_config_resources(version, (16, 32)), {"resource_types": [16, 32]})
    same(a.describe_user_scram_credentials(0), {"users": []})


@few
@given(versions_of(Api.DESCRIBE_SHARE_GROUP_OFFSETS), st.lists(LONG, max_size=4))
def test_describe_share_group_offsets(version, groups):
    same(a.describe_share_group_offsets(version, groups), {"groups": [{"group_id": each, "topics": None} for each in groups]})


@few
@given(versions_of(Api.CREATE_TOPICS), LONG, st.dictionaries(NAMES, NAMES, max_size=3), PARTITIONS, st.booleans())
def test_create_topics(version, name, configs, placed, validate):
    assignments = dict(enumerate(placed.values()))
    topic = m.NewTopic(name, 6, 3, configs, assignments)
    counts = {"num_partitions": -1, "replication_factor": -1} if assignments else {"num_partitions": 6, "replication_factor": 3}
    listed = {
        "name": name,
        "assignments": [{"partition_index": at, "broker_ids": nodes} for at, nodes in assignments.items()],
        "configs": [{"name": key, "value": value} for key, value in configs.items()],
    }
    values = {"topics": [listed | counts], "timeout": 30_000, "validate_only": validate}
    same(m.create_topics(version, [topic], validate_only=validate), values)


@few
@given(versions_of(Api.DELETE_TOPICS), st.lists(LONG, max_size=4))
def test_delete_topics(version, names):
    values = {"topics": [{"name": each, "topic_id": 0} for each in names], "topic_names": names, "timeout": 30_000}
    same(m.delete_topics(version, names), values)


@few
@given(
    versions_of(Api.INCREMENTAL_ALTER_CONFIGS),
    LONG,
    st.dictionaries(NAMES, st.tuples(st.integers(0, 3), st.one_of(st.none(), NAMES))),
)
def test_incremental_alter_configs(version, name, changes):
    configs = [{"name": key, "config_operation": how, "value": value} for key, (how, value) in changes.items()]
    resource = {"resource_type": 2, "resource_name": name, "configs": configs}
    values = {"resources": [resource], "validate_only": True}
    same(m.incremental_alter_configs(version, 2, name, changes, validate_only=True), values)


@few
@given(
    versions_of(Api.ALTER_PARTITION_REASSIGNMENTS),
    LONG,
    st.dictionaries(st.integers(0, 999), st.one_of(st.none(), NUMBERS), max_size=3),
)
def test_alter_partition_reassignments(version, topic, moves):
    partitions = [{"partition_index": at, "replicas": nodes} for at, nodes in moves.items()]
    same(
        m.alter_partition_reassignments(version, {topic: moves}),
        {"timeout": 30_000, "topics": [{"name": topic, "partitions": partitions}]},
    )


@few
@given(
    versions_of(Api.OFFSET_COMMIT),
    LONG,
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 99), st.integers(0, 2**40))),
)
def test_offset_commit(version, group, entries):
    commits = [m.Commit(topic, number, offset, leader_epoch=4, metadata="x") for topic, number, offset in entries]
    topics: dict[str, list[object]] = {}
    for each in commits:
        entry = {"partition_index": each.partition, "committed_offset": each.offset, "committed_metadata": "x"}
        topics.setdefault(each.topic, []).append(entry | ({"committed_leader_epoch": 4} if version >= 6 else {}))
    listed = [{"name": name, "partitions": each} for name, each in topics.items()]
    values = {"group_id": group, "member_id": "", "topics": listed, "retention_time": -1}
    same(m.offset_commit(version, group, commits), values)


@few
@given(versions_of(Api.PRODUCE), LONG, st.dictionaries(st.integers(0, 99), st.binary(max_size=200), max_size=3))
def test_produce(version, topic, batches):
    partitions = [{"index": at, "records": each} for at, each in batches.items()]
    values = {"acks": -1, "timeout": 30_000, "topic_data": [{"name": topic, "partition_data": partitions}]}
    same(m.produce(version, {topic: batches}), values)


@pytest.mark.parametrize("count", [0, 126, 127, 128, 16_382, 16_383, 16_384])
def test_lengths_where_the_encoding_grows_by_a_byte(count):
    numbers = list(range(count))
    items = [{"partition_index": each, "timestamp": -1} for each in numbers]
    values = {"replica_id": -1, "topics": [{"name": "t", "partitions": items}], "timeout": 30_000}
    same(q.list_offsets(11, {"t": numbers}, -1), values)
    same(q.describe_groups(5, ["g"] * count), {"groups": ["g"] * count})
    same(q.describe_groups(5, ["g" * count]), {"groups": ["g" * count]})
