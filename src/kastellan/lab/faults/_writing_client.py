"""An application of one principal that writes a record, again and again, and says how the last attempt went."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from kastellan.lab.faults import _child
from kastellan.lab.model import recorded_in
from kastellan.lab.security import entrance

if TYPE_CHECKING:
    from confluent_kafka import KafkaError, Message

OUTCOME = "outcome"
"""The file with the name of librdkafka's error of the last attempt, `OK` after a success."""
_PAUSE_S, _ATTEMPT_MS = 0.5, 4_000


def main() -> None:
    """Arguments: the lab's directory, principal, topic."""
    lab, principal, topic = recorded_in(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
    from confluent_kafka import Producer  # noqa: PLC0415 - an extra

    def on_error(error: KafkaError) -> None:
        if error.name() not in {"_ALL_BROKERS_DOWN", "_TRANSPORT"}:
            _child.write_output(OUTCOME, error.name())

    def on_delivery(error: KafkaError | None, _message: Message) -> None:
        if error is None or error.name() != "_MSG_TIMED_OUT":
            _child.write_output(OUTCOME, error.name() if error else "OK")

    options = {"message.timeout.ms": _ATTEMPT_MS, "log_level": 0, "error_cb": on_error, "client.id": principal}
    client = Producer({**entrance.librdkafka(lab, principal), **options})
    while Path("process").exists():
        client.produce(topic, b"order", on_delivery=on_delivery)
        client.flush(_ATTEMPT_MS / 1_000)
        time.sleep(_PAUSE_S)


if __name__ == "__main__":
    main()
