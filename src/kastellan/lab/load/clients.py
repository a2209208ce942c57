"""The door to confluent-kafka: imported here alone, so that its absence is one sentence."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool, Unavailable

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer
    from confluent_kafka.admin import AdminClient

T = TypeVar("T")
Options = Mapping[str, object]
"""Properties of librdkafka by their own names."""
_ASK_S = 10.0
_PAUSE_S = 0.2
_QUIET: Mapping[str, str | int] = {"log_level": 2, "socket.keepalive.enable": True, "reconnect.backoff.max.ms": 2000}


def _need() -> None:
    try:
        import confluent_kafka  # noqa: F401, PLC0415
    except ImportError:
        msg = "the lab's load needs confluent-kafka, which is not installed; install it with: pip install 'kastellan[lab]'"
        raise MissingTool(msg) from None


def admin(bootstrap: str) -> AdminClient:
    """An admin client. Raises `MissingTool` when the library is not installed."""
    _need()
    from confluent_kafka.admin import AdminClient  # noqa: PLC0415

    return AdminClient({"bootstrap.servers": bootstrap, **_QUIET})


def producer(bootstrap: str, options: Options) -> Producer:
    """An idempotent producer that waits for all in-sync replicas."""
    _need()
    from confluent_kafka import Producer  # noqa: PLC0415

    return Producer(
        {"bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all", "linger.ms": 50, **_QUIET, **options}
    )


def consumer(bootstrap: str, group: str, options: Options) -> Consumer:
    """A consumer that fetches in few requests."""
    _need()
    from confluent_kafka import Consumer  # noqa: PLC0415

    base: dict[str, object] = {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "auto.offset.reset": "earliest",
        "fetch.min.bytes": 20_000,
        "fetch.wait.max.ms": 500,
        "auto.commit.interval.ms": 1_000,
    }
    return Consumer({**base, **_QUIET, **options})


def create(bootstrap: str, topics: Iterable[tuple[str, int, int, Mapping[str, str]]], deadline: Deadline) -> None:
    """Create topics (name, partitions, replication factor, configs); those that exist are left as they are.

    Raises `Unavailable` when a broker would not make one until the deadline.
    """
    asked = list(topics)
    client = admin(bootstrap)
    from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415
    from confluent_kafka.admin import NewTopic  # noqa: PLC0415

    wanted = [
        NewTopic(name, num_partitions=parts, replication_factor=copies, config=dict(configs)) for name, parts, copies, configs in asked
    ]

    def once() -> bool:
        for each in client.create_topics(wanted, request_timeout=_ASK_S).values():
            try:
                each.result(timeout=_ASK_S)
            except KafkaException as problem:
                if problem.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
        return True

    insist(once, f"creating the topics {', '.join(each[0] for each in asked)}", deadline)


def delete(bootstrap: str, topic: str, deadline: Deadline) -> None:
    """Delete a topic; nothing happens when it is gone. Raises `Unavailable` when it could not be until the deadline."""
    client = admin(bootstrap)
    from confluent_kafka import KafkaError, KafkaException  # noqa: PLC0415

    def once() -> bool:
        try:
            client.delete_topics([topic], request_timeout=_ASK_S)[topic].result(timeout=_ASK_S)
        except KafkaException as problem:
            if problem.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        return True

    insist(once, f"deleting the topic {topic}", deadline)


def insist(attempt: Callable[[], T | None], what: str, deadline: Deadline) -> T:
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
            msg = f"{what} did not succeed in time ({reason}); see `kastellan lab status` and `kastellan lab logs`"
            raise Unavailable(msg)
        time.sleep(_PAUSE_S)

