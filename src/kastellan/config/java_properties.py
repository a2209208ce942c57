"""The notation of Java's .properties files."""

from __future__ import annotations

from collections.abc import Iterator

from kastellan.kernel.errors import BadInput

_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


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
