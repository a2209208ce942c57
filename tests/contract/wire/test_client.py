"""The client against a cluster in which things go wrong; what the others know always arrives."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.fan_out import fan_out
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.testing.fake_broker import FakeCluster, Fault, fake_cluster, fake_model
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.codes import UnknownCode
from kastellan.wire.kafka.connection import Limits
from kastellan.wire.kafka.endpoint import Endpoint, parse_endpoints
from kastellan.wire.kafka.members import ClusterMembers
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.reply import Reply, decode_reply
from kastellan.wire.kafka.requests import RequestSpec
from tests.contract.wire.kit import free_port
from tests.contract.wire.peers import forever, peer, question

Story = Callable[[FakeCluster, Cluster], Awaitable[None]]
METADATA = RequestSpec(Api.METADATA, q.metadata)
LOG_DIRS = RequestSpec(Api.DESCRIBE_LOG_DIRS, q.describe_log_dirs)


def told(story: Story, limits: Limits | None = None) -> None:
    """Tell a story of a cluster; afterwards no task may be left."""

    async def run() -> None:
        async with FakeCluster(fake_model()) as fake:
            async with Cluster(parse_endpoints(fake.bootstrap), limits=limits) as cluster:
                found = await cluster.bootstrap(Deadline.after(20))
                assert found.value is not None, found.sentence
                await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(20)) for node in cluster.nodes))
                await story(fake, cluster)
            mine = {task for task in asyncio.all_tasks() if "dial" in task.get_name()}
            assert not mine

    asyncio.run(run())
    gc.collect()


async def everyone(cluster: Cluster, request: EncodedRequest | RequestSpec, within_s: float) -> dict[int, Outcome[Reply]]:
    async def ask(node: int, deadline: Deadline) -> Outcome[Reply]:
        return await cluster.ask(node, request, deadline)

    return await fan_out(cluster.nodes, ask, Deadline.after(within_s))


def test_one_silent_and_one_refusing_broker_cost_the_third_nothing():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, silent=True))
        await fake.refuse(3)
        began = time.monotonic()
        outcomes = await everyone(cluster, METADATA, 1.0)
        assert time.monotonic() - began < 10
        assert outcomes[1].state is State.COMPLETE
        assert (outcomes[2].trouble, outcomes[3].trouble) == (Trouble.SILENT, Trouble.REFUSED)
        assert outcomes[3].sentence.startswith("broker 3 (127.0.0.1:")
        assert outcomes[2].arrived_ms is None

    told(story)


def test_a_question_that_nobody_waits_for_any_more_is_on_the_bill_and_so_is_its_late_answer():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, delay_s=0.3, times=1))
        before = cluster.costs()
        assert (await cluster.ask(2, METADATA, Deadline.after(0.1))).trouble is Trouble.SILENT
        spent = cluster.costs().since(before).by_api["Metadata"]
        assert (spent.requests, spent.bytes_in, spent.bytes_out > 0) == (1, 0, True)
        assert (await cluster.ask(2, METADATA, Deadline.after(20))).ok
        both = cluster.costs().since(before).by_api["Metadata"]
        assert (both.requests, both.bytes_out) == (2, 2 * spent.bytes_out)
        assert both.broker_ms > 250
        assert (await cluster.ask(2, METADATA, Deadline.after(20))).ok
        all_three = cluster.costs().since(before).by_api["Metadata"]
        assert 2 * all_three.bytes_in == 3 * both.bytes_in

    told(story)


def test_a_broker_that_comes_back_is_dialled_again_after_a_pause():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        await fake.refuse(2)
        refused = await cluster.ask(2, METADATA, Deadline.after(5))
        assert refused.trouble is Trouble.REFUSED
        before = fake.connections
        again = await asyncio.gather(*(cluster.ask(2, METADATA, Deadline.after(5)) for _ in range(20)))
        assert {each.trouble for each in again} == {Trouble.REFUSED}
        assert len({each.sentence for each in again}) == 1
        assert "tried again" not in again[0].sentence
        await fake.accept(2)
        deadline = Deadline.after(20)
        while not (outcome := await cluster.ask(2, METADATA, deadline)).ok:
            assert not deadline.passed, outcome.sentence
            await asyncio.sleep(0.05)
        assert fake.connections == before + 1

    told(story)


def test_many_at_once_open_one_connection_for_each_broker_and_lane():
    async def run():
        async with FakeCluster(fake_model()) as fake, Cluster(parse_endpoints(f"127.0.0.1:{fake.port(1)}")) as cluster:
            await cluster.bootstrap(Deadline.after(20))
            asked = [cluster.ask(node, METADATA, Deadline.after(20)) for node in cluster.nodes for _ in range(30)]
            asked += [cluster.ask(node, LOG_DIRS, Deadline.after(20), channel="log dirs") for node in cluster.nodes]
            assert all(each.ok for each in await asyncio.gather(*asked))
            assert fake.connections == 6
            assert cluster.costs().by_api["ApiVersions"].requests == 6
            assert cluster.costs().total.requests == len(fake.requests) == 6 + 1 + 90 + 3

    asyncio.run(run())


def test_a_connection_that_was_closed_while_idle_is_replaced_without_a_word():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        for node in cluster.nodes:
            fake.drop(node)
        outcomes = await everyone(cluster, METADATA, 20)
        assert all(each.ok for each in outcomes.values())

    told(story)


def test_a_broker_that_closes_every_time_is_tried_twice_and_that_is_told():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, close=True))
        outcome = await cluster.ask(2, METADATA, Deadline.after(20))
        assert outcome.trouble is Trouble.CLOSED
        assert outcome.reason.endswith("(tried twice)")
        assert [each for each in fake.requests if each[:2] == (2, 3)][1:] == [(2, 3, 13)] * 2

    told(story)


def test_an_answer_that_breaks_off_is_asked_once_more():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, cut_after=100, times=1))
        assert (await cluster.ask(2, METADATA, Deadline.after(20))).ok

    told(story)


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        (b"\x7f\xff\xff\xff", "beyond the limit"),
        (b"HTTP/1.1 200 OK\r\n", "speaks HTTP"),
        (b"\xff" * 20, "not the Kafka protocol"),
    ],
)
def test_garbage_is_garbled_and_the_others_answer(instead, words):
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, instead=instead))
        outcomes = await everyone(cluster, METADATA, 20)
        assert outcomes[2].trouble is Trouble.GARBLED
        assert words in outcomes[2].sentence
        assert outcomes[1].ok
        assert outcomes[3].ok

    told(story)


def test_an_answer_under_another_number_is_garbled():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, correlation_shift=1_000))
        assert (await cluster.ask(2, METADATA, Deadline.after(20))).trouble is Trouble.GARBLED

    told(story)


def test_a_slow_answer_is_slow_and_a_late_one_is_dropped():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fault = fake.faults.add(Fault(api=Api.METADATA, node=2, trickle_s=0.01))
        slow = await cluster.ask(2, METADATA, Deadline.after(0.3))
        assert slow.trouble is Trouble.SLOW
        fake.faults.remove(fault)
        delayed = fake.faults.add(Fault(api=Api.LIST_GROUPS, node=3, delay_s=0.5))
        late = await cluster.ask(3, RequestSpec(Api.LIST_GROUPS, q.list_groups), Deadline.after(0.1))
        assert late.trouble is Trouble.SILENT
        fake.faults.remove(delayed)
        assert (await cluster.ask(3, METADATA, Deadline.after(20))).ok

    told(story)


def test_a_throttled_client_is_told_so_and_waits_or_says_that_it_cannot():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.LIST_GROUPS, node=2, throttle_ms=700, times=1))
        groups = RequestSpec(Api.LIST_GROUPS, q.list_groups)
        throttled = await cluster.ask(2, groups, Deadline.after(20))
        assert (throttled.ok, throttled.throttle_ms) == (True, 700)
        refused = await cluster.ask(2, groups, Deadline.after(0.1))
        assert (refused.state, refused.trouble) == (State.THROTTLED, Trouble.THROTTLED)
        assert "muted this client for its quota" in refused.sentence
        began = time.monotonic()
        assert (await cluster.ask(2, groups, Deadline.after(20))).ok
        assert time.monotonic() - began > 0.3

    told(story)


def test_an_unknown_error_code_keeps_its_number_and_a_known_one_its_partition():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        wanted = {"topic-0001": [1, 4], "topic-0002": [0, 3]}
        ask = RequestSpec(Api.LIST_OFFSETS, lambda version: q.list_offsets(version, wanted, q.LATEST))
        fake.faults.add(Fault(api=Api.LIST_OFFSETS, error_code=9_999, key=("topic-0002", 3)))
        outcome = await cluster.ask(3, ask, Deadline.after(20))
        assert outcome.value is not None
        codes = {
            (topic.name, each.partition_index): each.error_code
            for topic in decode_reply(outcome.value).topics
            for each in topic.partitions
        }
        unknown = codes.pop(("topic-0002", 3))
        assert isinstance(unknown, UnknownCode)
        assert (unknown, unknown.value, unknown.name, unknown.retriable) == (9_999, 9_999, "error_9999", False)
        assert set(codes.values()) == {0}

    told(story)


def test_versions_are_chosen_for_each_broker_and_what_is_missing_is_unsupported():
    async def run():
        async with FakeCluster(fake_model()) as fake:
            fake.faults.offer(Api.METADATA, (0, 7), node=1)
            fake.faults.offer(Api.METADATA, (20, 30), node=2)
            fake.faults.offer(Api.DESCRIBE_QUORUM, None)
            async with Cluster(parse_endpoints(fake.bootstrap)) as cluster:
                await cluster.bootstrap(Deadline.after(20))
                outcomes = await everyone(cluster, METADATA, 20)
                replies = {node: each.value for node, each in outcomes.items()}
                assert (replies[1] is not None and replies[1].version, replies[3] is not None and replies[3].version) == (7, 13)
                assert outcomes[2].state is State.UNSUPPORTED
                assert outcomes[2].sentence.endswith("offers Metadata versions 20-30, this needs 0-13")
                quorum = await cluster.ask(1, RequestSpec(Api.DESCRIBE_QUORUM, q.describe_quorum), Deadline.after(20))
                assert quorum.reason.endswith("does not offer DescribeQuorum")
                assert (2, 3) not in {each[:2] for each in fake.requests}

    asyncio.run(run())


@pytest.mark.parametrize(("offered", "used"), [((0, 0), 0), ((0, 2), 2), ((0, 3), 3), ((0, 9), 4)])
def test_an_older_broker_shakes_hands_in_its_own_version(offered, used):
    async def run():
        async with FakeCluster(fake_model()) as fake:
            fake.faults.offer(Api.API_VERSIONS, offered)
            async with Cluster(parse_endpoints(fake.bootstrap)) as cluster:
                await cluster.bootstrap(Deadline.after(20))
                hands = await cluster.handshake(1, Deadline.after(20))
                assert hands.value is not None
                assert hands.value.version == used
                assert {each.api_key for each in decode_reply(hands.value).api_keys} >= {3, 18}
                ranges = await cluster.ranges(1, Deadline.after(20))
                assert ranges.value is not None
                assert ranges.value[18] == offered

    asyncio.run(run())


@pytest.mark.parametrize("code", [31, 35])
def test_a_broker_that_refuses_describe_cluster_is_bootstrapped_by_metadata(code):
    async def run():
        async with FakeCluster(fake_model()) as fake:
            fake.faults.add(Fault(api=Api.DESCRIBE_CLUSTER, error_code=code))
            async with Cluster(parse_endpoints(fake.bootstrap)) as cluster:
                found = await cluster.bootstrap(Deadline.after(20))
                assert found.value is not None
                assert cluster.nodes == (1, 2, 3)
            fake.faults.offer(Api.METADATA, None)
            async with Cluster(parse_endpoints(fake.bootstrap)) as cluster:
                nobody = await cluster.bootstrap(Deadline.after(20))
                assert nobody.value is None
                assert "does not offer Metadata" in nobody.reason

    asyncio.run(run())


def test_a_broker_without_describe_cluster_is_bootstrapped_by_metadata():
    async def run():
        async with FakeCluster(fake_model()) as fake:
            fake.faults.offer(Api.DESCRIBE_CLUSTER, None)
            async with Cluster(parse_endpoints(fake.bootstrap)) as cluster:
                found = await cluster.bootstrap(Deadline.after(20))
                assert found.value is not None
                assert cluster.nodes == (1, 2, 3)

    asyncio.run(run())


def test_log_dirs_are_not_asked_again_while_unanswered():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.DESCRIBE_LOG_DIRS, node=2, silent=True))
        first = await cluster.ask(2, LOG_DIRS, Deadline.after(0.2), channel="log dirs")
        assert first.trouble is Trouble.SILENT
        second = await cluster.ask(2, LOG_DIRS, Deadline.after(20), channel="log dirs")
        assert second.trouble is Trouble.SLOW
        assert "and is not asked again" in second.sentence
        assert (await cluster.ask(2, METADATA, Deadline.after(20))).ok
        assert [each[:2] for each in fake.requests].count((2, 35)) == 1

    told(story)


class AnsweredAtOnce(Cluster):
    """Its addresses all end in the same turn of the loop: the first refuses and the last is good, and the other way round."""

    async def members(self, address: Endpoint, deadline: Deadline) -> Outcome[ClusterMembers]:
        if address.port == 2:
            members = ClusterMembers("c1", 1, (), {}, frozenset(), address)
            return Outcome(value=members, state=State.COMPLETE, sent_ms=0)
        return Outcome(value=None, state=State.FAILED, sent_ms=0, trouble=Trouble.REFUSED, reason="nothing listens there")


def test_addresses_that_end_in_the_same_turn_all_keep_their_outcomes():
    addresses = [Endpoint("127.0.0.1", port, None, "bootstrap") for port in (1, 2, 3)]

    async def run() -> dict[int, Trouble | None]:
        async with AnsweredAtOnce(addresses) as cluster:
            assert (await cluster.bootstrap(Deadline.after(5))).value is not None
            return {address.port: outcome.trouble for address, outcome in cluster.bootstrap_outcomes.items()}

    for _ in range(20):
        assert asyncio.run(run()) == {1: Trouble.REFUSED, 2: None, 3: Trouble.REFUSED}


def test_when_nobody_answers_the_reason_tells_of_every_address():
    async def silent(reader, _):
        await question(reader)
        await forever()

    async def closes(reader, _):
        await question(reader)

    async def run() -> Outcome:
        async with peer(silent) as one, peer(closes) as two:
            addresses = [Endpoint(each.host, each.port, None, "bootstrap") for each in (one, two)]
            addresses.append(Endpoint("127.0.0.1", free_port(), None, "bootstrap"))
            async with Cluster(addresses) as cluster:
                return await cluster.bootstrap(Deadline.after(0.5))

    outcome = asyncio.run(run())
    assert not outcome.ok
    silent_said, closed_said, refused_said = outcome.sentence.split("; bootstrap ")
    assert "did not finish the first exchange before the deadline" in silent_said
    assert "on the first request" in closed_said
    assert "nothing listens there" in refused_said
    assert outcome.remedy.startswith("a TLS listener does that to a plaintext client: then use")


def test_a_moved_broker_is_asked_at_its_new_address():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        cluster.learn([Endpoint("127.0.0.1", free_port(), 2)])
        assert (await cluster.ask(2, METADATA, Deadline.after(5))).trouble is Trouble.REFUSED
        cluster.learn([Endpoint("127.0.0.1", fake.port(2), 2)])
        assert (await cluster.ask(2, METADATA, Deadline.after(5))).ok

    told(story)


def test_a_mapped_address_reaches_a_broker_that_advertises_another():
    async def run():
        model = fake_model()
        for node in model.nodes.values():
            node.host, node.port = f"kafka-{node.node}", 9_092
        async with FakeCluster(model) as fake:
            resolve = {f"kafka-{node}:9092": f"127.0.0.1:{fake.port(node)}" for node in model.nodes}
            async with Cluster(parse_endpoints(fake.bootstrap), resolve=resolve) as cluster:
                await cluster.bootstrap(Deadline.after(20))
                outcomes = await everyone(cluster, METADATA, 20)
                assert all(each.ok for each in outcomes.values())
                assert outcomes[2].value is not None
                assert outcomes[2].value.whom == "broker 2 (kafka-2:9092)"

    asyncio.run(run())


def test_any_broker_is_one_that_answers():
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        await fake.refuse(1)
        await cluster.ask(1, METADATA, Deadline.after(5))
        outcome = await cluster.ask(None, METADATA, Deadline.after(5))
        assert outcome.value is not None
        assert outcome.value.node == 2

    told(story)


def test_closing_while_everything_is_under_way_leaves_nothing():
    async def run():
        async def silent(_, __):
            await forever()

        async with peer(silent) as endpoint, FakeCluster(fake_model()) as fake:
            fake.faults.add(Fault(silent=True))
            both = [endpoint, *parse_endpoints(fake.bootstrap)]
            cluster = Cluster(both)
            asked = [asyncio.ensure_future(cluster.ask(each, METADATA, Deadline.after(60))) for each in both for _ in range(3)]
            await asyncio.sleep(0.2)
            await cluster.close()
            outcomes = await asyncio.wait_for(asyncio.gather(*asked), 10)
            assert not any(each.ok for each in outcomes)
            late = await cluster.ask(endpoint, METADATA, Deadline.after(60))
            assert not late.ok

    asyncio.run(run(), debug=True)
    gc.collect()


def test_the_fake_on_a_thread_serves_a_caller_without_a_loop():
    async def ask(bootstrap: str) -> int:
        async with Cluster(parse_endpoints(bootstrap)) as cluster:
            outcome = await cluster.bootstrap(Deadline.after(20))
            return len(outcome.value.nodes) if outcome.value is not None else 0

    with fake_cluster(fake_model(brokers=5)) as fake:
        assert asyncio.run(ask(fake.bootstrap)) == 5


@pytest.mark.parametrize("close", [True, False], ids=["closes without a byte", "resets"])
def test_a_peer_that_closes_at_the_newest_api_versions_is_asked_again_with_version_3(close):
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake, Cluster(parse_endpoints(f"127.0.0.1:{fake.port(1)}")) as cluster:
            fake.faults.add(Fault(api=Api.API_VERSIONS, from_version=4, close=close, reset=not close))
            members = await cluster.bootstrap(Deadline.after(20))
            assert members.ok, members.sentence
            assert fake.requests[:3] == [(1, Api.API_VERSIONS, 4), (1, Api.API_VERSIONS, 3), (1, Api.DESCRIBE_CLUSTER, 2)]
            handshake = await cluster.handshake(1, Deadline.after(20))
            assert handshake.value is not None
            assert decode_reply(handshake.value).supported_features  # the features are read in the version that was answered
            fake.drop(1)
            assert (await cluster.ask(1, METADATA, Deadline.after(20))).ok
            versions = [version for node, api, version in fake.requests if (node, api) == (1, Api.API_VERSIONS)]
            assert versions == [4, 3, 3]  # it is not made to close the connection again

    asyncio.run(run())


def test_a_peer_that_closes_at_every_api_versions_is_asked_twice():
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake, Cluster(parse_endpoints(f"127.0.0.1:{fake.port(1)}")) as cluster:
            fake.faults.add(Fault(api=Api.API_VERSIONS, close=True))
            members = await cluster.bootstrap(Deadline.after(20))
            assert members.trouble is Trouble.CLOSED
            assert "closed the connection on the first request" in members.reason
            assert [version for _, _, version in fake.requests] == [4, 3]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("offered", "words"),
    [
        ((0, 1), "offers versions 0 to 1 of Metadata and no DescribeCluster, as Kafka before 0.10.1 does; Kastellan needs"),
        ((99, 100), "offers versions 99 to 100 of Metadata and no DescribeCluster; Kastellan needs version 2 of Metadata"),
        (None, "offers no Metadata and no DescribeCluster; Kastellan needs version 2 of Metadata (Kafka 0.10.1) or Describe"),
    ],
)
def test_a_peer_that_cannot_name_its_cluster_is_one_sentence_with_what_it_offers_and_what_is_needed(offered, words):
    async def run() -> Outcome:
        async with FakeCluster(fake_model()) as fake, Cluster(parse_endpoints(f"127.0.0.1:{fake.port(1)}")) as cluster:
            fake.faults.offer(Api.DESCRIBE_CLUSTER, None)
            fake.faults.offer(Api.METADATA, offered)
            return await cluster.bootstrap(Deadline.after(20))

    members = asyncio.run(run())
    assert (members.trouble, members.state) == (Trouble.UNSUPPORTED, State.UNSUPPORTED)
    assert words in members.reason
    assert members.remedy == "give the address of a newer Kafka, or upgrade this one"


def test_without_describe_cluster_metadata_names_the_cluster():
    async def run() -> None:
        async with FakeCluster(fake_model()) as fake, Cluster(parse_endpoints(f"127.0.0.1:{fake.port(1)}")) as cluster:
            fake.faults.offer(Api.DESCRIBE_CLUSTER, None)
            fake.faults.offer(Api.METADATA, (0, 2))
            members = await cluster.bootstrap(Deadline.after(20))
            assert members.value is not None, members.sentence
            assert (members.value.cluster_id, len(members.value.nodes)) == (fake.model.cluster_id, 3)

    asyncio.run(run())
