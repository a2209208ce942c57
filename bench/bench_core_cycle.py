"""The lag-and-health core, warm, against peers in the same run: requests, CPU, wall, memory, and what brokers spend.

    python bench/bench_core_cycle.py [--tier=S,M,L] [--rounds=N] [--keep]

Everything that a contestant says is compared with the oracle; a difference ends the run. Rounds alternate between the
contestants and change their order. `unchanged` rounds see a cluster at rest; before each `busy` round a tenth of the
topics get records and a tenth of the groups commit.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from statistics import median
from typing import Final

import labs
import msgspec
import workload
from contestants import Child, Cycle, Observation
from exporters import Exporter, exporters
from options import options
from results import Bar, cpu_of, finish, spread, table
from wire_count import Proxies

from kastellan import lab
from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka import mutations
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import parse_endpoints

_OURS, _FULL, _PEER, _PEER_HELD = "kastellan", "kastellan-full", "kafka-python", "kafka-python-gc-held"
_ROUNDS: Final = {"S": 15, "M": 9, "L": 6}
_WARM: Final = 20
_SETTLE: Final = 5
"""Cycles until brokers that have just taken in the workload answer without a second question to another one."""
_CHURN: Final = 10
_CPU_SHARE, _WALL_SHARE, _MOST_MB = 1 / 15, 1 / 8, 300
_FULL_CONSTANT: Final = 8
"""Requests of the full set that any broker answers: cluster, topics, quorum, reassignments, eligible replicas."""


class Churn:
    """Traffic between rounds, with its effect on the oracle."""

    def __init__(self, bootstrap: str, tier: workload.Tier) -> None:
        self._bootstrap = bootstrap
        self._tier = tier
        self._batches = 0
        idle = [group for group in range(tier.groups) if not workload.has_member(group)]
        self._groups = idle[:: max(1, len(idle) * _CHURN // tier.groups)]
        busy = frozenset(range(0, tier.topics, _CHURN))
        self._pairs_by_group = {
            group: sum(1 for topic, _, _ in workload.commits_of(tier, group) if topic in busy) for group in range(tier.groups)
        }
        self._busy = busy

    def once(self) -> None:
        """A record into each partition of every tenth topic, and the same commits again for a tenth of the groups."""
        asyncio.run(self._once())
        self._batches += 1

    async def _once(self) -> None:
        permit = mutations.grant("traffic of a benchmark on a lab of its own")
        async with Cluster(parse_endpoints(self._bootstrap), permit=permit) as cluster:
            await cluster.bootstrap(Deadline.after(30))
            maker = workload.Maker(cluster, self._tier)
            await maker.records(lambda topic, _: int(topic in self._busy))
            await maker.commits(self._groups, await maker.coordinators())

    def apply_to(self, right: workload.Oracle) -> workload.Oracle:
        """The oracle after the traffic so far."""
        more = {workload.group_name(group): self._batches * pairs for group, pairs in self._pairs_by_group.items()}
        return msgspec.structs.replace(
            right,
            records=right.records + self._batches * len(self._busy) * workload.PARTITIONS_A_TOPIC,
            lag_by_group={name: lag + more[name] for name, lag in right.lag_by_group.items()},
            lag_records=right.lag_records + sum(more.values()),
        )


def same(contestant: str, observation: Observation | None, right: workload.Oracle) -> None:
    """End the run when a contestant saw anything but the truth."""
    if observation is None:
        raise SystemExit(f"bench: {contestant} did not say what it saw")
    for field in msgspec.structs.fields(Observation):
        value, truth = getattr(observation, field.name), getattr(right, field.name)
        if value != truth:
            raise SystemExit(f"bench: {contestant} saw {field.name} {str(value)[:80]}, the oracle says {str(truth)[:80]}")


def wire_requests(bootstrap: str, contestant: str) -> dict[str, int]:
    """Frames that our client sends in one warm cycle, counted by proxies."""
    with Proxies(bootstrap) as proxies, Child(contestant, bootstrap, json.dumps(proxies.resolve)) as child:
        for _ in range(_SETTLE):
            child.cycle()
        before = dict(proxies.counted)
        cycle = child.cycle()
        after = {name: count - before.get(name, 0) for name, count in proxies.counted.items()}
        counted = {name: count for name, count in sorted(after.items()) if count}
        if counted != dict(sorted(cycle.by_request.items())):
            raise SystemExit(f"bench: the proxies counted {counted}, the client says {cycle.by_request}")
    return counted


def rounds(
    cluster: lab.Lab, contestants: dict[str, Child | Exporter], count: int, right: workload.Oracle, churn: Churn | None
) -> dict[str, list[tuple[Cycle, float]]]:
    """Cycles of every contestant with the CPU that the brokers spent meanwhile, in alternating order."""
    pids = [broker.pid for broker in cluster.brokers if broker.pid]
    cycles_by_name: dict[str, list[tuple[Cycle, float]]] = {name: [] for name in contestants}
    for number in range(count):
        order = list(contestants) if number % 2 else list(reversed(contestants))
        for name in order:
            if churn is not None:
                churn.once()
            before = cpu_of(pids)
            cycle = contestants[name].cycle("check" if number == count - 1 else "go")
            cycles_by_name[name].append((cycle, cpu_of(pids) - before))
            if number == count - 1 and isinstance(contestants[name], Child):
                same(name, cycle.observation, churn.apply_to(right) if churn else right)
    return cycles_by_name


def lines(cycles_by_name: dict[str, list[tuple[Cycle, float]]], kind: str) -> list[list[object]]:
    """Rows of the table."""
    ours = cycles_by_name[_OURS]
    cpu, wall = (median(getattr(cycle, name) for cycle, _ in ours) for name in ("cpu_s", "wall_s"))
    rows: list[list[object]] = []
    for name, cycles in cycles_by_name.items():
        cpus, walls = [cycle.cpu_s for cycle, _ in cycles], [cycle.wall_s for cycle, _ in cycles]
        rows.append(
            [
                kind,
                name,
                cycles[-1][0].requests or "-",
                spread(cpus),
                f"{median(cpus) / cpu:.1f}",
                spread(walls),
                f"{median(walls) / wall:.1f}",
                spread([broker_cpu_s for _, broker_cpu_s in cycles], 2),
                f"{max(cycle.peak_mb for cycle, _ in cycles):.0f}",
            ]
        )
    return rows


def run(tier: workload.Tier, count: int, *, keep: bool) -> tuple[str, list[Bar], dict[str, object]]:
    """One tier."""
    right = workload.oracle(tier)
    with labs.cluster(tier, keep=keep) as cluster:
        boot, brokers = cluster.bootstrap, len(cluster.brokers)
        core = wire_requests(boot, _OURS)
        full = wire_requests(boot, _FULL)
        with Child(_OURS, boot) as ours, Child(_PEER, boot) as peer, Child(_PEER_HELD, boot) as held, exporters(boot) as others:
            for _ in range(_WARM):
                ours.cycle()
            for child in (peer, held):
                child.cycle()
            contestants: dict[str, Child | Exporter] = {_OURS: ours, _PEER: peer, _PEER_HELD: held, **others}
            still = rounds(cluster, contestants, count, right, None)
            churn = Churn(boot, tier)
            busy = rounds(cluster, {_OURS: ours, _PEER: peer}, max(3, count // 2), right, churn)
        # A workload that has moved on is made anew by the next run.
        (cluster.dir / "workload").unlink()
    rows = [*lines(still, "unchanged"), *lines(busy, "busy")]
    head = ("cluster", "who", "requests", "CPU s min / median", "CPU ratio", "wall s", "wall ratio", "brokers' CPU s", "peak MB")
    body = (
        f"## {tier.name}: {tier.partitions} partitions, {tier.copies} replicas, {tier.groups} groups, {right.pairs} commits\n\n"
        f"All contestants saw what the oracle says: lag {right.lag_records}, {right.members} members.\n\n{table(head, rows)}\n\n"
        f"On the wire, core: {sum(core.values())} requests {core}; full set: {sum(full.values())} {full}.\n"
    )
    bars = [
        Bar(f"{tier.name}: requests of the core on the wire", sum(core.values()), 7 * brokers + 1),
        Bar(f"{tier.name}: requests of the full set on the wire", sum(full.values()), 12 * brokers + _FULL_CONSTANT),
    ]
    if tier.name == "L":
        for name, cycles in (("unchanged", still), ("busy", busy)):
            bars += _bars(name, cycles)
        bars.append(Bar("L: peak memory, MB", max(cycle.peak_mb for cycle, _ in [*still[_OURS], *busy[_OURS]]), _MOST_MB))
    figures = {
        kind: {
            contestant: [msgspec.structs.replace(cycle, observation=None) for cycle, _ in cycles]
            for contestant, cycles in cycles_by_name.items()
        }
        for kind, cycles_by_name in (("unchanged", still), ("busy", busy))
    }
    return body, bars, {"figures": figures, "core": core, "full": full}


def _bars(kind: str, cycles_by_name: dict[str, list[tuple[Cycle, float]]]) -> list[Bar]:
    ours, peer = ([cycle for cycle, _ in cycles_by_name[name]] for name in (_OURS, _PEER))
    bars: list[Bar] = []
    for resource, name, limit in (("CPU", "cpu_s", _CPU_SHARE), ("wall", "wall_s", _WALL_SHARE)):
        share = median(getattr(cycle, name) for cycle in ours) / median(getattr(cycle, name) for cycle in peer)
        bars.append(Bar(f"L, {kind}: our {resource} as a share of kafka-python's", share, limit))
    return bars


def main(words: Sequence[str]) -> int:
    """Run the tiers that are named; S and M when none is."""
    choice = options(words, "S,M", __doc__)
    bodies, bars, figures = list[str](), list[Bar](), dict[str, object]()
    for name in choice.tiers:
        body, of_tier, tier_figures = run(workload.TIERS[name], choice.rounds or _ROUNDS[name], keep=choice.keep)
        bodies.append(body)
        bars += of_tier
        figures[name] = tier_figures
    return finish(
        f"core_cycle_{'_'.join(choice.tiers)}", "The lag-and-health core, warm", "\n".join(bodies), bars, {"tiers": figures}
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
