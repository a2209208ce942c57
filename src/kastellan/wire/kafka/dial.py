"""Opening a connection: look the name up, try its addresses, speak TLS; and say which of the ways it failed."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import msgspec

from kastellan.config.proxy import Proxy
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.daemon_thread import aside
from kastellan.wire.kafka.connection import Connection, Limits, ReceiveBuffer
from kastellan.wire.kafka.costs import Meter
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.permit import Permit
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.security import Security
from kastellan.wire.kafka.trouble import Refusal, of_os_error
from kastellan.wire.kafka.tunnel import tunnel
from kastellan.wire.tls.handshake_errors import certificate_facts, is_verdict_on_certificate, meaning
from kastellan.wire.tls.peek import certificate_of, complaint_of

Reach = Callable[[Deadline], Awaitable[socket.socket | Refusal]]
"""Opens a socket to one peer, the same way each time."""

_ORDER = (Trouble.INSECURE, Trouble.REFUSED, Trouble.SILENT, Trouble.UNREACHABLE)
"""When the addresses of a name fail in several ways, the way that says most about the peer."""
_PEEK_S = 2.0


class DialOptions(msgspec.Struct, frozen=True):
    """How every connection of a client is opened."""

    security: Security = msgspec.field(default_factory=lambda: Security.of(None))
    resolve: Mapping[str, str] = {}
    limits: Limits = Limits()
    permit: Permit | None = None
    meter: Meter = msgspec.field(default_factory=Meter)
    proxy: Proxy | None = None
    buffers: ReceiveBuffer = msgspec.field(default_factory=ReceiveBuffer)


async def dial(
    endpoint: Endpoint, deadline: Deadline, options: DialOptions, progress: Progress | None = None
) -> Connection | Refusal:
    """An open connection, or why there is none. The addresses of the name are tried in order within the deadline."""
    progress = progress or Progress()
    reached = endpoint.apply_mapping(options.resolve)
    whom = endpoint.label if reached == endpoint else f"{endpoint.label} by way of {reached.address}"
    if options.proxy is not None:
        way = partial(tunnel, options.proxy, reached.host, reached.port, endpoint.label)
        progress.stage = "connect through the proxy"
        return await _open(way, endpoint.host, deadline, endpoint.label, (options, progress))
    progress.stage = "look-up of its name"
    addresses = await addresses_of(reached, deadline, whom)
    if isinstance(addresses, Refusal):
        return addresses
    refusals: list[Refusal] = []
    for position, address in enumerate(addresses):
        share = deadline.within(deadline.remaining_s() / (len(addresses) - position))
        progress.stage = "connect"
        opened = await _open(partial(connect, address, reached.port, whom), endpoint.host, share, whom, (options, progress))
        if isinstance(opened, Connection) or opened.trouble is Trouble.INSECURE:
            return opened
        refusals.append(opened)
    return min(refusals, key=lambda refusal: _ORDER.index(refusal.trouble) if refusal.trouble in _ORDER else len(_ORDER))


async def explain_close(refusal: Refusal, connection: Connection, name: str, options: DialOptions, deadline: Deadline) -> Refusal:
    """A connection that a TLS peer closed on the first request: the peer is asked once more why, and nothing is sent."""
    context, reach = options.security.context, connection.reach
    if refusal.trouble is not Trouble.CLOSED or context is None or reach is None or connection.answers:
        return refusal
    error = await complaint_of(reach, name, context, deadline.within(_PEEK_S))
    if not isinstance(error, ssl.SSLError):
        return refusal
    reason, remedy = meaning(error, name, None, in_handshake=False)
    return Refusal(Trouble.INSECURE, f"{connection.whom} {reason}", remedy)


async def connect(address: str, port: int, whom: str, deadline: Deadline) -> socket.socket | Refusal:
    """A connected socket."""
    waited_s = deadline.remaining_s()
    plug = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    plug.setblocking(False)
    refusal: Refusal | None = None
    try:
        async with asyncio.timeout_at(deadline.at_s):
            await asyncio.get_running_loop().sock_connect(plug, (address, port))
    except TimeoutError:
        # TimeoutError is both our deadline and the kernel's ETIMEDOUT: either way nobody answered the connect.
        refusal = Refusal(Trouble.SILENT, f"{whom} did not answer the connect within {duration_text(waited_s * 1_000)}")
    except OSError as error:
        refusal = of_os_error(error, whom)
    except BaseException:
        plug.close()
        raise
    if refusal is not None:
        plug.close()
        return refusal
    return plug


async def _open(
    reach: Reach, name: str, deadline: Deadline, whom: str, manner: tuple[DialOptions, Progress]
) -> Connection | Refusal:
    """A connection over the socket that `reach` opens. `name` is what the certificate has to have."""
    options, progress = manner
    plug = await reach(deadline)
    if isinstance(plug, Refusal):
        return plug
    progress.stage = "TLS handshake"
    connection = Connection(whom, limits=options.limits, permit=options.permit, meter=options.meter, buffers=options.buffers)
    connection.reach = reach
    waited_s, context = deadline.remaining_s(), options.security.context
    try:
        async with asyncio.timeout_at(deadline.at_s):
            await asyncio.get_running_loop().create_connection(
                lambda: connection, sock=plug, ssl=context, server_hostname=name if context else None
            )
    except TimeoutError:
        plug.close()
        waited = duration_text(waited_s * 1_000)
        return Refusal(Trouble.SILENT, f"{whom} did not finish the TLS handshake within {waited}", "it may be no TLS listener")
    except (OSError, ValueError) as error:
        # ssl's errors are OSErrors; a ValueError is a name that no certificate can have.
        plug.close()
        der: bytes | None = None
        if is_verdict_on_certificate(error):
            der = await certificate_of(reach, name, options.security.curious, deadline.within(_PEEK_S))
        reason, remedy = meaning(error, name, certificate_facts(der) if der else None)
        return Refusal(Trouble.INSECURE, f"{whom} {reason}", remedy)
    return connection


async def addresses_of(endpoint: Endpoint, deadline: Deadline, whom: str) -> list[str] | Refusal:
    """Every address of the endpoint's name, or why there is none."""
    try:
        return [str(ipaddress.ip_address(endpoint.host))]
    except ValueError:
        pass
    try:
        async with asyncio.timeout_at(deadline.at_s):
            addresses = await _look_up(endpoint.host, endpoint.port)
    except TimeoutError:
        return Refusal(Trouble.UNRESOLVED, f"{whom}: the name service did not answer in time")
    except (OSError, UnicodeError) as error:
        failure = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, "not a host name")
        return of_os_error(failure, whom)
    return list(dict.fromkeys(addresses))


async def _look_up(host: str, port: int) -> list[str]:
    """The addresses of a name; a name service that hangs must not delay our exit."""

    def look() -> list[str]:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

    return await aside(look, f"look-up of {host}")
