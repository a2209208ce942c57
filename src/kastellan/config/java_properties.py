"""The notation of Java's .properties files, as `java.util.Properties.load` of an input stream reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from kastellan.kernel.errors import BadInput

_BLANKS: Final = " \t\f"
_ESCAPES: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_HEX: Final = re.compile(r"[0-9a-fA-F]{4}")
_PAIR: Final = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF: Final = re.compile("[\ud800-\udfff]")
_NEEDED_ESCAPES: Final = frozenset("tnrfu\\ =:#!")
"""What may stand behind a backslash for a reason; before anything else the backslash gets lost."""


class Property(msgspec.Struct, frozen=True):
    """One key with its value. It may hold a password: it has no place in a message."""

    key: str
    value: str
    loses_backslash: bool = False
    """A backslash of the value stands before a character that needs none, and is dropped."""

    def __repr__(self) -> str:
        return f"Property({self.key!r}, ***)"


def properties(text: str, name: str) -> Iterator[Property]:
    r"""The properties in the text of a file called `name`, in order; a key may come twice, and the last one counts.

    Raises BadInput for what Java refuses: a \u without four hexadecimal digits.

    >>> [(pair.key, pair.value) for pair in properties("a = 1\\\n  2\n# no\nb:\\u0041 c\nd", "x")]
    [('a', '12'), ('b', 'A c'), ('d', '')]
    """
    for line in _logical_lines(text):
        end = _end_of_key(line)
        rest = line[end:].lstrip(_BLANKS)
        if rest[:1] in ("=", ":"):
            rest = rest[1:].lstrip(_BLANKS)
        yield Property(_unescape(line[:end], name), _unescape(rest, name), _loses_backslash(rest))


def _logical_lines(text: str) -> Iterator[str]:
    joined, continues = "", False
    natural_lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, natural in enumerate(natural_lines, 1):
        line = natural.lstrip(_BLANKS)
        if not joined and (not line or line[0] in "#!"):
            # A backslash alone at the very end is an empty key; with anything behind it, it is nothing.
            continues = continues and number == len(natural_lines) and not natural
            continue
        continues = (len(line) - len(line.rstrip("\\"))) % 2 == 1
        joined += line[:-1] if continues else line
        if not continues:
            yield joined
            joined = ""
    if joined or continues:
        yield joined


def _end_of_key(line: str) -> int:
    at = 0
    while at < len(line) and line[at] not in " \t\f=:":
        at += 2 if line[at] == "\\" else 1
    return min(at, len(line))


def _unescape(text: str, name: str) -> str:
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
            if not _HEX.fullmatch(digits):
                raise BadInput(
                    f"{name} has a \\u escape without four hex digits; correct it "
                    "(a backslash of a path or a password is written twice, a path also with /)"
                )
            parts.append(chr(int(digits, 16)))
            at += 6
        else:
            parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            at += 2
    return _join_surrogates("".join(parts))


def _join_surrogates(text: str) -> str:
    """Two escapes that make one character beyond 16 bits; of half a character Java sends a question mark."""
    joined = _PAIR.sub(lambda match: match[0].encode("utf-16-be", "surrogatepass").decode("utf-16-be"), text)
    return _HALF.sub("?", joined)


def _loses_backslash(text: str) -> bool:
    return any(match[1] not in _NEEDED_ESCAPES for match in re.finditer(r"\\(.)", text, re.DOTALL))
