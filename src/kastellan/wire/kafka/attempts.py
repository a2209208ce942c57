"""The attempts at one request: how it is encoded for a node, whether it may be sent again, and what is said of the failures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import READS, Api, api_name
from kastellan.wire.kafka.connection_slot import ConnectionSlot
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.trouble import Refusal, now_ms
from kastellan.wire.kafka.versions import Ranges, choose, no_common_version

_TRIES: Final = 2
"""How often a request that only reads is sent when no other request is to blame."""
_MOST_TRIES: Final = 4
"""How often when others are: each of them costs the requests behind it a connection."""
_ONE_AT_A_TIME: Final = frozenset({int(Api.DESCRIBE_LOG_DIRS)})
"""Not sent again while unanswered: each of them may hold a request handler thread of the broker."""


class FailedAttempt(msgspec.Struct, frozen=True):
    """An attempt that got no answer, and when it was sent (epoch ms)."""

    refusal: Refusal
    sent_ms: int


def may_try(api: int, refusals: Sequence[Refusal]) -> bool:
    """Whether a request may be sent (again) after these failures.

    What changes a cluster is sent once. What only reads is repeated once where a fresh connection may help; it is repeated
    more often where each time another request made the peer hang up.
    """
    if not refusals:
        return True
    own = sum(not refusal.bystander for refusal in refusals)
    return api in READS and refusals[-1].retriable and own < _TRIES and len(refusals) < _MOST_TRIES


def combine(refusals: Sequence[Refusal]) -> Refusal:
    """The last failure, and in its reason what came before it."""
    last = refusals[-1]
    if len(refusals) == 1:
        return last
    before = refusals[-2].reason
    times = "twice" if len(refusals) == 2 else f"{len(refusals)} times"
    more = f" (tried {times})" if last.reason.startswith(before) else f" (before that: {before})"
    return msgspec.structs.replace(last, reason=last.reason + more)


def suspect_missing_login(refusal: Refusal) -> Refusal:
    """ApiVersions is answered to anybody: a peer that then closes the connection may want a login."""
    hint = "a SASL listener does that to a client that does not log in: then use security.protocol SASL_PLAINTEXT or SASL_SSL"
    return msgspec.structs.replace(refusal, reason=f"{refusal.reason} after its versions", remedy=hint)


def encode(request: EncodedRequest | RequestSpec, slot: ConnectionSlot) -> EncodedRequest | Refusal:
    """The bytes of a request in the newest version that the node and we both speak; a refusal where there is none."""
    ranges: Ranges = slot.handshake.ranges if slot.handshake is not None else {}
    if isinstance(request, EncodedRequest):
        exact = choose(request.api_key, ranges, lowest=request.version, highest=request.version)
        if exact is not None:
            return request
        return no_common_version(request.api_key, ranges, slot.whom, lowest=request.version, highest=request.version)
    version = choose(request.api, ranges, lowest=request.lowest, highest=request.highest)
    if version is None:
        return no_common_version(request.api, ranges, slot.whom, lowest=request.lowest, highest=request.highest)
    return request.build(version)


def refuse_repeated(request: EncodedRequest | Refusal, slot: ConnectionSlot) -> EncodedRequest | Refusal:
    """The request, or a refusal where it holds a request handler thread of the broker and an earlier one is unanswered."""
    if isinstance(request, Refusal) or request.api_key not in _ONE_AT_A_TIME:
        return request
    since = slot.unanswered_since(request.api_key)
    if since is None:
        return request
    waited = duration_text(now_ms() - since)
    reason = f"{slot.whom} has not answered {api_name(request.api_key)} for {waited} and is not asked again"
    return Refusal(Trouble.SLOW, reason)


def throttle_ms_of(encoded: EncodedRequest, data: bytes) -> int:
    """For how long the broker mutes this client, read from the beginning of its answer; 0 where the answer does not say."""
    if len(data) < 4 or not schema.throttle_comes_first(encoded.api_key, encoded.version):
        return 0
    return max(0, int.from_bytes(data[:4], "big", signed=True))
