"""The door to confluent-kafka: imported here alone, so that its absence is one sentence."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool, Unavailable
from kastellan.lab import nodes, probe
from kastellan.lab.model import Lab, Node
from kastellan.lab.security import entrance

if TYPE_CHECKING:
    from confluent_kafka import (
        Consumer,
        IsolationLevel,
        KafkaError,
        Message,
        Producer,
        TopicPartition,
    )
    from confluent_kafka.admin._metadata import ClusterMetadata
    from confluent_kafka.cimpl import NewTopic

T = TypeVar("T")
Options = Mapping[str, object]
"""Properties of librdkafka by their own names."""
Where = Lab | str
"""A lab, which is entered as its administrator, or the address of a cluster in plain text."""
_ASK_S = 10.0
_PAUSE_S = 0.2
_SETTLE_S = 15.0
"""How long brokers may lag behind a change; one that is cut off does not catch up and is not waited for."""
_QUIET: Mapping[str, str | int] = {"log_level": 2, "socket.keepalive.enable": True, "reconnect.backoff.max.ms": 2000}


class Offset(Protocol):
    """An answer about one partition's offset."""

    offset: int


class GroupSeen(Protocol):
    """An answer about a group."""

    members: Sequence[object]


class Admin(Protocol):
    """What the lab asks of the library's admin client, whose own annotations leave the futures open."""

    def create_topics(self, new_topics: list[NewTopic], *, request_timeout: float) -> Mapping[str, Future[None]]:
        """One future for each topic."""
        ...

    def list_topics(self, *, timeout: float) -> ClusterMetadata:
        """Brokers and topics as the cluster tells them."""
        ...

    def describe_consumer_groups(self, groups: list[str], *, request_timeout: float) -> Mapping[str, Future[GroupSeen]]:
        """One future for each group."""
        ...

    def delete_consumer_groups(self, groups: list[str], *, request_timeout: float) -> Mapping[str, Future[None]]:
        """One future for each group."""
        ...

    def delete_topics(self, topics: list[str], *, request_timeout: float) -> Mapping[str, Future[None]]:
        """One future for each topic."""
        ...

    def list_offsets(
        self, wanted: Mapping[TopicPartition, object], *, isolation_level: IsolationLevel, request_timeout: float
    ) -> Mapping[TopicPartition, Future[Offset]]:
        """One future for each partition."""
        ...


def need() -> None:
    """Raises `MissingTool` when the library is not installed."""
    if importlib.util.find_spec("confluent_kafka") is None:
        msg = "the lab's load needs confluent-kafka, which is not installed; install it with: pip install 'kastellan[lab]'"
        raise MissingTool(msg)


def _base(where: Where) -> dict[str, str]:
    if isinstance(where, str):
        return {"bootstrap.servers": where}
    return entrance.librdkafka(where)


def admin(where: Where) -> Admin:
    """An admin client. Raises `MissingTool` when the library is not installed."""
    need()
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415

    return cast("Admin", AdminClient({**_base(where), **_QUIET}))


def producer(where: Where, options: Options) -> Producer:
    """An idempotent producer that waits for all in-sync replicas."""
    need()
    from confluent_kafka import Producer  # noqa: PLC0415

    return Producer({**_base(where), "enable.idempotence": True, "acks": "all", "linger.ms": 50, **_QUIET, **options})


def consumer(where: Where, group: str, options: Options) -> Consumer:
    """A consumer that fetches in few requests.

    One that was told "no such topic" by a broker that lags would ask again only after librdkafka's five minutes.
    """
    need()
    from confluent_kafka import Consumer  # noqa: PLC0415

    base: dict[str, object] = {
        **_base(where),
        "group.id": group,
        "auto.offset.reset": "earliest",
        "fetch.min.bytes": 20_000,
        "fetch.wait.max.ms": 500,
        "auto.commit.interval.ms": 1_000,
        "topic.metadata.refresh.interval.ms": 5_000,
    }
    return Consumer({**base, **_QUIET, **options})


