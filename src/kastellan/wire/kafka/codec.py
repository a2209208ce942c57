"""The codec library, imported in one place.

Its types register themselves with Hypothesis wherever that is installed, which makes every start slower by a third
of a second. A program that has not loaded Hypothesis does not need that.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator
from types import ModuleType
from typing import cast

_HELPERS = "hypothesis"


@contextlib.contextmanager
def _without_test_helpers() -> Generator[None]:
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    hide = _HELPERS not in modules
    if hide:
        modules[_HELPERS] = None
    try:
        yield
    finally:
        if hide:
            del modules[_HELPERS]


with _without_test_helpers():
    from kio.index import load_request_schema, load_response_schema
    from kio.schema.errors import ErrorCode
    from kio.schema.index import api_key_map, schema_name_map
    from kio.serial import entity_reader, entity_writer

__all__ = [
    "ErrorCode",
    "api_key_map",
    "entity_reader",
    "entity_writer",
    "load_request_schema",
    "load_response_schema",
    "schema_name_map",
]
