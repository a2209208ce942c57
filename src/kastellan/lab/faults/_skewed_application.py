"""An application whose keys are skewed: one customer sends nearly everything, and one of two readers has all of that to do."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from kastellan.lab.load import clients
from kastellan.lab.model import Lab, recorded_in

HOT_SHARE, PARTITIONS = 97, 6
_FIRST, _PER_ROUND, _ROUND_S = 3_000, 100, 0.5
_READERS, _MOST, _WORK_S, _POLL_S = 2, 20, 0.012, 0.3
_END_S = 8.0


def main() -> None:
    """Arguments: the lab's directory, topic, group."""
    lab, topic, group = recorded_in(Path(sys.argv[1])), sys.argv[2], sys.argv[3]
    ending = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: ending.set())
    readers = [threading.Thread(target=_read, args=(lab, topic, group, ending), daemon=True) for _ in range(_READERS)]
    for reader in readers:
        reader.start()
    client = clients.producer(lab, {})
    count = _FIRST
    while not ending.is_set() and Path("process").exists():
        for number in range(count):
            hot = number % 100 < HOT_SHARE
            key, partition = ("whale", 0) if hot else (f"minnow-{number}", 1 + number % (PARTITIONS - 1))
            client.produce(topic, key=key, value=f"{key} ".ljust(100, "."), partition=partition)
        client.flush(_END_S)
        count = _PER_ROUND
        ending.wait(_ROUND_S)
    ending.set()
    for reader in readers:
        reader.join(_END_S)


def _read(lab: Lab, topic: str, group: str, ending: threading.Event) -> None:
    client = clients.consumer(lab, group, {"session.timeout.ms": 10_000})
    client.subscribe([topic])
    while not ending.is_set():
        ending.wait(_WORK_S * len(client.consume(_MOST, _POLL_S)))
    client.close()


if __name__ == "__main__":
    main()
