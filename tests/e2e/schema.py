"""As much of JSON Schema as our documents use."""

from __future__ import annotations

from typing import Any

TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
    "array": list,
    "object": dict,
}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "$") -> list[str]:
    """Where the value does not keep the schema; empty when it does."""
    if "$ref" in schema:
        return faults(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, at)
    if "anyOf" in schema:
        tried = [faults(value, each, root, at) for each in schema["anyOf"]]
        return [] if any(not each for each in tried) else min(tried, key=len)
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r} is not one of {schema['enum']}"]
    kind = schema.get("type")
    if kind and (not isinstance(value, TYPES[kind]) or (kind in ("integer", "number") and isinstance(value, bool))):
        return [f"{at}: {value!r} is no {kind}"]
    if kind == "array":
        return _array(value, schema, root, at)
    if kind == "object":
        return _object(value, schema, root, at)
    return []


def _array(value: list[Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> list[str]:
    found = [f"{at}: too short"] if len(value) < schema.get("minItems", 0) else []
    first = schema.get("prefixItems", [])
    items = schema.get("items")
    for number, each in enumerate(value):
        of = first[number] if number < len(first) else items
        if isinstance(of, dict):
            found += faults(each, of, root, f"{at}[{number}]")
    return found


def _object(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any], at: str) -> list[str]:
    found = [f"{at}: {each} is missing" for each in schema.get("required", []) if each not in value]
    named, rest = schema.get("properties", {}), schema.get("additionalProperties")
    for name, each in value.items():
        if name in named:
            found += faults(each, named[name], root, f"{at}.{name}")
        elif isinstance(rest, dict):
            found += faults(each, rest, root, f"{at}.{name}")
        elif named:
            found.append(f"{at}: {name} is not described")
    return found
