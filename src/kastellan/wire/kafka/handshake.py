"""Opening a connection up to its first exchange: the versions that the peer offers (ApiVersions).

A peer that does not know the newest version of ApiVersions says so in version 0, and is asked again on the same connection
(KIP-511). Azure Event Hubs closes the connection instead, at version 4; such a peer is asked again with version 3 on a fresh one.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.codes import code_name
from kastellan.wire.kafka.connection import Connection, Frame
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.dial import DialOptions, dial, explain_close
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.requests import api_versions
from kastellan.wire.kafka.trouble import Refusal
from kastellan.wire.kafka.versions import Ranges, choose

NEWEST: Final = 4
"""The version of ApiVersions that a peer is asked first."""
_KNOWN_TO_ALL: Final = 3
"""What a peer is asked that closes the connection at a newer one. It tells the same but for the features of version 0."""
_UNSUPPORTED_VERSION: Final = 35


class Handshake(msgspec.Struct, frozen=True):
    """What a node said when the connection was opened.

    `ranges` are the versions it offers, `version` that of its answer, `frame` the answer itself, which holds the features too,
    and `asked_first` the version that it was asked first on this connection.
    """

    ranges: Ranges
    version: int
    frame: Frame
    asked_first: int = NEWEST


class Greeting(msgspec.Struct, frozen=True):
    """An open connection and its handshake; whoever gets it closes the connection."""

    connection: Connection
    handshake: Handshake


async def greet(
    endpoint: Endpoint, deadline: Deadline, options: DialOptions, progress: Progress | None = None, *, version: int = NEWEST
) -> Greeting | Refusal:
    """Open a connection and ask ApiVersions, beginning with this version of it. On a refusal nothing stays open."""
    progress = progress or Progress()
    connection = await dial(endpoint, deadline, options, progress)
    if isinstance(connection, Refusal):
        return connection
    progress.stage = "first exchange"
    try:
        handshake = await _shake_hands(connection, deadline, version)
    except BaseException:
        await connection.aclose()
        raise
    if isinstance(handshake, Handshake):
        return Greeting(connection, handshake)
    refusal = handshake
    await connection.aclose()
    if refusal.trouble is Trouble.CLOSED and version > _KNOWN_TO_ALL and not connection.answers:
        older = await greet(endpoint, deadline, options, progress, version=_KNOWN_TO_ALL)
        if isinstance(older, Greeting):
            return older
    return await explain_close(refusal, connection, endpoint.host, options, deadline)


async def _shake_hands(connection: Connection, deadline: Deadline, first: int) -> Handshake | Refusal:
    """Ask ApiVersions; an older broker answers the newest question in the oldest form and is asked again."""
    version = first
    for _ in range(2):
        frame = await connection.ask(api_versions(version), deadline)
        if isinstance(frame, Refusal):
            return _add_hint(frame, tls=connection.tls)
        code = int.from_bytes(frame.data[:2], "big", signed=True)
        if code == _UNSUPPORTED_VERSION and version > 0:
            version = _older(frame, connection.whom)
            continue
        if code:
            return Refusal(Trouble.REJECTED, f"{connection.whom} answered ApiVersions with {code_name(code)}", code=code)
        try:
            return Handshake(_ranges(version, frame.data, connection.whom), version, frame, first)
        except Garbled as error:
            return Refusal(Trouble.GARBLED, error.message)
    return Refusal(Trouble.UNSUPPORTED, f"{connection.whom} answers no version of ApiVersions that Kastellan speaks")


def _ranges(version: int, data: bytes, whom: str) -> Ranges:
    answer = decode(Api.API_VERSIONS, version, data, whom)
    return MappingProxyType({int(api.api_key): (int(api.min_version), int(api.max_version)) for api in answer.api_keys})


def _older(frame: Frame, whom: str) -> int:
    try:
        offered = _ranges(0, frame.data, whom)
    except Garbled:
        return 0
    return choose(Api.API_VERSIONS, offered, highest=NEWEST - 1) or 0


def _add_hint(refusal: Refusal, *, tls: bool) -> Refusal:
    if refusal.trouble is not Trouble.CLOSED:
        return refusal
    why = (
        "a listener that wants a client certificate does that to a client without a good one: then set ssl.keystore.location"
        if tls
        else "a TLS listener does that to a plaintext client: then use security.protocol SSL or SASL_SSL"
    )
    return msgspec.structs.replace(refusal, reason=f"{refusal.reason} on the first request", remedy=why)
