"""Answers from bytes to objects.

Every failure is a `Garbled` with one sentence; an error code that this version does not know keeps its number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Final, cast

from kastellan.kernel.errors import Garbled
from kastellan.wire.kafka.api import api_name
from kastellan.wire.kafka.codes import UnknownCode, is_known
from kastellan.wire.kafka.guard import Broken, read_guarded
from kastellan.wire.kafka.layout import Walk
from kastellan.wire.kafka.schema import Entity

_STAND_IN: Final = (-1).to_bytes(2, "big", signed=True)


def decode(api: int, version: int, data: bytes | memoryview, whom: str = "the broker") -> Entity:
    """The answer as an object with the protocol's field names.

    An error code that is newer than this version is an `UnknownCode`. Raises Garbled when the bytes are not
    this answer, or when something stands behind it.
    """
    body = bytes(data) if isinstance(data, memoryview) else data
    try:
        entity, end = _decode_entity(api, version, body)
    except Exception as error:  # noqa: BLE001  # whatever the codec trips over, the sentence is the same
        why = f"the codec says {type(error).__name__} {error}" if not isinstance(error, Broken) else str(error)
        sentence = f"{whom} sent {len(body)} bytes that are no {api_name(api)} answer of version {version}: {why}"
        raise Garbled(sentence) from None
    if end != len(body):
        left = len(body) - end
        raise Garbled(f"{whom} sent {left} bytes more than its {api_name(api)} answer of version {version} has")
    return entity


def _decode_entity(api: int, version: int, data: bytes) -> tuple[Entity, int]:
    try:
        return read_guarded(api, version, data)
    except ValueError:
        # The codec refuses an answer for one code that it does not know: decode it with a stand-in, then put the
        # number back. Codes lie in the bytes in the order in which the fields are declared.
        places: list[int] = []
        Walk(data, places).end_of(api, version)
        numbers = [int.from_bytes(data[at : at + 2], "big", signed=True) for at in places]
        if all(is_known(number) for number in numbers):
            raise
    patched = bytearray(data)
    for at, number in zip(places, numbers, strict=True):
        if not is_known(number):
            patched[at : at + 2] = _STAND_IN
    entity, end = read_guarded(api, version, bytes(patched))
    for (owner, name), number in zip(_codes_in(entity), numbers, strict=True):
        if not is_known(number):
            # The objects are frozen for their users; this one has none yet.
            object.__setattr__(owner, name, UnknownCode(number))
    return entity, end


def _codes_in(entity: Entity) -> Iterator[tuple[Entity, str]]:
    """Every error code field of a decoded answer, in the order of its bytes."""
    for field in fields(entity):
        value = getattr(entity, field.name)
        if field.metadata.get("kafka_type") == "error_code":
            yield entity, field.name
        elif isinstance(value, tuple):
            for item in cast("tuple[Entity, ...]", value):
                if is_dataclass(item):
                    yield from _codes_in(item)
        elif is_dataclass(value):
            yield from _codes_in(value)
