"""Bytes and objects the other way round: what a broker does. The same codec as the client's, and slow on purpose nowhere else.

`build` makes the answer of any version from one set of plain values: a field that the version does not have is
left out, a value that was not given is the protocol's default.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache, partial
from types import UnionType
from typing import Any, Final, cast, get_args, get_origin

from kastellan.wire.kafka import schema
from kastellan.wire.kafka.codec import ErrorCode, entity_reader, entity_writer
from kastellan.wire.kafka.codes import UnknownCode, is_known
from kastellan.wire.kafka.schema import Entity

Values = Mapping[str, Any]
"""Plain values by field name: numbers, texts, lists, nested Values. Times are milliseconds."""

_EPOCH: Final = dt.datetime.fromtimestamp(0, dt.UTC)
_PLAIN_TYPES: Final = frozenset({"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float64"})
_TEXT_TYPES: Final = {"string": "", "bytes": b"", "records": b""}


def encode(entity: Entity) -> bytes:
    """The body of a message."""
    buffer = io.BytesIO()
    kind = cast("type[Entity]", type(entity))
    entity_writer(kind)(buffer, entity)
    return buffer.getvalue()


def read_request(api: int, version: int, body: bytes) -> Entity:
    """A request as an object."""
    return entity_reader(schema.request_type(api, version))(body, 0)[0]


def build_response(api: int, version: int, values: Values) -> Entity:
    """The answer of this version, from plain values."""
    return build(schema.response_type(api, version), values)


def build(entity: type[Entity], values: Values) -> Entity:
    """A message object from plain values."""
    made: dict[str, object] = {}
    for name, convert, needed in _plan(entity):
        if needed or name in values:
            made[name] = convert(values.get(name, MISSING))
    return entity(**made)


@cache
def _plan(entity: type[Entity]) -> tuple[tuple[str, Callable[[Any], object], bool], ...]:
    """For each field its name, what makes its value, and whether it has no default. Looked up once, for large answers."""
    return tuple((field.name, _converter(field), field.default is MISSING) for field in fields(entity))


def _converter(each: Field[Any]) -> Callable[[Any], object]:
    inner, optional = _inner(each.type)
    if get_origin(inner) is tuple:
        return partial(_many, get_args(inner)[0], optional=optional)
    if is_dataclass(inner):
        return partial(_entity, cast("type[Entity]", inner), optional=optional)
    kafka_type = str(each.metadata["kafka_type"])
    return _plain if kafka_type in _PLAIN_TYPES and not optional else partial(_one, kafka_type, optional=optional)


def _plain(given: Any) -> object:  # noqa: ANN401  # a number of any width
    return 0 if given is MISSING or given is None else given


def _entity(kind: type[Entity], given: Any, *, optional: bool) -> object:  # noqa: ANN401  # Values, None or nothing
    if given is None or (given is MISSING and optional):
        return None
    return build(kind, {} if given is MISSING else given)


def _many(element: object, given: object, *, optional: bool) -> object:
    if given is None or given is MISSING:
        return None if optional and given is None else ()
    items = cast("list[Any]", given)
    return tuple(build(cast("type[Entity]", element), item) for item in items) if is_dataclass(element) else tuple(items)


def _one(kafka_type: str, given: Any, *, optional: bool) -> object:  # noqa: ANN401  # whatever the type of the field is
    if given is MISSING or given is None:
        if optional:
            return None
        given = _TEXT_TYPES.get(kafka_type, 0)
    match kafka_type:
        case "error_code":
            return ErrorCode(given) if is_known(int(given)) else UnknownCode(given)
        case "timedelta_i32" | "timedelta_i64":
            return dt.timedelta(milliseconds=given)
        case "datetime_i64":
            return None if optional and given < 0 else _EPOCH + dt.timedelta(milliseconds=given)
        case "bool":
            return bool(given)
        case "uuid":
            return None if given == 0 else given
        case _:
            return given


def _inner(declared: object) -> tuple[object, bool]:
    if get_origin(declared) is not UnionType:
        return declared, False
    return next(arg for arg in get_args(declared) if arg is not type(None)), True
