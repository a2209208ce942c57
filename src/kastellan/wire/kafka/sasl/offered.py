"""Which mechanisms a listener offers, asked without any credential."""

from __future__ import annotations

from typing import Final

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.connection import Connection
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.packing import LEGACY, EncodedRequest
from kastellan.wire.kafka.trouble import Refusal

_VERSION: Final = 1
_NOBODYS: Final = "KASTELLAN-ASKS"
"""A mechanism that no broker has: the answer lists those that it has."""
_ILLEGAL_STATE: Final = 34


async def offered(connection: Connection, deadline: Deadline) -> tuple[str, ...] | Refusal:
    """The mechanisms of the listener, none where it has no SASL. The broker closes the connection afterwards."""
    asked = EncodedRequest(Api.SASL_HANDSHAKE, _VERSION, LEGACY.text(_NOBODYS), flexible=False)
    frame = await connection.ask(asked, deadline)
    if isinstance(frame, Refusal):
        return frame
    try:
        answer = decode(asked.api_key, asked.version, frame.data, connection.whom)
    except Garbled as error:
        return Refusal(Trouble.GARBLED, error.message)
    return () if int(answer.error_code) == _ILLEGAL_STATE else tuple(str(each) for each in answer.mechanisms)
