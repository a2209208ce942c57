"""The SASL messages of one login on an open connection: SaslHandshake names the mechanism, SaslAuthenticate carries the rest."""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.secret import SecretBytes
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.codes import code_name
from kastellan.wire.kafka.connection import Connection
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.packing import FLEXIBLE, LEGACY, EncodedRequest
from kastellan.wire.kafka.sasl.mechanism import SaslExchange, SaslFailed
from kastellan.wire.kafka.schema import Entity
from kastellan.wire.kafka.trouble import Refusal
from kastellan.wire.kafka.versions import Ranges, choose, no_common_version

_NOBODYS_MECHANISM: Final = "KASTELLAN-ASKS"
"""A mechanism that no broker has: the refusal lists those that it has."""
_HANDSHAKE: Final = 1
"""The version whose tokens travel in requests; older ones send them bare."""
_NEWEST: Final = 2
_FLEXIBLE_SINCE: Final = 2
_UNSUPPORTED_MECHANISM, _ILLEGAL_STATE, _AUTHENTICATION_FAILED = 33, 34, 58
_MOST_TURNS: Final = 12
_SHOWN: Final = 200
_REMEDY: Final = "check user and password in sasl.jaas.config, and that the cluster knows this user"
_REMEDIES: Final = {
    "AWS_MSK_IAM": "check which identity these AWS credentials are, and that its policy allows kafka-cluster:Connect",
    "OAUTHBEARER": "compare issuer, audience, scope and expiry of the token with what the broker's listener asks for",
    "GSSAPI": "compare the clocks, and the broker's key table with the KDC (klist -kt there, kvno here); its log may say more",
}


class Session(msgspec.Struct, frozen=True):
    """A login that went well; `lifetime_ms` is 0 where it does not end."""

    lifetime_ms: int


async def authenticate(
    connection: Connection, ranges: Ranges, mechanism: str, exchange: SaslExchange, deadline: Deadline
) -> Session | Refusal:
    """Log in. A refusal of the credentials, or a peer that does not prove itself, is UNAUTHENTICATED."""
    refused = await _name_mechanism(connection, ranges, mechanism, deadline)
    if refused is not None:
        return refused
    version = choose(Api.SASL_AUTHENTICATE, ranges, highest=_NEWEST)
    if version is None:
        return no_common_version(Api.SASL_AUTHENTICATE, ranges, connection.whom, highest=_NEWEST)
    try:
        message = exchange.first()
        for _ in range(_MOST_TURNS):
            answer = await _ask(connection, _authenticate(version, message), deadline)
            if isinstance(answer, Refusal):
                return answer
            if answer.error_code:
                return _refusal(connection.whom, mechanism, int(answer.error_code), answer.error_message, exchange)
            following = exchange.next(bytes(answer.auth_bytes))
            if following is None:
                return Session(_lifetime_ms(answer))
            message = following
    except SaslFailed as error:
        return Refusal(Trouble.UNAUTHENTICATED, f"{connection.whom} {error.reason}", error.remedy)
    return Refusal(Trouble.GARBLED, f"{connection.whom} does not come to an end of {mechanism}", "check the listener")


async def offered_mechanisms(connection: Connection, deadline: Deadline) -> tuple[str, ...] | Refusal:
    """The mechanisms of the listener, asked for without any credential; none where it has no SASL.

    The broker closes the connection afterwards.
    """
    answer = await _ask(connection, _handshake(_NOBODYS_MECHANISM), deadline)
    if isinstance(answer, Refusal):
        return answer
    return () if int(answer.error_code) == _ILLEGAL_STATE else tuple(str(name) for name in answer.mechanisms)


async def _name_mechanism(connection: Connection, ranges: Ranges, mechanism: str, deadline: Deadline) -> Refusal | None:
    offered = ranges.get(Api.SASL_HANDSHAKE)
    if offered is None or not offered[0] <= _HANDSHAKE <= offered[1]:
        return no_common_version(Api.SASL_HANDSHAKE, ranges, connection.whom, lowest=_HANDSHAKE, highest=_HANDSHAKE)
    answer = await _ask(connection, _handshake(mechanism), deadline)
    if isinstance(answer, Refusal):
        return answer
    code = int(answer.error_code)
    if code == _UNSUPPORTED_MECHANISM:
        names = ", ".join(_shown(str(name)) for name in answer.mechanisms[:10]) or "none"
        reason = f"{connection.whom} does not offer {mechanism} on this listener, it offers {names}"
        return Refusal(Trouble.UNAUTHENTICATED, reason, "set sasl.mechanism to one of them", code)
    if code == _ILLEGAL_STATE:
        reason = f"{connection.whom} has no SASL on this listener"
        return Refusal(Trouble.UNAUTHENTICATED, reason, "use security.protocol PLAINTEXT or SSL, or another port", code)
    if code:
        return Refusal(Trouble.REJECTED, f"{connection.whom} answered SaslHandshake with {code_name(code)}", code=code)
    return None


def _handshake(mechanism: str) -> EncodedRequest:
    return EncodedRequest(Api.SASL_HANDSHAKE, _HANDSHAKE, LEGACY.text(mechanism), flexible=False)


def _authenticate(version: int, message: SecretBytes) -> EncodedRequest:
    flexible = version >= _FLEXIBLE_SINCE
    form = FLEXIBLE if flexible else LEGACY
    return EncodedRequest(Api.SASL_AUTHENTICATE, version, SecretBytes(form.raw(message) + form.tags), flexible=flexible)


async def _ask(connection: Connection, packed: EncodedRequest, deadline: Deadline) -> Entity | Refusal:
    frame = await connection.ask(packed, deadline)
    if isinstance(frame, Refusal):
        if frame.trouble is Trouble.CLOSED:
            hint = "some brokers answer wrong credentials so, and so does a restart"
            return Refusal(frame.trouble, f"{frame.reason} during the login", hint)
        return frame
    try:
        return decode(packed.api_key, packed.version, frame.data, connection.whom)
    except Garbled as error:
        return Refusal(Trouble.GARBLED, error.message)


def _lifetime_ms(answer: Entity) -> int:
    lifetime: dt.timedelta | None = getattr(answer, "session_lifetime", None)
    return max(0, round(lifetime.total_seconds() * 1_000)) if lifetime is not None else 0


def _refusal(whom: str, mechanism: str, code: int, message: str | None, exchange: SaslExchange) -> Refusal:
    if code != _AUTHENTICATION_FAILED:
        detail = f": {_shown(message)}" if message else ""
        return Refusal(
            Trouble.UNAUTHENTICATED, f"{whom} refused the login by {mechanism} with {code_name(code)}{detail}", code=code
        )
    detail = "; ".join(_shown(text) for text in (message, exchange.hint) if text) or "no reason given"
    remedy = _REMEDIES.get(mechanism, _REMEDY)
    return Refusal(Trouble.UNAUTHENTICATED, f"{whom} refused the login by {mechanism} ({detail})", remedy, code)


def _shown(text: str) -> str:
    """A peer's words in one line, bounded."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:_SHOWN]).strip().rstrip(".")
