"""Answers from bytes to objects, and what their error codes mean.

Every failure is a `Garbled` with one sentence; an error code that this version does not know keeps its number.
"""

from __future__ import annotations

from kastellan.kernel.errors import Garbled
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import api_name
from kastellan.wire.kafka.schema import Entity


def decode(api: int, version: int, data: bytes | memoryview, whom: str = "the broker") -> Entity:
    """The answer as an object with the protocol's field names.

    Raises Garbled when the bytes are not this answer, or when something stands behind it.
    """
    try:
        entity, end = schema.response_reader(api, version)(data, 0)
    except Exception as error:
        raise _garbled(api, version, len(data), whom, str(error)) from None
    if end != len(data):
        raise _garbled(api, version, len(data), whom, f"{len(data) - end} bytes stand behind its end")
    return entity


def _garbled(api: int, version: int, size: int, whom: str, why: str) -> Garbled:
    return Garbled(f"{whom} sent {size} bytes that are no {api_name(api)} answer of version {version}: {why}")
