"""What every collector of one collection needs: connections, requester, answer log, deadline, and who is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from typing import Any, Final, TypeVar

import msgspec

from kastellan.engine.requests import TableRequests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.kernel.fan_out import fan_out
from kastellan.kernel.outcome import Outcome, State
from kastellan.model.answer import Peer, broker_peer
from kastellan.model.table import Table
from kastellan.sources.kafka.cluster_members import Members
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Decoder, Requester, Response
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import RequestSpec

P = TypeVar("P", bound=Hashable)
R = TypeVar("R")

NO_LEADER: Final = Peer("the partitions without a leader")

_FULL_RIGHTS: Final = sum(1 << code for code in (5, 7, 8, 9, 10, 11, 12))
"""AclOperation codes that a principal without limits has on the cluster (KIP-430)."""
_DESCRIBE: Final = 1 << 8

_FENCED_S: Final = 1.0
"""How long a broker that the controller has fenced may take to answer: mostly it is dead."""
_FENCED_SHARE: Final = 0.6
"""And which part of the remaining time at most."""

_CONTROLLER_LANE: Final = "controller"
_CONTROLLER_SHARE: Final = 0.6
"""Without an active controller nobody answers, and what follows must have time."""
_GRACE_S: Final = 8.0


class CollectSession(msgspec.Struct, frozen=True, kw_only=True):
    """One collection. `controllers` is the client of the controllers, where their addresses were given."""

    cluster: Cluster
    controllers: Cluster | None
    cache: DecodeCache
    requester: Requester
    answers: KafkaAnswers
    deadline: Deadline
    requests: TableRequests
    requested: frozenset[str]
    """The tables that are requested."""
    wanted: frozenset[type]
    """The requested tables, and what their collectors need of others."""
    members: Members

    def wants(self, *kinds: type) -> bool:
        """Whether any of these outputs is wanted."""
        return not self.wanted.isdisjoint(kinds)

    def requests_any(self, *tables: type[Table]) -> bool:
        """Whether any of these tables is requested, not only needed for another one."""
        return any(table.name in self.requested for table in tables)

    @property
    def nodes(self) -> tuple[int, ...]:
        """The live brokers: those that are asked."""
        return self.members.live

    @property
    def has_full_rights(self) -> bool:
        """Nothing is left out silently for this principal."""
        return self.members.rights & _FULL_RIGHTS == _FULL_RIGHTS

    @property
    def may_describe(self) -> bool:
        """This principal may describe the cluster, which includes every group."""
        return self.has_full_rights or bool(self.members.rights & _DESCRIBE)

    def grade_visible_only(self, answer: int, entities: str) -> None:
        """Lower an answer in which the protocol left something out silently."""
        self.answers.grade(answer, State.VISIBLE_ONLY, f"{entities} that this principal may not describe are left out silently")

    async def ask_any(self, spec: RequestSpec, decoder: Decoder | None = None) -> Response:
        """Ask whichever live broker answers."""
        return await self.requester.ask_any(self.nodes or self.cluster.nodes, spec, self.deadline, decoder=decoder)

    async def ask_controller(self, spec: RequestSpec) -> Response:
        """Ask what brokers forward to the active controller.

        A broker works on one request of a connection at a time, and holds a forwarded one as long as the controller is
        silent: over the connection of the other requests it would make every broker look silent.
        """
        share = self.share_of_time(_CONTROLLER_SHARE)
        return await self.requester.ask_any(self.nodes or self.cluster.nodes, spec, share, channel=_CONTROLLER_LANE)

    async def run_each(self, items: Iterable[P], run: Callable[[P], Awaitable[R]]) -> list[R]:
        """Run a chain of requests for each item at once; the results are in the order of the items.

        Raises what the first of them raised, after all have ended: no request is left behind.
        """
        errors: list[Exception] = []

        async def run_one(item: P, _: Deadline) -> Outcome[tuple[R]]:
            try:
                return Outcome(value=(await run(item),), state=State.COMPLETE, sent_ms=0)
            except Exception as error:
                errors.append(error)
                raise

        outcomes = await fan_out(items, run_one, self.deadline, grace_s=_GRACE_S)
        if errors:
            raise errors[0]
        results = [outcome.value[0] for outcome in outcomes.values() if outcome.value is not None]
        if len(results) < len(outcomes):
            raise Unavailable("it did not end in time")
        return results

    def share_of_time(self, share: float) -> Deadline:
        """A share of the time that is left."""
        return self.deadline.within(self.deadline.remaining_s() * share)

    def patience(self, node: int) -> Deadline:
        """Until when a broker may answer: a live one to the end, one that is fenced for a moment."""
        return self.deadline if node in self.nodes else self.share_of_time(_FENCED_SHARE).within(_FENCED_S)

    def dead_brokers(self, metadata: TopicMetadata | None) -> list[int]:
        """Brokers that the cluster names and that are not live: there is nobody to ask."""
        named = set(self.cluster.nodes)
        if metadata is not None:
            frame = metadata.topology.replicas
            named |= self.cache.derive("holders", (frame,), lambda: set(frame["broker"].unique().drop_nulls()))
        return sorted(named - set(self.nodes))

    def enter_not_live(self, request: str, node: int) -> int:
        """The Answer of a broker that was not asked."""
        return self.answers.enter_unsent(request, broker_peer(node), "the cluster does not list it as live")


def binding(build: Callable[..., Any], *values: Any, **named: Any) -> Callable[[int], Any]:  # noqa: ANN401
    """A request builder that only lacks the version."""
    return lambda version: build(version, *values, **named)


def packed_once(build: Callable[[int], EncodedRequest]) -> Callable[[int], EncodedRequest]:
    """The same request, packed once for each version: for whoever keeps it from collection to collection."""
    by_version = dict[int, EncodedRequest]()

    def encode(version: int) -> EncodedRequest:
        if version not in by_version:
            by_version[version] = build(version)
        return by_version[version]

    return encode


def slices(items: Sequence[str], size: int) -> list[Sequence[str]]:
    """The items, at most `size` at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]
