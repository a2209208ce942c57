"""Many questions in one breath come to what each of them comes to alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import pytest
from msgspec import structs

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import NotPermitted
from kastellan.kernel.outcome import Outcome, Trouble
from kastellan.testing.fake_broker import FakeCluster, Fault, fake_model
from kastellan.wire.kafka import mutations
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.ask_each import ask_each
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.reply import Reply
from kastellan.wire.kafka.requests import RequestSpec

METADATA = RequestSpec(Api.METADATA, q.metadata)
QUORUM = RequestSpec(Api.DESCRIBE_QUORUM, q.describe_quorum)
GROUPS = RequestSpec(Api.LIST_GROUPS, q.list_groups)
LOG_DIRS = RequestSpec(Api.DESCRIBE_LOG_DIRS, q.describe_log_dirs)


def told(story: Callable[[FakeCluster, Cluster], Awaitable[None]], *, warm: bool = True) -> None:
    """Tell a story of a cluster; afterwards no task is left but its own."""

    async def run() -> None:
        async with FakeCluster(fake_model()) as fake, Cluster(parse_endpoints(fake.bootstrap)) as cluster:
            assert (await cluster.bootstrap(Deadline.after(20))).value is not None
            if warm:
                await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(20)) for node in cluster.nodes))
            before = asyncio.all_tasks()
            await story(fake, cluster)
            assert not [task for task in asyncio.all_tasks() - before if "coro=<Cluster.ask()" in repr(task)]

    asyncio.run(run())


async def answers(
    cluster: Cluster,
    request: RequestSpec,
    within_s: float,
    *,
    channel: str = "main",
    earlier: Sequence[bytes | None] = (None,) * 3,
) -> list[Outcome[Reply]]:
    """What every broker answers, by the way under test."""
    found = dict[int, Outcome[Reply]]()

    async def take(place: int, outcome: Outcome[Reply]) -> None:
        assert place not in found
        found[place] = outcome

    deadline = Deadline.after(within_s)
    asks = [(node, request, before, deadline) for node, before in zip(cluster.nodes, earlier, strict=True)]
    await ask_each(cluster, asks, take, channel=channel)
    return [found[place] for place in range(len(asks))]


FAULTS = {
    "nothing is wrong": (Fault(times=0), 20.0),
    "silent": (Fault(node=2, silent=True), 0.4),
    "closes every time": (Fault(node=2, close=True), 20.0),
    "closes once": (Fault(node=2, close=True, times=1), 20.0),
    "breaks off once": (Fault(node=2, cut_after=100, times=1), 20.0),
    "breaks off every time": (Fault(node=2, cut_after=100), 20.0),
    "answers under another number": (Fault(node=2, correlation_shift=7), 20.0),
    "speaks HTTP": (Fault(node=2, instead=b"HTTP/1.1 200 OK\r\n"), 20.0),
    "is late": (Fault(node=2, delay_s=0.8), 0.4),
    "throttles": (Fault(node=2, throttle_ms=30), 20.0),
    "all are silent": (Fault(silent=True), 0.4),
}


@pytest.mark.parametrize("warm", [True, False], ids=["open", "not open yet"])
@pytest.mark.parametrize("name", FAULTS)
def test_each_comes_to_what_it_comes_to_alone(name: str, *, warm: bool) -> None:
    fault, within_s = FAULTS[name]
    seen = list[list[tuple[object, ...]]]()

    async def one(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(structs.replace(fault, api=Api.METADATA))
        alone = await asyncio.gather(*(cluster.ask(node, METADATA, Deadline.after(within_s)) for node in cluster.nodes))
        seen.append([_told(each) for each in alone])

    async def many(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(structs.replace(fault, api=Api.METADATA))
        seen.append([_told(each) for each in await answers(cluster, METADATA, within_s)])

    told(one, warm=warm)
    told(many, warm=warm)
    assert seen[0] == seen[1]


def _told(outcome: Outcome[Reply]) -> tuple[object, ...]:
    """What came of it, without ports, times and durations."""
    words = [word for word in outcome.sentence.split() if not any(letter.isdigit() for letter in word)]
    data = outcome.value.data[:1] if outcome.value is not None else None
    return outcome.state, outcome.trouble, words, outcome.throttle_ms, data


def test_one_that_is_silent_holds_up_nobody() -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=1, silent=True))
        came, others = list[int](), asyncio.Event()

        async def take(place: int, _: Outcome[Reply]) -> None:
            came.append(place)
            if len(came) == 2:
                others.set()

        asks = [(node, METADATA, None, Deadline.after(60)) for node in cluster.nodes]
        task = asyncio.create_task(ask_each(cluster, asks, take))
        await asyncio.wait_for(others.wait(), 20)
        assert sorted(came) == [1, 2]
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        # Nobody waits for the silent one any more, and the connection goes on.
        assert (await cluster.ask(2, METADATA, Deadline.after(20))).ok

    told(story)


def test_a_broker_that_closes_is_asked_once_more_and_no_more() -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=2, close=True))
        before = [each[:2] for each in fake.requests].count((2, 3))
        outcomes = await answers(cluster, METADATA, 20)
        assert [each.ok for each in outcomes] == [True, False, True]
        assert outcomes[1].reason.endswith("(tried twice)")
        assert [each[:2] for each in fake.requests].count((2, 3)) == before + 2

    told(story)


def test_a_request_on_which_a_peer_hangs_up_takes_none_of_the_others_along() -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.DESCRIBE_QUORUM, node=2, close=True))
        fake.faults.add(Fault(api=Api.LIST_GROUPS, node=2, close=True))
        culprits = (Api.DESCRIBE_QUORUM, Api.LIST_GROUPS)
        requests = [METADATA, QUORUM, METADATA, GROUPS, METADATA, LOG_DIRS]
        outcomes = dict[int, Outcome[Reply]]()

        async def take(place: int, outcome: Outcome[Reply]) -> None:
            outcomes[place] = outcome

        before, connections = len(fake.requests), fake.connections
        await ask_each(cluster, [(2, request, None, Deadline.after(20)) for request in requests], take)
        assert [outcomes[place].ok for place in range(6)] == [request.api not in culprits for request in requests]
        assert outcomes[1].reason.endswith("closed the connection (tried twice)")
        assert outcomes[3].reason.endswith("closed the connection (tried 3 times)")  # once behind the other
        assert all([api for _, api, _ in fake.requests[before:]].count(culprit) in (2, 3) for culprit in culprits)
        assert all("SASL" not in outcomes[place].remedy for place in (1, 3))  # the peer has served others: it wants no login
        assert fake.connections - connections <= 4

    told(story)


def test_log_dirs_are_not_asked_again_while_unanswered() -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        await answers(cluster, LOG_DIRS, 20, channel="log dirs")
        fake.faults.add(Fault(api=Api.DESCRIBE_LOG_DIRS, node=2, silent=True))
        assert (await answers(cluster, LOG_DIRS, 0.2, channel="log dirs"))[1].trouble is Trouble.SILENT
        again = await answers(cluster, LOG_DIRS, 20, channel="log dirs")
        assert [each.ok for each in again] == [True, False, True]
        assert "and is not asked again" in again[1].reason
        assert [each[:2] for each in fake.requests].count((2, 35)) == 2

    told(story)


def test_an_answer_that_is_known_is_the_very_object_and_another_is_not() -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        first = [each.value.data for each in await answers(cluster, LOG_DIRS, 20) if each.value is not None]
        wrong = bytes([first[2][0] ^ 1]) + first[2][1:]
        earlier = [first[0], first[1] + b"\x00", wrong]
        again = [each.value.data for each in await answers(cluster, LOG_DIRS, 20, earlier=earlier) if each.value is not None]
        assert again == first
        assert [data is before for data, before in zip(again, earlier, strict=True)] == [True, False, False]
        fake.model.topics["topic-0000"].partitions[0].size_bytes += 1
        fake.model.forget_answers()
        moved = [each.value.data for each in await answers(cluster, LOG_DIRS, 20, earlier=first) if each.value is not None]
        assert moved != first

    told(story)


@pytest.mark.parametrize("warm", [True, False], ids=["open", "not open yet"])
def test_what_changes_a_cluster_is_not_sent(*, warm: bool) -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        create = RequestSpec(Api.CREATE_TOPICS, lambda version: mutations.create_topics(version, [mutations.NewTopic("new")]))
        with pytest.raises(NotPermitted):
            await answers(cluster, create, 20)
        assert int(Api.CREATE_TOPICS) not in {api for _, api, _ in fake.requests}

    told(story, warm=warm)


def test_what_goes_wrong_with_an_answer_ends_the_asking() -> None:
    async def story(fake: FakeCluster, cluster: Cluster) -> None:
        fake.faults.add(Fault(api=Api.METADATA, node=3, silent=True))

        async def take(place: int, _: Outcome[Reply]) -> None:
            raise ZeroDivisionError(place)

        with pytest.raises(ZeroDivisionError):
            await ask_each(cluster, [(node, METADATA, None, Deadline.after(60)) for node in cluster.nodes], take)

    told(story)


def test_no_question_is_no_wait() -> None:
    async def story(_: FakeCluster, cluster: Cluster) -> None:
        async def take(place: int, _: Outcome[Reply]) -> None:
            raise AssertionError(place)

        await ask_each(cluster, [], take)

    told(story)
