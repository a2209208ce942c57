"""Opening a connection: look the name up, try its addresses, say which of the ways it failed."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Mapping

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.kafka.connection import Connection, Limits
from kastellan.wire.kafka.costs import Meter
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.permit import Permit
from kastellan.wire.kafka.security import PLAINTEXT, Security
from kastellan.wire.kafka.trouble import Refusal, of_os_error

_ORDER = (Trouble.REFUSED, Trouble.SILENT, Trouble.UNREACHABLE)
"""When the addresses of a name fail in several ways, the way that says most about the peer."""


class How(msgspec.Struct, frozen=True):
    """How every connection of a client is opened."""

    security: Security = PLAINTEXT
    resolve: Mapping[str, str] = {}
    limits: Limits = Limits()
    permit: Permit | None = None
    meter: Meter = msgspec.field(default_factory=Meter)


async def dial(endpoint: Endpoint, deadline: Deadline, how: How) -> Connection | Refusal:
    """An open connection, or why there is none. The addresses of the name are tried in order within the deadline."""
    reached = endpoint.mapped(how.resolve)
    whom = endpoint.label if reached == endpoint else f"{endpoint.label} by way of {reached.address}"
    addresses = await _addresses(reached, deadline, whom)
    if isinstance(addresses, Refusal):
        return addresses
    refusals: list[Refusal] = []
    for position, address in enumerate(addresses):
        share = deadline.remaining_s() / (len(addresses) - position)
        opened = await _connect(address, reached, deadline.within(share), whom, how)
        if isinstance(opened, Connection):
            return opened
        refusals.append(opened)
    return min(refusals, key=lambda each: _ORDER.index(each.trouble) if each.trouble in _ORDER else len(_ORDER))


async def _connect(address: str, reached: Endpoint, deadline: Deadline, whom: str, how: How) -> Connection | Refusal:
    loop = asyncio.get_running_loop()
    context = how.security.ssl_context()
    waited_s = deadline.remaining_s()
    connection = Connection(whom, limits=how.limits, permit=how.permit, meter=how.meter)
    try:
        async with asyncio.timeout_at(deadline.at_s):
            await loop.create_connection(
                lambda: connection, address, reached.port, ssl=context, server_hostname=reached.host if context else None
            )
    except TimeoutError:
        # TimeoutError is both our deadline and the kernel's ETIMEDOUT: either way nobody answered the connect.
        connection.close()
        return Refusal(Trouble.SILENT, f"{whom} did not answer the connect within {duration_text(waited_s * 1_000)}")
    except OSError as error:
        return of_os_error(error, whom)
    return connection


async def _addresses(endpoint: Endpoint, deadline: Deadline, whom: str) -> list[str] | Refusal:
    try:
        return [str(ipaddress.ip_address(endpoint.host))]
    except ValueError:
        pass
    try:
        async with asyncio.timeout_at(deadline.at_s):
            found = await _look_up(endpoint.host, endpoint.port)
    except TimeoutError:
        return Refusal(Trouble.UNRESOLVED, f"{whom}: the name service did not answer in time")
    except (OSError, UnicodeError) as error:
        known = error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME, "not a host name")
        return of_os_error(known, whom)
    return list(dict.fromkeys(found))


async def _look_up(host: str, port: int) -> list[str]:
    """The addresses of a name, looked up on a daemon thread: a name service that hangs must not delay our exit."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[str]] = loop.create_future()

    def settle(found: list[str], error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(found)
        else:
            future.set_exception(error)

    def look() -> None:
        found: list[str] = []
        error: Exception | None = None
        try:
            found = [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError) as failure:
            error = failure
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
            loop.call_soon_threadsafe(settle, found, error)

    threading.Thread(target=look, name=f"look-up of {host}", daemon=True).start()
    return await future
