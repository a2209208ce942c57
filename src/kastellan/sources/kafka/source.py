"""The Kafka source: one cluster, looked at again and again over connections that stay open."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from kastellan.config.proxy import Proxy
from kastellan.config.security import SecuritySettings
from kastellan.engine.requests import TableRequests
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unreachable
from kastellan.kernel.outcome import Outcome, Trouble
from kastellan.model.answer import Peer
from kastellan.model.answer_log import AnswerLog
from kastellan.model.collected import Collected
from kastellan.model.snapshot import Cost, Vantage
from kastellan.sources.kafka.collect import collect_tables
from kastellan.sources.kafka.collector import all_collectors
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
"""How much of the first look's time the bootstrap may take when nobody answers at once."""


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
        self._told_controllers = controllers or ""
        self._cache = DecodeCache()
        self._known = False
        self._reported = Costs()

    @property
    def name(self) -> str:
        """The source as its Answers name it."""
        return SOURCE

    @property
    def tables(self) -> frozenset[str]:
        """The tables that its collectors fill."""
        return frozenset(table.name for registered in all_collectors() for table in registered.collector.fills)

    async def collect(self, requests: TableRequests, answers: AnswerLog, deadline: Deadline) -> Collected:
        """See `Source`. Raises Unreachable when no bootstrap address answered, with what each of them said."""
        if not self._known:
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
        """Knock at every door once: the brokers', and the controllers' where their addresses were given."""
        doors = [(self._cluster, "brokers", self._bootstrap, self._security)]
        if self._controllers is not None:
            doors.append((self._controllers, "controllers", self._told_controllers, self._controller_guard))
        met = await asyncio.gather(*(meet(each, what, where, deadline) for each, what, where, _ in doors))
        # Who we are may be known only after the login: a token says it.
        return [msgspec.structs.replace(door, principal=by.principal) for door, (*_, by) in zip(met, doors, strict=True)]

    async def _first_contact(self, deadline: Deadline) -> None:
        found = await self._cluster.bootstrap(deadline.within(deadline.remaining_s() * _FIRST_CONTACT_SHARE))
        if found.value is None:
            raise Unreachable(_nobody(found))
        # Who answered first is asked first: another one may be slow just now.
        first = found.value.told_by.address
        self._cache.reached = {
            each.node_id: True for each in found.value.nodes if each.address == first and each.node_id is not None
        }
        self._known = True

    async def close(self) -> None:
        """Ends all connections."""
        await self._cluster.close()
        if self._controllers is not None:
            await self._controllers.close()


def _nobody(found: Outcome[ClusterMembers]) -> str:
    """One sentence on why no broker could be asked; what went wrong with TLS or the login names its own remedy."""
    if found.trouble is Trouble.UNAUTHENTICATED:
        return f"no broker let us in: {found.sentence}"
    if found.trouble is Trouble.INSECURE:
        return f"no broker could be spoken to over TLS: {found.sentence}"
    return f"no broker answered from here: {found.sentence}; check --bootstrap-server, the listener and the network between"