def create(lab: Lab, topics: Iterable[tuple[str, int, int, Mapping[str, str]]], deadline: Deadline) -> None:
    """Create topics (name, partitions, replication factor, configs); those that exist are left as they are.

    Returns when the brokers know them, or one has lagged for 15 s: it tells clients that there is no such topic.
    Raises `Unavailable` when a broker would not make one until the deadline.
    """
    need()
    from confluent_kafka.cimpl import NewTopic  # noqa: PLC0415

    wanted = [
        NewTopic(name, num_partitions=parts, replication_factor=copies, config=dict(configs))
        for name, parts, copies, configs in topics
    ]
    _create(lab, wanted, deadline)


def create_placed(lab: Lab, topic: str, replicas: list[int], configs: Mapping[str, str], deadline: Deadline) -> None:
    """Create a topic of one partition on exactly these brokers, the first one leading; returns when the brokers know it."""
    need()
    from confluent_kafka.cimpl import NewTopic  # noqa: PLC0415

    _create(lab, [NewTopic(topic, num_partitions=1, replica_assignment=[replicas], config=dict(configs))], deadline)


def _create(lab: Lab, wanted: list[NewTopic], deadline: Deadline) -> None:
    client = admin(lab)
    from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415

    def once() -> bool:
        for creation in client.create_topics(wanted, request_timeout=_ASK_S).values():
            try:
                creation.result(timeout=_ASK_S)
            except KafkaException as problem:
                if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        return True

    names = [new_topic.topic for new_topic in wanted]
    insist(once, f"creating the topics {', '.join(names)}", deadline)
    settled = Deadline.after(min(_SETTLE_S, deadline.remaining_s()))
    while not settled.passed and any(_lags(broker, names) for broker in lab.brokers):
        time.sleep(_PAUSE_S)


def _lags(broker: Node, topics: Sequence[str]) -> bool:
    """Whether this broker answers and does not know all of the topics, or not who leads them."""
    view = probe.metadata(broker.door, topics) if nodes.state(broker) == "running" else None
    if view is None:
        return False
    visible = {topic for topic, _ in view.partitions}
    return not visible.issuperset(topics) or any(partition.leader < 0 for partition in view.partitions.values())


def addresses(where: Where) -> dict[int, str]:
    """Where clients are told that each broker is, by its id. Raises `Unavailable` when no broker says in time."""
    client = admin(where)
    listing = insist(lambda: client.list_topics(timeout=_ASK_S), "asking for the brokers' addresses", Deadline.after(_ASK_S))
    return {broker.id: f"{broker.host}:{broker.port}" for broker in listing.brokers.values()}


def ends(where: Where, topic: str, partitions: int) -> dict[int, int]:
    """The end of each partition. Raises `Unavailable` when no broker says in time."""
    client = admin(where)
    from confluent_kafka import IsolationLevel, TopicPartition  # noqa: PLC0415
    from confluent_kafka.admin import OffsetSpec  # noqa: PLC0415  # pyright: ignore[reportPrivateImportUsage]

    places = {TopicPartition(topic, number): OffsetSpec.latest() for number in range(partitions)}

    def ask() -> dict[int, int]:
        answers = client.list_offsets(places, isolation_level=IsolationLevel.READ_UNCOMMITTED, request_timeout=_ASK_S)
        return {place.partition: int(answer.result(timeout=_ASK_S).offset) for place, answer in answers.items()}

    return insist(ask, f"asking for the ends of {topic}", Deadline.after(_ASK_S))


def commits(where: Where, group: str) -> dict[tuple[str, int], int]:
    """What the group has committed, by topic and partition. Raises `Unavailable` when no broker says in time.

    A consumer asks, one that joins nothing: librdkafka's admin client has no group of its own to look the coordinator up
    anew for, and takes the process with it when the coordinator has moved (librdkafka issue 5040).
    """
    client = consumer(where, group, {"enable.auto.commit": False})
    from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415

    def ask() -> dict[tuple[str, int], int]:
        topics = client.list_topics(timeout=_ASK_S).topics
        places = [TopicPartition(name, number) for name, topic in topics.items() for number in topic.partitions]
        commits = client.committed(places, timeout=_ASK_S)
        if problem := next((committed.error for committed in commits if committed.error), None):
            raise KafkaException(problem)
        return {(committed.topic, committed.partition): committed.offset for committed in commits if committed.offset >= 0}

    try:
        return insist(ask, f"asking for the commits of {group}", Deadline.after(_ASK_S))
    finally:
        client.close()


