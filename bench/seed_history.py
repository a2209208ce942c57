"""Make many kept snapshots of one, in the files of the checkout that runs this.

    python bench/seed_history.py FOLDER COUNT SECONDS

FOLDER holds one directory a cluster, in it one file a snapshot, named by its time. The copies are COUNT in all, the newest
one now, SECONDS apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from kastellan.model.codec import dump, load


def main(words: Sequence[str]) -> int:
    """Replace the snapshots of the one cluster by the copies."""
    folder, count, every_s = Path(words[0]), int(words[1]), float(words[2])
    saved = sorted(folder.glob("*/*.snapshot"))
    if not saved:
        raise SystemExit(f"bench: nothing is kept below {folder}")
    snapshot = load(saved[-1].read_bytes())
    now_ms = int(time.time() * 1000)
    for number in range(count):
        shift_ms = now_ms - round(number * every_s * 1000) - snapshot.at_ms
        answers = tuple(
            msgspec.structs.replace(
                answer,
                sent_ms=answer.sent_ms + shift_ms,
                arrived_ms=None if answer.arrived_ms is None else answer.arrived_ms + shift_ms,
            )
            for answer in snapshot.answers
        )
        copy = msgspec.structs.replace(snapshot, at_ms=snapshot.at_ms + shift_ms, answers=answers)
        (saved[-1].parent / f"{copy.at_ms:013d}.snapshot").write_bytes(dump(copy))
    for path in saved:
        path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
