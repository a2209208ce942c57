"""The broker's direction of the client's codec: requests are decoded, responses encoded.

`build` makes the response of any version from one set of plain values: a field that the version does not have is
left out, a missing value becomes the protocol's default.
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
    """Decode the body of a request."""
    return entity_reader(schema.request_type(api, version))(body, 0)[0]


def build_response(api: int, version: int, values: Values) -> Entity:
    """The answer of this version, from plain values."""
    return build(schema.response_type(api, version), values)


def build(entity: type[Entity], values: Values) -> Entity:
    """A message object from plain values."""
    arguments: dict[str, object] = {}
    for name, convert, needed in _plan(entity):
        if needed or name in values:
            arguments[name] = convert(values.get(name, MISSING))
    return entity(**arguments)


@cache
def _plan(entity: type[Entity]) -> tuple[tuple[str, Callable[[Any], object], bool], ...]:
    """Per field: its name, the converter of its value, and whether it has no default. Cached for the sake of large responses."""
    return tuple((field.name, _converter(field), field.default is MISSING) for field in fields(entity))


def _converter(field: Field[Any]) -> Callable[[Any], object]:
    inner, optional = _inner(field.type)
    if get_origin(inner) is tuple:
        return partial(_convert_list, get_args(inner)[0], optional=optional)
    if is_dataclass(inner):
        return partial(_convert_entity, cast("type[Entity]", inner), optional=optional)
    kafka_type = str(field.metadata["kafka_type"])
    return (
        _convert_number
        if kafka_type in _PLAIN_TYPES and not optional
        else partial(_convert_scalar, kafka_type, optional=optional)
    )


def _convert_number(value: Any) -> object:  # noqa: ANN401  # a number of any width
    return 0 if value is MISSING or value is None else value


def _convert_entity(kind: type[Entity], value: Any, *, optional: bool) -> object:  # noqa: ANN401  # Values, None or MISSING
    if value is None or (value is MISSING and optional):
        return None
    return build(kind, {} if value is MISSING else value)


def _convert_list(element: object, value: object, *, optional: bool) -> object:
    if value is None or value is MISSING:
        return None if optional and value is None else ()
    items = cast("list[Any]", value)
    return tuple(build(cast("type[Entity]", element), item) for item in items) if is_dataclass(element) else tuple(items)


def _convert_scalar(kafka_type: str, value: Any, *, optional: bool) -> object:  # noqa: ANN401  # whatever the type of the field is
    if value is MISSING or value is None:
        if optional:
            return None
        value = _TEXT_TYPES.get(kafka_type, 0)
    match kafka_type:
        case "error_code":
            return ErrorCode(value) if is_known(int(value)) else UnknownCode(value)
        case "timedelta_i32" | "timedelta_i64":
            return dt.timedelta(milliseconds=value)
        case "datetime_i64":
            return None if optional and value < 0 else _EPOCH + dt.timedelta(milliseconds=value)
        case "bool":
            return bool(value)
        case "uuid":
            return None if value == 0 else value
        case _:
            return value


def _inner(declared: object) -> tuple[object, bool]:
    if get_origin(declared) is not UnionType:
        return declared, False
    return next(arg for arg in get_args(declared) if arg is not type(None)), True