def members(where: Where, group: str) -> int:
    """How many members the group has. Raises `Unavailable` when no broker says in time."""
    client = admin(where)

    def ask() -> int:
        return len(client.describe_consumer_groups([group], request_timeout=_ASK_S)[group].result(timeout=_ASK_S).members)

    return insist(ask, f"asking for the members of {group}", Deadline.after(_ASK_S))


def delete_group(where: Where, group: str, deadline: Deadline) -> None:
    """Delete a group, once its members are gone; nothing happens when there is none. Raises `Unavailable` at the deadline."""
    client = admin(where)
    from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415

    def once() -> bool:
        try:
            client.delete_consumer_groups([group], request_timeout=_ASK_S)[group].result(timeout=_ASK_S)
        except KafkaException as problem:
            if problem.args[0].code() != KafkaError.GROUP_ID_NOT_FOUND:
                raise
        return True

    insist(once, f"deleting the group {group}", deadline)


def write(where: Where, topic: str, partition: int, count: int, deadline: Deadline, *, size: int = 0) -> None:
    """Write some records (of at least so many bytes) and wait until all replicas that must have them do.

    Raises `Unavailable` otherwise.
    """
    client = producer(where, {})
    delivered: list[int] = []

    def note(error: KafkaError | None, message: Message) -> None:
        if error is None:
            delivered.append(message.offset() or 0)

    for number in range(count):
        client.produce(topic, key="lab", value=f"record {number}".ljust(size, "."), partition=partition, on_delivery=note)
    insist(lambda: client.flush(1.0) == 0 or None, f"writing to {topic}-{partition}", deadline)
    if len(delivered) < count:
        msg = f"only {len(delivered)} of {count} records were accepted by {topic}-{partition}; see `kastellan lab logs`"
        raise Unavailable(msg)


def stable_and_end(where: Where, topic: str, partition: int) -> tuple[int, int]:
    """Last stable offset and end of a partition. Raises `Unavailable` when no broker says in time."""
    client = admin(where)
    from confluent_kafka import IsolationLevel, TopicPartition  # noqa: PLC0415
    from confluent_kafka.admin import OffsetSpec  # noqa: PLC0415  # pyright: ignore[reportPrivateImportUsage]

    place = TopicPartition(topic, partition)

    def ask(level: IsolationLevel) -> int:
        answers = client.list_offsets({place: OffsetSpec.latest()}, isolation_level=level, request_timeout=_ASK_S)
        return int(answers[place].result(timeout=_ASK_S).offset)

    def both() -> tuple[int, int]:
        return ask(IsolationLevel.READ_COMMITTED), ask(IsolationLevel.READ_UNCOMMITTED)

    return insist(both, f"asking for the offsets of {topic}-{partition}", Deadline.after(_ASK_S))


def abort_transactions(where: Where, transactional_id: str, deadline: Deadline) -> None:
    """Abort what is open under this id: a new producer with it fences the old one."""
    insist(
        lambda: producer(where, {"transactional.id": transactional_id}).init_transactions(_ASK_S) or True,
        f"aborting the transaction of {transactional_id}",
        deadline,
    )


def delete(where: Where, topic: str, deadline: Deadline) -> None:
    """Delete a topic; nothing happens when it is gone. Raises `Unavailable` when it could not be until the deadline."""
    client = admin(where)
    from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415

    def once() -> bool:
        try:
            client.delete_topics([topic], request_timeout=_ASK_S)[topic].result(timeout=_ASK_S)
        except KafkaException as problem:
            if problem.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        return True

    insist(once, f"deleting the topic {topic}", deadline)


def insist(attempt: Callable[[], T | None], purpose: str, deadline: Deadline) -> T:
    """Repeat until the attempt gives a value. Raises `Unavailable` with the last reason at the deadline."""
    reason = "no answer"
    while True:
        try:
            value = attempt()
            if value is not None:
                return value
        except MissingTool:
            raise
        except Exception as problem:  # noqa: BLE001 - the library's errors have no common base beside Exception
            reason = str(problem)
        if deadline.passed:
            msg = f"{purpose} did not succeed in time ({reason}); see `kastellan lab status` and `kastellan lab logs`"
            raise Unavailable(msg)
        time.sleep(_PAUSE_S)
