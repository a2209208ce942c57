"""The Kafka source: one cluster, collected from again and again over connections that stay open."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from kastellan.config.proxy import Proxy
from kastellan.config.security import SecuritySettings
from kastellan.engine.requests import TableRequests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unreachable
from kastellan.kernel.fan_out import fan_out
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.model.answer import Peer
from kastellan.model.answer_log import AnswerLog
from kastellan.model.collected import Collected
from kastellan.model.snapshot import Cost, Vantage
from kastellan.sources.kafka.collect import collect_tables
from kastellan.sources.kafka.collector import filled_tables
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import SOURCE, KafkaAnswers
from kastellan.sources.kafka.meeting import Door, meet
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.connection import CLIENT_ID, Limits
from kastellan.wire.kafka.costs import Costs, Meter
from kastellan.wire.kafka.endpoint import Endpoint, parse_endpoints
from kastellan.wire.kafka.members import ClusterMembers
from kastellan.wire.kafka.security import Security

_FIRST_CONTACT_SHARE: Final = 0.5
"""How much of the first collection's time the bootstrap may take when nobody answers at once."""


class KafkaSource:
    """A `Source` (see `ports`) over the Kafka protocol."""

    def __init__(
        self,
        bootstrap: str,
        *,
        resolve: Mapping[str, str] | None = None,
        security: SecuritySettings | None = None,
        client_id: str | None = None,
        proxy: Proxy | None = None,
        controllers: str | None = None,
        controller_security: SecuritySettings | None = None,
    ) -> None:
        """Raises BadInput for an address or a file that cannot be used, MissingTool for a mechanism whose extra is missing."""
        meter = Meter()
        limits = Limits(client_id=client_id or CLIENT_ID)

        def client(addresses: Sequence[Endpoint], security: Security) -> Cluster:
            return Cluster(addresses, resolve=resolve, security=security, limits=limits, proxy=proxy, meter=meter)

        self._bootstrap = bootstrap
        self._security = Security.of(security)
        self._cluster = client(parse_endpoints(bootstrap), self._security)
        self._controllers: Cluster | None = None
        self._controller_guard = self._security
        if controllers is not None:
            addresses = parse_endpoints(controllers, role="controller", option="--bootstrap-controller")
            self._controller_guard = Security.of(controller_security)
            self._controllers = client(addresses, self._controller_guard)
        self._controller_addresses = controllers or ""
        self._cache = DecodeCache()
        self._contacted = False
        self._reported = Costs()

    @property
    def name(self) -> str:
        """The source as its Answers name it."""
        return SOURCE

    @property
    def tables(self) -> frozenset[str]:
        """The tables that its collectors fill."""
        return filled_tables()

    async def collect(self, requests: TableRequests, answers: AnswerLog, deadline: Deadline) -> Collected:
        """See `Source`. Raises Unreachable when no bootstrap address answered, with what each of them said."""
        if not self._contacted:
            await self._first_contact(deadline)
        collected = await collect_tables(self._cluster, self._cache, requests, answers, deadline, self._controllers)
        self._enter_dead_addresses(answers)
        return Collected(
            tables=collected.tables,
            cost=self._cost(),
            cluster_id=collected.cluster_id,
            vantage=Vantage(host=socket.gethostname(), bootstrap=self._bootstrap, principal=self._security.principal),
        )

    def _enter_dead_addresses(self, answers: AnswerLog) -> None:
        """Enter each bootstrap address that led nowhere at first contact, although another one did not.

        No table rests on it: clients that have these addresses go on to the next one. An address that is still silent when the
        collection ends is not among them.
        """
        entries = KafkaAnswers(answers)
        for endpoint, outcome in self._cluster.bootstrap_outcomes.items():
            if not outcome.ok:
                entries.enter(outcome, api_name(Api.DESCRIBE_CLUSTER), Peer("bootstrap", endpoint.address))

    def _cost(self) -> Cost:
        """What was sent since the last collection that reported its cost: bootstrap and failed attempts included."""
        total = self._cluster.costs()
        spent, self._reported = total.since(self._reported), total
        return Cost(
            requests=spent.total.requests,
            sent_bytes=spent.total.bytes_out,
            received_bytes=spent.total.bytes_in,
            broker_ms=round(spent.total.broker_ms),
            by_request={name: cost.requests for name, cost in spent.by_api.items() if cost.requests},
        )

    async def meet(self, deadline: Deadline) -> list[Door]:
        """Connect once to the brokers, and to the controllers where their addresses were given."""
        doors = [(self._cluster, "brokers", self._bootstrap, self._security)]
        if self._controllers is not None:
            doors.append((self._controllers, "controllers", self._controller_addresses, self._controller_guard))

        async def meet_one(place: int, deadline: Deadline) -> Outcome[Door]:
            cluster, role, addresses, _ = doors[place]
            return Outcome(value=await meet(cluster, role, addresses, deadline), state=State.COMPLETE, sent_ms=0)

        outcomes = await fan_out(range(len(doors)), meet_one, deadline)
        met = [
            outcome.value or Door(role=role, addresses=addresses, reason=outcome.reason)
            for outcome, (_, role, addresses, _) in zip(outcomes.values(), doors, strict=True)
        ]
        # Who we are may be known only after the login: a token says it.
        return [msgspec.structs.replace(door, principal=guard.principal) for door, (*_, guard) in zip(met, doors, strict=True)]

    async def _first_contact(self, deadline: Deadline) -> None:
        outcome = await self._cluster.bootstrap(deadline.within(deadline.remaining_s() * _FIRST_CONTACT_SHARE))
        if outcome.value is None:
            raise Unreachable(_unreachable_text(outcome))
        # The broker that answered first is asked first: another one may be slow just now.
        first = outcome.value.told_by.address
        nodes = (node for node in outcome.value.nodes if node.address == first and node.node_id is not None)
        self._cache.reached = {node.node_id: True for node in nodes if node.node_id is not None}
        self._contacted = True

    async def close(self) -> None:
        """End all connections."""
        await self._cluster.close()
        if self._controllers is not None:
            await self._controllers.close()


def _unreachable_text(outcome: Outcome[ClusterMembers]) -> str:
    """One sentence on why no broker could be asked; what went wrong with TLS or the login names its own remedy."""
    if outcome.trouble is Trouble.UNAUTHENTICATED:
        return f"no broker let us in: {outcome.sentence}"
    if outcome.trouble is Trouble.INSECURE:
        return f"no broker could be spoken to over TLS: {outcome.sentence}"
    return f"no broker answered from here: {outcome.sentence}; check --bootstrap-server, the listener and the network between"
