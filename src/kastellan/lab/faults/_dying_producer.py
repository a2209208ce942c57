"""A producer that opens a transaction, writes into it, says at which offset, and waits to be killed."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kastellan.lab.load import clients
from kastellan.lab.model import recorded_in

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

_TIMEOUT_MS = 900_000
_ASK_S = 20.0
_RECORDS = 5


def main() -> None:
    """Arguments: the lab's directory, topic, transactional id. The first offset is written to `opened` in this directory."""
    directory, topic, transactional_id = sys.argv[1:4]
    lab = recorded_in(Path(directory))
    client = clients.producer(lab, {"transactional.id": transactional_id, "transaction.timeout.ms": _TIMEOUT_MS})
    client.init_transactions(_ASK_S)
    offsets: list[int] = []

    def on_delivery(error: KafkaError | None, message: Message) -> None:
        if error is None:
            offsets.append(message.offset() or 0)

    client.begin_transaction()
    for number in range(_RECORDS):
        client.produce(topic, key="unfinished", value=f"unfinished {number}", partition=0, on_delivery=on_delivery)
    client.flush(_ASK_S)
    if len(offsets) < _RECORDS:
        sys.exit("the records of the transaction were not delivered")
    Path("opened.part").write_text(str(min(offsets)))
    Path("opened.part").rename("opened")
    time.sleep(_TIMEOUT_MS / 1_000)


if __name__ == "__main__":
    main()
