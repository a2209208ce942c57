"""A bundle of the largest shape: written, read, and how large it is.

    python bench/bench_bundle.py [--rounds=N]

The snapshot is made in memory: 100 000 partitions with three copies, 1 000 groups. Offsets and sizes are spread as those
of a cluster in use, so that the file does not compress better than a real one. Written is from the snapshot to the file
on disk, forced there; read is from the file to every table of the snapshot. What was read is compared with what was
written.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import polars as pl
from judged import snapshot_of
from options import options
from results import Bar, finish, spread, table
from workload import Tier

from kastellan.app.snapshots.files import load, save
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.replica_sizes import ReplicaSizes

_XL: Final = Tier("XL", 10_000, 3, 1_000)
_WRITE_S, _READ_S = 2.0, 1.0
_GIB: Final = 1 << 30


def in_use(snapshot: Snapshot) -> Snapshot:
    """The snapshot with offsets, commits and sizes that are all different."""
    of = {name: old_table.df for name, old_table in snapshot.tables.items()}
    partition = pl.struct("topic", "partition").hash(seed=7)
    ends = of["offsets"].with_columns(
        earliest=(partition % 10**6).cast(pl.Int64), latest=(10**6 + partition % 10**9).cast(pl.Int64)
    )
    commits = of["commits"].with_columns(
        committed=(10**6 + pl.struct("group", "topic", "partition").hash(seed=7) % 10**9).cast(pl.Int64)
    )
    sizes = of["replica_sizes"].with_columns(size_bytes=(partition % _GIB).cast(pl.Int64))
    for new_table in (Offsets(ends), Commits(commits), ReplicaSizes(sizes)):
        snapshot = snapshot.with_table(new_table)
    return snapshot


def measure_rounds(rounds: int, run: Callable[[], object]) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of every round."""
    walls, cpus = list[float](), list[float]()
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return walls, cpus


def same(written: Snapshot, read: Snapshot) -> None:
    """End the run when a table came back as another one."""
    for before, after in zip((written, *written.earlier), (read, *read.earlier), strict=True):
        other = [name for name, old_table in before.tables.items() if not after.tables[name].df.equals(old_table.df)]
        if other or before.answers != after.answers:
            raise SystemExit(f"bench: {', '.join(other) or 'the answers'} came back as another one")


def main(words: Sequence[str]) -> int:
    """Measure one look, and one with an earlier look, as a bundle may hold it."""
    rounds = options(words, "L", __doc__).rounds or 7
    both = in_use(snapshot_of(_XL))
    alone = msgspec.structs.replace(both, earlier=())
    rows, bars, figures = list[list[object]](), list[Bar](), dict[str, object]()
    for name, snapshot in (("one look", alone), ("with an earlier look", both)):
        with tempfile.TemporaryDirectory(prefix="kastellan-bench-") as folder:
            path = Path(folder) / "xl.bundle"
            size = save(snapshot, path)
            same(snapshot, load(path).snapshot)
            written, read = measure_rounds(rounds, lambda: save(snapshot, path)), measure_rounds(rounds, lambda: load(path))  # noqa: B023  # called here
        rows.append([name, f"{size / 1e6:.1f}", *map(spread, (*written, *read))])
        figures[name] = {"bytes": size, "write_wall_cpu_s": written, "read_wall_cpu_s": read}
        if name == "one look":
            for direction, (walls, cpus), limit in (("written", written, _WRITE_S), ("read", read, _READ_S)):
                bars.append(Bar(f"XL, {direction}: median seconds of wall", median(walls), limit))
                bars.append(Bar(f"XL, {direction}: median seconds of CPU", median(cpus), limit))
    head = ("XL, 3 copies", "MB", "written, wall s min / median", "CPU s", "read, wall s min / median", "CPU s")
    summary = f"{_XL.partitions:,} partitions, {_XL.groups:,} groups, {alone.tables['commits'].df.height:,} commits."
    return finish("bundle", "A bundle, written and read", f"{summary}\n\n{table(head, rows)}", bars, figures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
