"""The state of one look, shared by its questions."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any, Final, TypeVar

from kastellan.engine.requests import TableRequests, members_of, tables_of
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.answer import Peer, broker_peer
from kastellan.model.table import Table
from kastellan.model.tables.commit_times import CommitTimes
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.topics import Topology
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Ask, Got, Requester, Turn
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import RequestSpec

R = TypeVar("R")

_FULL_RIGHTS: Final = sum(1 << each for each in (5, 7, 8, 9, 10, 11, 12))
"""AclOperation codes that a principal without limits has on the cluster (KIP-430)."""

NO_LEADER: Final = Peer("the partitions without a leader")

_DESCRIBE: Final = 1 << 8
_PATIENCE_SHARE: Final = 0.2
"""The part of the time after which such things are asked although a coordinator is silent and the ends wait for it."""

_FENCED_S: Final = 1.0
"""How long a broker that the controller has fenced may take to say anything to us: mostly it is dead."""
_FENCED_SHARE: Final = 0.6
"""And which part of the remaining time at most."""

_CONTROLLER_LANE: Final = "controller"
_CONTROLLER_SHARE: Final = 0.6
"""Without an active controller nobody answers, and what follows must have time."""


class CollectSession:
    """One look under way: what is wanted, until when, who is there, and what came in so far."""

    def __init__(
        self,
        cluster: Cluster,
        memory: DecodeCache,
        requests: TableRequests,
        answers: KafkaAnswers,
        deadline: Deadline,
        controllers: Cluster | None = None,
    ) -> None:
        self.cluster = cluster
        self.controllers = controllers
        """The controllers, where their addresses were given."""
        self.memory = memory
        self.requests = requests
        self._wanted = tables_of(requests)
        self.deadline = deadline
        self.answers = answers
        self.asking = Requester(cluster, self.answers, memory)
        self.tables: dict[str, Table] = {}
        self.nodes: tuple[int, ...] = ()
        """The live brokers: those that are asked."""
        self.cluster_id: str | None = None
        self.rights = 0
        self.topology: Topology | None = None
        self.features_told = asyncio.Event()
        """Set once a broker told its features, or none will."""
        self.ends_told = asyncio.Event()
        """Set once end offsets begin to come in, or none will: what nobody waits for lets commits and ends go first."""

    def wants(self, *tables: str) -> bool:
        """Whether any of these tables is wanted."""
        return not self._wanted.isdisjoint(tables)

    def put(self, *tables: Table) -> None:
        """Take over tables, in place of earlier ones of the same kind."""
        for table in tables:
            self.tables[table.name] = table

    @property
    def full_rights(self) -> bool:
        """Nothing is left out silently for this principal."""
        return self.rights & _FULL_RIGHTS == _FULL_RIGHTS

    @property
    def may_describe(self) -> bool:
        """This principal may describe the cluster, which includes every group."""
        return self.full_rights or bool(self.rights & _DESCRIBE)

    def visible_only(self, answer: int, what: str) -> None:
        """Lower an answer in which the protocol left something out silently."""
        self.answers.grade(answer, State.VISIBLE_ONLY, f"{what} that this principal may not describe are left out silently")

    async def ask(
        self, node: int, request: RequestSpec, deadline: Deadline | None = None, *, lane: str = "main", turn: Turn | None = None
    ) -> Got:
        """Ask one broker."""
        return await self.asking.ask(node, request, deadline or self.deadline, lane=lane, turn=turn)

    async def all(
        self,
        asks: Sequence[Ask],
        deadline: Deadline | None = None,
        *,
        lane: str = "main",
        told: Callable[[int, Got], None] | None = None,
    ) -> list[Got]:
        """Ask many at once: what came of each, in this order."""
        return await self.asking.all(asks, deadline or self.deadline, lane=lane, told=told)

    async def any(self, request: RequestSpec, turn: Turn | None = None) -> Got:
        """Ask whichever live broker answers."""
        return await self.asking.any(self.nodes or self.cluster.nodes, request, self.deadline, turn=turn)

    async def controller(self, request: RequestSpec) -> Got:
        """Ask what brokers forward to the active controller.

        A broker works on one question of a connection at a time, and holds a forwarded one as long as the controller is
        silent: over the connection of the other questions it would make every broker look silent.
        """
        share = self.deadline.within(self.deadline.remaining_s() * _CONTROLLER_SHARE)
        return await self.asking.any(self.nodes or self.cluster.nodes, request, share, lane=_CONTROLLER_LANE)

    async def each(self, ask: Callable[[int], Awaitable[R]]) -> list[tuple[int, R]]:
        """Ask all live brokers at once."""
        return list(zip(self.nodes, await asyncio.gather(*(ask(node) for node in self.nodes)), strict=True))

    def part_of_time(self, share: float) -> Deadline:
        """A share of the time that is left."""
        return self.deadline.within(self.deadline.remaining_s() * share)

    def patience(self, node: int) -> Deadline:
        """Until when a broker may answer: a live one to the end, one that is fenced for a moment."""
        return self.deadline if node in self.nodes else self.part_of_time(_FENCED_SHARE).within(_FENCED_S)

    async def behind_the_ends(self) -> None:
        """Wait until end offsets begin to come in: what nobody waits for lets commits and ends go first, for a while."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.ends_told.wait(), self.part_of_time(_PATIENCE_SHARE).remaining_s())

    @property
    def dead(self) -> list[int]:
        """Brokers that the cluster names and that are not live: there is nobody to ask."""
        named = set(self.cluster.nodes)
        if (topology := self.topology) is not None:
            named |= self.memory.made("holders", (topology,), lambda: set(topology.replicas["broker"].unique().drop_nulls()))
        return sorted(named - set(self.nodes))

    def not_live(self, asked: str, node: int) -> int:
        """The Answer of a broker that was not asked."""
        return self.unsent(asked, broker_peer(node), "the cluster does not list it as live")

    def unsent(self, asked: str, peer: Peer, reason: str) -> int:
        """The Answer to a request that was not sent."""
        return self.answers.enter_unsent(asked, peer, reason)

    @property
    def timed_groups(self) -> frozenset[str]:
        """The groups of which commit times are wanted; empty where those of all are."""
        members = [request.members for request in self.requests if request.table == CommitTimes.name]
        return members_of(self.requests, CommitTimes.name) if all(members) else frozenset()


def binding(build: Callable[..., Any], *values: Any, **named: Any) -> Callable[[int], Any]:  # noqa: ANN401
    """A request builder that only lacks the version."""
    return lambda version: build(version, *values, **named)


def packed_once(build: Callable[[int], EncodedRequest]) -> Callable[[int], EncodedRequest]:
    """The same request, packed once for each version: for whoever keeps it from look to look."""
    by_version = dict[int, EncodedRequest]()

    def packed(version: int) -> EncodedRequest:
        if version not in by_version:
            by_version[version] = build(version)
        return by_version[version]

    return packed


def slices(items: Sequence[str], size: int) -> list[Sequence[str]]:
    """The items, at most `size` at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]
