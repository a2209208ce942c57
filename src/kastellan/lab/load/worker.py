"""The process of the load: one thread for each writer and reader, until it is told to end or its lab is gone."""

from __future__ import annotations

import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kastellan.lab.load import clients
from kastellan.lab.load.plan import TOPICS, WRITERS, Reader, Writer, readers
from kastellan.lab.load.progress import PROGRESS, Part, Progress
from kastellan.lab.model import Lab, recorded_in, write_value

if TYPE_CHECKING:
    from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition

_REPORT_S = 0.5
_AGAIN_S = 1.0
_ASK_S = 10.0
_POLL_S = 0.5
_MOST = 200
_END_S = 6.0


class Load:
    """Everything that the threads share: where the cluster is, the counters, and the wish to end."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.ending = threading.Event()
        self.parts: dict[str, Part] = {}

    def run(self, folder: Path) -> None:
        """Start every part and report until the end."""
        jobs: list[tuple[str, Callable[[Part], None]]] = [
            *((writer.part, partial(self._write, writer)) for writer in WRITERS),
            *((reader.part, partial(self._read, reader)) for reader in readers(self.lab.spec.kafka)),
        ]
        self.parts = {name: Part() for name, _ in jobs}
        threads = [threading.Thread(target=self._keep, args=(name, job), name=name, daemon=True) for name, job in jobs]
        for thread in threads:
            thread.start()
        while not self.ending.wait(_REPORT_S) and (folder / "process").exists():
            write_value(folder / PROGRESS, Progress(time.time_ns() // 1_000_000, self.parts))
        self.ending.set()
        until = time.monotonic() + _END_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def end(self, _number: int, _frame: object) -> None:
        """The signal handler."""
        self.ending.set()

    def _keep(self, name: str, job: Callable[[Part], None]) -> None:
        """Run a part again after any failure: brokers die in a lab, the load must not."""
        part = self.parts[name]
        while not self.ending.is_set():
            try:
                job(part)
            except Exception as problem:  # noqa: BLE001 - the library's errors have no common base beside Exception
                part.errors += 1
                if part.last_error != str(problem):
                    print(f"{name}: {problem}", flush=True)  # noqa: T201 - the worker's log is its output
                part.last_error = str(problem)
                self.ending.wait(_AGAIN_S)
            else:
                return

    def _write(self, writer: Writer, part: Part) -> None:
        client = clients.producer(self.lab, _manner(writer))
        if writer.transactional_id:
            client.init_transactions(_ASK_S)
        pause_s = writer.batch / writer.per_s
        due = time.monotonic()
        while not self.ending.is_set() and not (writer.limit and part.records >= writer.limit):
            if writer.transactional_id:
                client.begin_transaction()
            self._batch(client, writer, part)
            if writer.transactional_id:
                client.flush(_ASK_S)
                client.commit_transaction(_ASK_S)
            else:
                client.poll(0)
            if writer.limit:
                client.flush(_ASK_S)
            due = max(due + pause_s, time.monotonic())
            self.ending.wait(due - time.monotonic())
            client.poll(0)
        client.flush(_END_S / 2)

    def _batch(self, client: Producer, writer: Writer, part: Part) -> None:
        def on_delivery(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                part.records += 1
                part.moving = part.records >= writer.limit
            else:
                part.errors += 1
                part.last_error = str(error)

        for _ in range(writer.batch):
            hot = random.random() < writer.hot
            key = f"{writer.topic}-{0 if hot else random.randrange(writer.keys)}"
            client.produce(writer.topic, key=key, value=f"{key} at {time.time():.3f} ".ljust(100, "."), on_delivery=on_delivery)

    def _read(self, reader: Reader, part: Part) -> None:
        def on_commit(error: KafkaError | None, places: list[TopicPartition]) -> None:
            if error is None and any(place.offset >= 0 for place in places):
                part.commits += 1
                part.moving = part.records > 0
            elif error is not None:
                part.errors += 1
                part.last_error = str(error)

        options: dict[str, object] = {"on_commit": on_commit}
        if reader.kind == "consumer":
            options["group.protocol"] = "consumer"
        elif reader.kind == "classic":
            options |= {"partition.assignment.strategy": "cooperative-sticky", "session.timeout.ms": 20_000}
        if reader.kind in {"assigned", "abandoned"}:
            by_hand = clients.consumer(self.lab, reader.group, {"enable.auto.commit": False})
            self._read_assigned(by_hand, reader, part)
            return
        client = clients.consumer(self.lab, reader.group, options)
        client.subscribe([reader.topic])
        try:
            while not self.ending.is_set():
                self._take(client, reader, part)
        finally:
            client.close()

    def _take(self, client: Consumer, reader: Reader, part: Part) -> None:
        for message in client.consume(1 if reader.per_s else _MOST, _POLL_S):
            if message.error() is None:
                part.records += 1
        if reader.per_s:
            self.ending.wait(1 / reader.per_s)

    def _read_assigned(self, client: Consumer, reader: Reader, part: Part) -> None:
        """Read every partition without joining the group, and commit by hand; an abandoned one commits and leaves."""
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - an extra

        places = [TopicPartition(reader.topic, number) for number in range(TOPICS[reader.topic][0])]
        client.assign(client.committed(places, timeout=_ASK_S))
        partitions_read: set[int | None] = set()
        try:
            while not self.ending.is_set():
                for message in client.consume(_MOST, _POLL_S):
                    if message.error() is None:
                        part.records += 1
                        partitions_read.add(message.partition())
                if len(partitions_read) == len(places):
                    client.commit(asynchronous=False)
                    part.commits += 1
                    part.moving = True
                    if reader.once:
                        return
                self.ending.wait(_POLL_S)
        finally:
            client.close()


def _manner(writer: Writer) -> clients.Options:
    """Exactly once only where it shows: the rest of the load runs for as long as its lab.

    An idempotent producer of librdkafka (2.16) keeps a whole core busy while an old leader owes it an answer, as one does
    that is cut off, and takes the time away from whoever is watched.
    """
    if writer.transactional_id:
        return {"transactional.id": writer.transactional_id}
    return {"enable.idempotence": writer.limit > 0}


def main() -> None:
    """Run the load of the lab whose directory is the one argument, in the directory where it is on record."""
    load = Load(recorded_in(Path(sys.argv[1])))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, load.end)
    load.run(Path.cwd())


if __name__ == "__main__":
    main()
