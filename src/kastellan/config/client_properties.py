"""Kafka's own client.properties, as far as a plaintext connection needs them.

Values are never told in a message: a properties file is where passwords live.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from kastellan.kernel.errors import BadInput

_HONOURED = frozenset({"bootstrap.servers", "request.timeout.ms"})
_PLAIN_VALUES = {"security.protocol": "PLAINTEXT"}
_SECURITY = ("security.", "sasl.", "ssl.")
_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_MOST_BYTES = 1024**2


class ClientProperties(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken from the file, and the names of the keys that were not."""

    bootstrap: str | None = None
    request_timeout_s: float | None = None
    ignored: tuple[str, ...] = ()


def client_properties(data: bytes, name: str) -> ClientProperties:
    """The properties in the bytes of a file called `name`.

    Raises BadInput for bytes that are no properties and for security settings, which this version does not carry out.
    """
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{name} is larger than 1 MiB; give a client.properties file")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not text; give a client.properties file") from None
    found = dict(properties(text, name))
    for key, value in found.items():
        if key.startswith(_SECURITY) and value.strip().upper() != _PLAIN_VALUES.get(key, ""):
            raise BadInput(
                f"{name} sets {key}, and this version connects in plaintext only; use a PLAINTEXT listener and leave the key out"
            )
    ignored = tuple(sorted(key for key in found if key not in _HONOURED and not key.startswith(_SECURITY)))
    return ClientProperties(
        bootstrap=found.get("bootstrap.servers") or None, request_timeout_s=_timeout_s(found, name), ignored=ignored
    )


def _timeout_s(found: Mapping[str, str], name: str) -> float | None:
    text = found.get("request.timeout.ms")
    if text is None:
        return None
    if not text.strip().isdecimal() or int(text) == 0:
        raise BadInput(f"{name} sets request.timeout.ms to something that is no number of milliseconds; correct it")
    return int(text) / 1000


def properties(text: str, name: str) -> Iterator[tuple[str, str]]:
    r"""Keys and values of a Java properties text, in order.

    >>> list(properties("a = 1\\\n  2\n# no\nb:\\u0041 c\nd", "x"))
    [('a', '12'), ('b', 'A c'), ('d', '')]
    """
    for line in _logical_lines(text):
        end = _end_of_key(line)
        rest = line[end:].lstrip(" \t\f")
        if rest[:1] in ("=", ":"):
            rest = rest[1:].lstrip(" \t\f")
        yield _unescaped(line[:end], name), _unescaped(rest, name)


def _logical_lines(text: str) -> Iterator[str]:
    held = ""
    for natural in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = natural.lstrip(" \t\f")
        if not held and (not line or line[0] in "#!"):
            continue
        if (len(line) - len(line.rstrip("\\"))) % 2:
            held += line[:-1]
            continue
        yield held + line
        held = ""
    if held:
        yield held


def _end_of_key(line: str) -> int:
    at = 0
    while at < len(line) and line[at] not in " \t\f=:":
        at += 2 if line[at] == "\\" else 1
    return min(at, len(line))


def _unescaped(text: str, name: str) -> str:
    if "\\" not in text:
        return text
    parts: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\" or at + 1 == len(text):
            parts.append(text[at])
            at += 1
        elif text[at + 1] == "u":
            digits = text[at + 2 : at + 6]
            try:
                parts.append(chr(int(digits, 16)))
            except ValueError:
                raise BadInput(f"{name} has a \\u escape without four hex digits; correct it") from None
            at += 6
        else:
            parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            at += 2
    return "".join(parts)
