"""Two sources give one snapshot: ids, provenance, cost and partial failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kastellan.app.observe import observe
from kastellan.engine.requests import TableRequests, request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unreachable
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import Answer, Peer
from kastellan.model.answer_log import AnswerLog
from kastellan.model.collected import Collected
from kastellan.model.snapshot import Cost, Snapshot
from kastellan.model.tables.certificates import Certificate, Certificates
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster
from kastellan.testing.fake_broker_model import fake_model
from kastellan.testing.fixed_source import FixedSource

pytestmark = pytest.mark.enable_socket

SECRET = "password=hunter2"
REQUESTS = request_tables("brokers", "certificates", "log_dirs")
INVENTORY = Answer(id=7, source="", request="GET /hosts", peer=Peer("inventory"), state=State.COMPLETE, sent_ms=1, arrived_ms=2)


def inventory(_: TableRequests | None = None) -> Snapshot:
    """What an inventory knows of two certificates, one of them of a broker that the cluster shows, too."""
    rows = [Certificate(broker=broker, address=f"host-{broker}:9092", tls=True, answer=7) for broker in (1, 99)]
    tables = {"certificates": Certificates(rows)}
    return Snapshot(at_ms=5, answers=(INVENTORY,), tables=tables, cost=Cost(requests=2, sent_bytes=10))


class Hanging(FixedSource):
    """A source that never comes back."""

    async def collect(self, requests: TableRequests, answers: AnswerLog, deadline: Deadline) -> Collected:
        await asyncio.Event().wait()
        return await super().collect(requests, answers, deadline)


def second(snapshot: Callable[[TableRequests], Snapshot], kind: type[FixedSource] = FixedSource) -> FixedSource:
    return kind(snapshot, name="inventory", tables=frozenset({"certificates"}))


def collect(*others: FixedSource, within_s: float = 10.0, requests: TableRequests = REQUESTS) -> tuple[Snapshot, int]:
    """The snapshot of a fake cluster and these sources, and how many requests the cluster saw."""

    async def run() -> tuple[Snapshot, int]:
        async with FakeCluster(fake_model()) as fake:
            kafka = KafkaSource(fake.bootstrap)
            try:
                snapshot = await observe([kafka, *others], requests, Deadline.after(within_s), grace_s=0.1)
            finally:
                await kafka.close()
            return snapshot, len(fake.requests)

    return asyncio.run(run())


def raising(_: TableRequests) -> Snapshot:
    raise KeyError(SECRET)


def test_two_sources_join_with_unique_ids_provenance_and_the_sum_of_their_cost() -> None:
    snapshot, sent = collect(second(inventory))
    answers = {answer.id: answer for answer in snapshot.answers}
    assert len(answers) == len(snapshot.answers)
    assert {answers[number].source for number in snapshot.tables["log_dirs"].df["answer"]} == {"kafka"}
    by_broker = {row.broker: row for row in snapshot.tables["certificates"].rows}  # pyright: ignore[reportAttributeAccessIssue]
    assert sorted(by_broker) == [1, 2, 3, 99]
    assert (answers[by_broker[99].answer].source, answers[by_broker[99].answer].request) == ("inventory", "GET /hosts")
    assert answers[by_broker[1].answer].source == "kafka"  # the first source that has values wins
    assert snapshot.cost.requests == sent + 2
    assert snapshot.cost.sent_bytes > 10
    assert snapshot.cluster_id is not None
    assert snapshot.vantage.bootstrap
    assert snapshot.at_ms > 1_000_000  # the moment of the live source, not of the replayed one


@pytest.mark.parametrize(
    ("other", "trouble", "reason"),
    [(second(raising), None, "KeyError"), (second(inventory, Hanging), Trouble.SLOW, "no answer before the deadline")],
    ids=["raises", "hangs"],
)
def test_a_source_that_fails_costs_its_own_tables_only(other: FixedSource, trouble: Trouble | None, reason: str) -> None:
    snapshot, _ = collect(other, within_s=3.0)
    (failed,) = [answer for answer in snapshot.answers if answer.source == "inventory"]
    assert (failed.state, failed.trouble, failed.reason) == (State.FAILED, trouble, reason)
    assert SECRET not in repr(snapshot.answers)
    assert [part.answer for part in snapshot.tables["certificates"].unseen] == [failed.id]
    assert snapshot.tables["certificates"].df.height == 3
    assert not snapshot.tables["log_dirs"].unseen
    assert not snapshot.tables["log_dirs"].df["path"].null_count()


def test_the_others_are_kept_when_the_cluster_is_unreachable() -> None:
    async def run() -> Snapshot:
        kafka = KafkaSource("127.0.0.1:1")
        try:
            return await observe([kafka, second(inventory)], REQUESTS, Deadline.after(5))
        finally:
            await kafka.close()

    snapshot = asyncio.run(run())
    (failed,) = [answer for answer in snapshot.answers if answer.source == "kafka"]
    assert failed.peer == Peer("source", "kafka")
    assert [part.answer for part in snapshot.tables["log_dirs"].unseen] == [failed.id]
    assert snapshot.tables["certificates"].df["broker"].to_list() == [1, 99]


def test_nothing_is_collected_only_when_no_source_gave_anything() -> None:
    async def run() -> None:
        kafka = KafkaSource("127.0.0.1:1")
        try:
            await observe([kafka, second(raising)], REQUESTS, Deadline.after(5))
        finally:
            await kafka.close()

    with pytest.raises(Unreachable, match=r"kafka: no broker answered from here: .*; inventory: KeyError"):
        asyncio.run(run())


def test_a_source_is_asked_for_what_it_fills_and_not_at_all_for_nothing() -> None:
    other = second(inventory)
    collect(other)
    assert other.requested == [frozenset({"certificates"})]
    collect(other, requests=request_tables("brokers"))
    assert len(other.requested) == 1
