"""The way to a cluster, layer by layer: each is tried by itself, so that the one that breaks is named."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping
from functools import partial
from itertools import chain
from statistics import median
from typing import Final

import msgspec

from kastellan.config.proxy import Proxy
from kastellan.config.security import Protocol, SecuritySettings
from kastellan.kernel.addresses import address_text
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text, plural
from kastellan.model.probe import Layer, Sign, Step
from kastellan.sources.kafka.client_messages import Failure, failure_of_tls, sentences
from kastellan.sources.kafka.probing_cluster import cluster_steps
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.connection import Connection
from kastellan.wire.kafka.dial import DialOptions, Reach, addresses_of, connect, dial
from kastellan.wire.kafka.endpoint import Endpoint, parse_endpoints
from kastellan.wire.kafka.handshake import NEWEST, Greeting, Handshake, greet
from kastellan.wire.kafka.requests import api_versions
from kastellan.wire.kafka.sasl.exchange import Session, offered_mechanisms
from kastellan.wire.kafka.security import Security
from kastellan.wire.kafka.trouble import Refusal
from kastellan.wire.kafka.tunnel import tunnel
from kastellan.wire.tls.handshake_errors import CertificateFacts, certificate_facts
from kastellan.wire.tls.peek import certificate_of, complaint_of

_MOST_ADDRESSES: Final = 8
_SHARE: Final = 0.4
"""Of the time that is left, for one layer: the others need theirs."""
_PEEK_S: Final = 2.0
_SOON_DAYS: Final = 30
_PINGS: Final = 5


class KafkaProbe:
    """Probes one cluster once."""

    def __init__(
        self,
        bootstrap: str,
        *,
        resolve: Mapping[str, str] | None = None,
        security: SecuritySettings | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        """Raises BadInput for an address that is none or a key store that cannot be used, MissingTool for an extra."""
        self._endpoints = parse_endpoints(bootstrap, option="HOST:PORT")
        self._settings = security or SecuritySettings()
        self._options = DialOptions(security=Security.of(security), resolve=resolve or {}, proxy=proxy)

    @property
    def principal(self) -> str:
        """Who we are, as far as it is known from here."""
        return self._options.security.principal

    async def run(self, deadline: Deadline) -> tuple[Step, ...]:
        """All steps, in the order in which a connection is built. Nothing is raised for what the outside does."""
        by_endpoint = {endpoint: await self._way(endpoint, deadline) for endpoint in self._endpoints}
        through = next((endpoint for endpoint, steps in by_endpoint.items() if all(map(_held, steps))), None)
        if through is None:
            return tuple(chain.from_iterable(by_endpoint.values()))
        # A client that cannot reach one bootstrap address goes on to the next; one that is refused by TLS or login does not.
        steps = [_as_warning(step) if step.layer in _PASSED_OVER else step for steps in by_endpoint.values() for step in steps]
        cluster = Cluster((through,), resolve=self._options.resolve, security=self._options.security, proxy=self._options.proxy)
        async with cluster:
            steps += await cluster_steps(cluster, through, deadline)
        return tuple(steps)

    async def _way(self, endpoint: Endpoint, deadline: Deadline) -> list[Step]:
        """From the name to the login, of one address; it ends at the first layer that fails."""
        steps, reach = await self._reach_endpoint(endpoint, deadline)
        if reach is None:
            return steps
        if self._options.security.context is not None:
            steps.append(await self._tls(endpoint, reach, self._options.security.context, deadline))
            if steps[-1].sign is Sign.FAILED:
                return steps
        began = time.monotonic()
        greeting = await greet(endpoint, _part(deadline), self._options)
        if isinstance(greeting, Refusal):
            return [*steps, await self._unspoken(endpoint, greeting, reach, deadline)]
        try:
            return steps + await self._spoken(endpoint, greeting, began, deadline)
        finally:
            await greeting.connection.aclose()

    async def _reach_endpoint(self, endpoint: Endpoint, deadline: Deadline) -> tuple[list[Step], Reach | None]:
        """Name and TCP, or the proxy in place of both."""
        reached = endpoint.apply_mapping(self._options.resolve)
        if self._options.proxy is not None:
            reach = partial(tunnel, self._options.proxy, reached.host, reached.port, endpoint.label)
            began = time.monotonic()
            plug = await reach(_part(deadline))
            if isinstance(plug, Refusal):
                return [_failed_step(Layer.TCP, endpoint, plug)], None
            plug.close()
            return [_ok(Layer.TCP, endpoint.address, "connected through the proxy", began)], reach
        began = time.monotonic()
        addresses = await addresses_of(reached, _part(deadline), endpoint.label)
        if isinstance(addresses, Refusal):
            fix = "check the spelling and the name service of this machine, or map the name: --resolve HOST:PORT=HOST:PORT"
            return [_failed_step(Layer.NAME, endpoint, addresses, Failure.UNRESOLVED, fix)], None
        by_way = "" if reached == endpoint else f", by way of {reached.address} (--resolve)"
        address_list = f"{plural(len(addresses), 'address', 'addresses')}: {', '.join(addresses[:_MOST_ADDRESSES])}{by_way}"
        steps = [_ok(Layer.NAME, endpoint.address, address_list, began)]
        share = _part(deadline)
        labels = [address_text(address, reached.port) for address in addresses[:_MOST_ADDRESSES]]
        ways = [partial(connect, address, reached.port, label) for address, label in zip(addresses, labels, strict=False)]
        tried = await asyncio.gather(*(_tcp(way, label, share) for way, label in zip(ways, labels, strict=True)))
        good = next((way for way, step in zip(ways, tried, strict=True) if step.sign is Sign.OK), None)
        if good is not None:
            # One address that works is enough for a client: the others are worth a look.
            tried = [_as_warning(step) for step in tried]
        return [*steps, *tried], good

    async def _tls(self, endpoint: Endpoint, reach: Reach, context: ssl.SSLContext, deadline: Deadline) -> Step:
        began = time.monotonic()
        share = _part(deadline)
        der = await certificate_of(reach, endpoint.host, self._options.security.curious, share)
        peer = certificate_facts(der) if der is not None else None
        opened = await dial(endpoint, share, self._options)
        if isinstance(opened, Connection):
            await opened.aclose()
            return _certificate(endpoint, peer, began)
        error = await complaint_of(reach, endpoint.host, context, share.within(_PEEK_S))
        return _failed_step(Layer.TLS, endpoint, opened, failure_of_tls(error) if error is not None else None)

    async def _spoken(self, endpoint: Endpoint, greeting: Greeting, began: float, deadline: Deadline) -> list[Step]:
        """The first Kafka exchange, the login, and how long a round trip takes."""
        connection, hands = greeting.connection, greeting.handshake
        offers = f"offers {plural(len(hands.ranges), 'request')}"
        if hands.asked_first != NEWEST:
            offers += f"; it closed the connection on ApiVersions {NEWEST} and answered version {hands.version}"
        steps = [_ok(Layer.KAFKA, endpoint.address, offers, began)]
        login = await self._login(endpoint, connection, hands, deadline)
        steps.append(login)
        if login.sign is not Sign.FAILED:
            steps.append(await _pace(endpoint, connection, hands, deadline))
        return steps

    async def _unspoken(self, endpoint: Endpoint, refusal: Refusal, reach: Reach, deadline: Deadline) -> Step:
        """Why no Kafka is spoken: another protocol, a TLS listener, or a certificate that came too late to be refused."""
        if self._settings.protocol.tls:
            # Whoever wants a certificate and got none closes the connection, with or without a word of TLS.
            meant = refusal.trouble is Trouble.INSECURE or (
                refusal.trouble is Trouble.CLOSED and self._settings.tls.identity is None
            )
            return _failed_step(Layer.TLS, endpoint, refusal, Failure.CLIENT_CERTIFICATE if meant else None)
        der = await certificate_of(reach, endpoint.host, self._options.security.curious, deadline.within(_PEEK_S))
        peer = certificate_facts(der) if der is not None else None
        if peer is not None:
            protocol = Protocol.SASL_SSL if self._settings.protocol.sasl else Protocol.SSL
            return Step(
                layer=Layer.KAFKA,
                of=endpoint.address,
                sign=Sign.FAILED,
                observation=f"the listener speaks TLS (as {peer.subject}), and this client was told {self._settings.protocol}",
                fix=f"set security.protocol={protocol} (and ssl.truststore.location)",
                clients=sentences(Failure.TLS_WANTED),
            )
        return _failed_step(Layer.KAFKA, endpoint, refusal, Failure.NOT_KAFKA if refusal.trouble is Trouble.GARBLED else None)

    async def _login(self, endpoint: Endpoint, connection: Connection, hands: Handshake, deadline: Deadline) -> Step:
        began = time.monotonic()
        offers = await self._offers(endpoint, hands, deadline)
        login = self._options.security.login
        named = ", ".join(offers) if isinstance(offers, tuple) else ""
        if login is None:
            if not named:
                sign = Sign.OK if isinstance(offers, tuple) else Sign.UNKNOWN
                return Step(layer=Layer.LOGIN, of=endpoint.address, sign=sign, observation="the listener asks for no login")
            protocol = Protocol.SASL_SSL if self._settings.protocol.tls else Protocol.SASL_PLAINTEXT
            return Step(
                layer=Layer.LOGIN,
                of=endpoint.address,
                sign=Sign.FAILED,
                observation=f"the listener wants a login by {named}, and this client was told {self._settings.protocol}",
                fix=f"set security.protocol={protocol}, sasl.mechanism and sasl.jaas.config",
                clients=sentences(Failure.SASL_WANTED),
            )
        outcome = await login.log_in(connection, endpoint, hands.ranges, _part(deadline))
        if isinstance(outcome, Session):
            life = f"; the session lasts {duration_text(outcome.lifetime_ms)}" if outcome.lifetime_ms else ""
            return _ok(Layer.LOGIN, endpoint.address, f"{self.principal} by {login.mechanism}; offered: {named}{life}", began)
        failure = Failure.CREDENTIALS
        if isinstance(offers, tuple) and login.mechanism not in offers:
            failure = Failure.MECHANISM if offers else Failure.NO_SASL
        meant = failure if outcome.trouble is Trouble.UNAUTHENTICATED else None
        return _failed_step(Layer.LOGIN, endpoint, outcome, meant, mechanism=login.mechanism)

    async def _offers(self, endpoint: Endpoint, hands: Handshake, deadline: Deadline) -> tuple[str, ...] | Refusal:
        """The mechanisms of the listener, over a connection of its own."""
        share = _part(deadline)
        greeting = await greet(endpoint, share, self._options, version=hands.asked_first)
        if isinstance(greeting, Refusal):
            return greeting
        try:
            return await offered_mechanisms(greeting.connection, share)
        finally:
            await greeting.connection.aclose()


async def _tcp(way: Reach, address: str, deadline: Deadline) -> Step:
    began = time.monotonic()
    plug = await way(deadline)
    if isinstance(plug, Refusal):
        failure = Failure.REFUSED if plug.trouble is Trouble.REFUSED else Failure.NO_ANSWER
        return Step(
            layer=Layer.TCP, of=address, sign=Sign.FAILED, observation=plug.reason,
            fix=_TCP_FIX.get(plug.trouble, _TCP_FIX[Trouble.SILENT]), clients=sentences(failure),
        )  # fmt: skip
    plug.close()
    return _ok(Layer.TCP, address, "connected", began)


_TCP_FIX: Final = {
    Trouble.REFUSED: "check the port, that the broker runs, and that its listener is bound to this address",
    Trouble.SILENT: "a firewall, a security group or a routing rule swallows the packets: open the port from here",
    Trouble.UNREACHABLE: "there is no route from here: check the network, a VPN, or use --resolve or --proxy",
}


_PASSED_OVER: Final = frozenset({Layer.NAME, Layer.TCP, Layer.KAFKA})


def _held(step: Step) -> bool:
    return step.sign is not Sign.FAILED


def _as_warning(step: Step) -> Step:
    """The step where another address works instead: worth a look, and no client reports it as an error."""
    return step if _held(step) else msgspec.structs.replace(step, sign=Sign.WARNING, clients={})


def _certificate(endpoint: Endpoint, peer: CertificateFacts | None, began: float) -> Step:
    if peer is None:
        return _ok(Layer.TLS, endpoint.address, "the handshake went well; the certificate was not seen", began)
    left_days = int((peer.not_after.timestamp() - time.time()) // 86_400)
    text = (
        f"certificate of {peer.subject} for {', '.join(peer.names) or 'no name'}, by {peer.issuer}, until "
        f"{peer.not_after:%Y-%m-%d} ({plural(left_days, 'day')})"
    )
    if left_days >= _SOON_DAYS:
        return _ok(Layer.TLS, endpoint.address, text, began)
    return Step(
        layer=Layer.TLS, of=endpoint.address, sign=Sign.WARNING, observation=text, took_ms=_ms(began),
        fix="renew it on the broker before that day; brokers take a new keystore by a dynamic config, without a restart",
    )  # fmt: skip


async def _pace(endpoint: Endpoint, connection: Connection, hands: Handshake, deadline: Deadline) -> Step:
    """A few of the smallest questions, one after the other."""
    took: list[float] = []
    for _ in range(_PINGS):
        began = time.monotonic()
        if isinstance(await connection.ask(api_versions(hands.version), _part(deadline)), Refusal):
            break
        took.append(_ms(began))
    if not took:
        return Step(layer=Layer.PACE, of=endpoint.address, sign=Sign.UNKNOWN, observation="no round trip could be timed")
    text = f"{duration_text(min(took))} to {duration_text(max(took))}, {duration_text(median(took))} by the median of {len(took)}"
    return Step(layer=Layer.PACE, of=endpoint.address, sign=Sign.OK, observation=text)


def _failed_step(
    layer: Layer, endpoint: Endpoint, refusal: Refusal, failure: Failure | None = None, fix: str = "", *, mechanism: str = ""
) -> Step:
    return Step(
        layer=layer,
        of=endpoint.address,
        sign=Sign.FAILED,
        observation=refusal.reason,
        fix=refusal.remedy or fix or _FIX.get(refusal.trouble, ""),
        clients=sentences(failure, mechanism),
    )


_FIX: Final = {
    Trouble.SILENT: "the peer accepts and says nothing: look whether its process is frozen or overloaded, and for a firewall",
    Trouble.SLOW: "the peer is slow: give it more time (--timeout), and look at its load",
    Trouble.CLOSED: "the peer closes the connection: compare security.protocol on both sides, and read its log",
    Trouble.GARBLED: "check the port: what answers there is not Kafka",
}


def _ok(layer: Layer, of: str, text: str, began: float) -> Step:
    return Step(layer=layer, of=of, sign=Sign.OK, observation=text, took_ms=_ms(began))


def _ms(began: float) -> float:
    return round((time.monotonic() - began) * 1_000, 1)


def _part(deadline: Deadline) -> Deadline:
    return deadline.within(deadline.remaining_s() * _SHARE)
