"""Which version of each request a broker and we both speak."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.codes import code_name
from kastellan.wire.kafka.connection import Connection, Frame
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.requests import api_versions
from kastellan.wire.kafka.trouble import Refusal

Ranges = Mapping[int, tuple[int, int]]
"""The lowest and highest version by API key."""

_CAPS: Final[Mapping[int, int]] = {
    Api.OFFSET_FETCH: 9,  # from 10 on topics go by id
    Api.OFFSET_COMMIT: 9,  # likewise
    Api.PRODUCE: 12,  # likewise from 13 on
}
_UNSUPPORTED_VERSION: Final = 35
_NEWEST_HANDSHAKE: Final = 4


class Handshake(msgspec.Struct, frozen=True):
    """What a node said when the connection was opened: its ranges, and the whole answer for the features in it."""

    ranges: Ranges
    version: int
    frame: Frame


@cache
def ours(api: int) -> tuple[int, int] | None:
    """The versions that Kastellan can pack and decode; None for a key that it does not know."""
    known = schema.versions(api)
    if known is None:
        return None
    return known[0], min(known[1], _CAPS.get(api, known[1]))


def choose(api: int, theirs: Ranges, *, lowest: int = 0, highest: int = 32_767) -> int | None:
    """The highest version that both sides speak within `lowest` and `highest`; None when there is none.

    >>> choose(3, {3: (0, 12)}), choose(3, {3: (99, 120)}), choose(3, {})
    (12, None, None)
    """
    mine, offered = ours(api), theirs.get(api)
    if mine is None or offered is None:
        return None
    least, most = max(mine[0], offered[0], lowest), min(mine[1], offered[1], highest)
    return most if least <= most else None


def no_common_version(api: int, theirs: Ranges, whom: str, *, lowest: int = 0, highest: int = 32_767) -> Refusal:
    """One sentence on why a request cannot be asked of this node."""
    offered, mine = theirs.get(api), ours(api)
    if offered is None or mine is None:
        return Refusal(Trouble.UNSUPPORTED, f"{whom} does not offer {api_name(api)}")
    speaks = f"{max(mine[0], lowest)}-{min(mine[1], highest)}"
    reason = f"{whom} offers {api_name(api)} versions {offered[0]}-{offered[1]}, this needs {speaks}"
    return Refusal(Trouble.UNSUPPORTED, reason)


async def shake_hands(connection: Connection, deadline: Deadline) -> Handshake | Refusal:
    """Ask ApiVersions; an older broker answers the newest question in the oldest form and is asked again."""
    version = _NEWEST_HANDSHAKE
    for _ in range(2):
        frame = await connection.ask(api_versions(version), deadline)
        if isinstance(frame, Refusal):
            return _hinted(frame, tls=connection.tls)
        code = int.from_bytes(frame.data[:2], "big", signed=True)
        if code == _UNSUPPORTED_VERSION and version > 0:
            version = _older(frame, connection.whom)
            continue
        if code:
            return Refusal(Trouble.REJECTED, f"{connection.whom} answered ApiVersions with {code_name(code)}", code=code)
        try:
            return Handshake(_ranges(version, frame.data, connection.whom), version, frame)
        except Garbled as error:
            return Refusal(Trouble.GARBLED, error.message)
    return Refusal(Trouble.UNSUPPORTED, f"{connection.whom} answers no version of ApiVersions that Kastellan speaks")


def _ranges(version: int, data: bytes, whom: str) -> Ranges:
    answer = decode(Api.API_VERSIONS, version, data, whom)
    return MappingProxyType({int(each.api_key): (int(each.min_version), int(each.max_version)) for each in answer.api_keys})


def _older(frame: Frame, whom: str) -> int:
    try:
        offered = _ranges(0, frame.data, whom)
    except Garbled:
        return 0
    return choose(Api.API_VERSIONS, offered, highest=_NEWEST_HANDSHAKE - 1) or 0


def _hinted(refusal: Refusal, *, tls: bool) -> Refusal:
    if refusal.trouble is not Trouble.CLOSED:
        return refusal
    why = (
        "a listener that wants a client certificate does that to a client without a good one: then set ssl.keystore.location"
        if tls
        else "a TLS listener does that to a plaintext client: then use security.protocol SSL or SASL_SSL"
    )
    return msgspec.structs.replace(refusal, reason=f"{refusal.reason} on the first request", remedy=why)
