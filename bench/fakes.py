"""A cluster that is not there, in a process of its own: the real protocol on loopback, as large as a machine cannot run.

    python bench/fakes.py BROKERS TOPICS COPIES GROUPS [GUARD]

GUARD is a JSON file that says who may come in, and how (`Guarded`). It prints its bootstrap address, then obeys one word
a line: `churn` moves the commits of a tenth of the groups.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self
from uuid import UUID

import msgspec
import workload

from kastellan.testing.fake_broker import FakeCluster, FakeGuard
from kastellan.testing.fake_broker_model import FakeGroup, FakeModel, FakeNode, FakePartition, FakeTopic
from kastellan.testing.snapshots import BROKER_DEFAULTS, TOPIC_DEFAULTS
from kastellan.wire.kafka.api import Api

_END, _COMMITTED = 1_000, 900
_CHURN = 10
_ALL_RIGHTS = sum(1 << operation for operation in range(3, 13))
"""Every operation of Kafka's AclOperation: nothing is left out silently."""


def model_of(brokers: int, topics: int, copies: int, groups: int) -> FakeModel:
    """Leaders spread evenly; the groups and what they read are those of the workload, with a lag of a hundred everywhere."""
    tier = workload.Tier("fake", topics, copies, groups)
    nodes = {node: FakeNode(node, rack=f"rack-{node % 3}") for node in range(1, brokers + 1)}
    defaults = TOPIC_DEFAULTS | BROKER_DEFAULTS
    model = FakeModel(nodes, voters=[1, 2, 3], rights=_ALL_RIGHTS, config_defaults=defaults)
    for topic in range(topics):
        partitions = [_partition(topic + number, brokers, copies) for number in range(workload.PARTITIONS_A_TOPIC)]
        name = workload.topic_name(topic)
        model.topics[name] = FakeTopic(name, UUID(int=(7 << 64) + topic + 1), partitions)
    for group in range(groups):
        commits = {(workload.topic_name(topic), number): _COMMITTED for topic, number, _ in workload.commits_of(tier, group)}
        name = workload.group_name(group)
        model.groups[name] = FakeGroup(name, coordinator=group % brokers + 1, commits=commits)
    return model


def _partition(start: int, brokers: int, copies: int) -> FakePartition:
    placed = [(start + step) % brokers + 1 for step in range(copies)]
    return FakePartition(placed[0], placed, sorted(placed), leader_epoch=3, latest=_END, size_bytes=1_000_000)


def churn(model: FakeModel) -> None:
    """One record more is read by every tenth group."""
    for group in list(model.groups.values())[::_CHURN]:
        group.commits = {key: min(_END, offset + 1) for key, offset in group.commits.items()}
    model.forget_answers(Api.OFFSET_FETCH)


def lag_of(group: int, churned: int) -> int:
    """How far behind a group is in each of its partitions after so many turns of churn."""
    return max(0, _END - _COMMITTED - (churned if group % _CHURN == 0 else 0))


class Guarded(msgspec.Struct, frozen=True):
    """TLS with this certificate and key (PEM; none: plaintext), clients of that authority (PEM), logins of these users."""

    certificate: str | None = None
    authority: str | None = None
    mechanisms: tuple[str, ...] = ()
    users: dict[str, str] = {}

    def guard(self) -> FakeGuard:
        """The fake's own."""
        context = None
        if self.certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            if self.authority is not None:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(self.authority)
        return FakeGuard(context, self.mechanisms, self.users)


class Fakes:
    """The process, for a comparison to drive."""

    def __init__(self, brokers: int, tier: workload.Tier, guard: Path | None = None) -> None:
        words = [*map(str, (brokers, tier.topics, tier.copies, tier.groups)), *([str(guard)] if guard else [])]
        command = [sys.executable, str(Path(__file__)), *words]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.bootstrap = self.read_line()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def read_line(self) -> str:
        """The next line of the process."""
        assert self._process.stdout is not None  # noqa: S101
        line = self._process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"bench: the fake cluster ended with code {self._process.wait()}")
        return line

    def churn(self) -> None:
        """Have a tenth of the groups commit."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write("churn\n")
        self._process.stdin.flush()
        self.read_line()


async def _serve(model: FakeModel, guarded: Guarded) -> None:
    async with FakeCluster(model, guarded.guard()) as fake:
        print(fake.bootstrap.partition(",")[0], flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            churn(model)
            print("done", flush=True)


def main(words: Sequence[str]) -> int:
    """Serve until the other end closes our input."""
    brokers, topics, copies, groups = map(int, words[:4])
    guarded = msgspec.json.decode(Path(words[4]).read_bytes(), type=Guarded) if words[4:] else Guarded()
    asyncio.run(_serve(model_of(brokers, topics, copies, groups), guarded))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
