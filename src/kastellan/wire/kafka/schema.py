"""The codec library behind a few functions: its types are generated, so they stay inside this module and `decode`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any, TypeAlias

from kastellan.wire.kafka.codec import (
    api_key_map,
    entity_reader,
    load_request_schema,
    load_response_schema,
    schema_name_map,
)

Entity: TypeAlias = Any
"""A decoded message: an immutable object with the protocol's field names (`topics`, `error_code` ...)."""

Reader: TypeAlias = Callable[[bytes | memoryview, int], tuple[Entity, int]]


@cache
def versions(api: int) -> tuple[int, int] | None:
    """The lowest and highest version that the codec knows; None for an unknown key."""
    name = api_key_map.get(api)
    if name is None:
        return None
    versions_by_name = schema_name_map[name]
    return min(versions_by_name), max(versions_by_name)


@cache
def response_type(api: int, version: int) -> type[Entity]:
    """The class of an answer. Raises kio's KioIndexError for what it does not know."""
    return load_response_schema(api, version)


@cache
def request_type(api: int, version: int) -> type[Entity]:
    """The class of a request."""
    return load_request_schema(api, version)


@cache
def response_reader(api: int, version: int) -> Reader:
    """The compiled decoder of an answer."""
    return entity_reader(response_type(api, version))


@cache
def flexible(api: int, version: int) -> bool:
    """Whether an answer is written in the flexible encoding."""
    return bool(vars(response_type(api, version))["__flexible__"])


@cache
def request_flexible(api: int, version: int) -> bool:
    """Whether a request is written in the flexible encoding, and so its header."""
    return bool(vars(request_type(api, version))["__flexible__"])


@cache
def throttle_comes_first(api: int, version: int) -> bool:
    """Whether an answer starts with the throttle time, as nearly all do."""
    return next(_field_names(api, version), "") == "throttle_time"


def _field_names(api: int, version: int) -> Iterator[str]:
    return (field.name for field in fields(response_type(api, version)))
