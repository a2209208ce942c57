"""The value of `sasl.jaas.config`: one login module with its options, in the notation of Java's JAAS files.

No sentence here tells a value: this is where passwords stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

_FLAGS: Final = frozenset({"required", "requisite", "sufficient", "optional"})
_SIGNS: Final = "=;"
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "b": "\b", "a": "\a", "v": "\v"}


class LoginModule(msgspec.Struct, frozen=True):
    """A login module: its class name and its options."""

    name: str
    options: Mapping[str, Secret]

    @property
    def short(self) -> str:
        """The class name without its package."""
        return self.name.rpartition(".")[2]

    def text(self, option: str) -> str | None:
        """The value of an option that is no secret; None when it is absent or empty."""
        found = self.options.get(option)
        return (found.reveal() or None) if found is not None else None

    def true(self, option: str) -> bool:
        """Whether an option says true."""
        return (self.text(option) or "").lower() == "true"


def login_module(text: str, said: str) -> LoginModule:
    """The login module in the text; `said` names where it stood, for sentences.

    Raises BadInput that tells what is missing, never a value.

    >>> login_module('a.PlainLoginModule required username="u";', "x").text("username")
    'u'
    """
    tokens = list(_tokens(text, said))
    if len(tokens) < 2 or tokens[0] in _SIGNS or tokens[1].lower() not in _FLAGS:  # noqa: PLR2004
        raise BadInput(f'{said} does not begin with a login module and its flag; write: MODULE required NAME="VALUE" ... ;')
    options: dict[str, Secret] = {}
    rest = tokens[2:]
    while rest and rest[0] != _END:
        if len(rest) < 3 or rest[1] != _EQUALS or rest[0] in (_EQUALS, _END) or rest[2] in (_EQUALS, _END):  # noqa: PLR2004
            raise BadInput(f'{said} has an option that is not NAME="VALUE"; correct it, and end with a semicolon')
        options[rest[0]] = Secret(rest[2].removeprefix(_QUOTED))
        rest = rest[3:]
    if not rest:
        raise BadInput(f"{said} does not end with a semicolon; add it")
    if len(rest) > 1:
        raise BadInput(f"{said} has more than one login module; Kafka takes one, with one semicolon at its end")
    return LoginModule(tokens[0], options)


_QUOTED: Final = "\0"
"""Stands before a quoted word, so that ";" in quotes is no end."""
_END: Final = ";"
_EQUALS: Final = "="


def _tokens(text: str, said: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        letter = text[at]
        if letter.isspace():
            at += 1
        elif text.startswith("//", at):
            at = _behind(text, "\n", at)
        elif text.startswith("/*", at):
            at = _behind(text, "*/", at)
        elif letter in "\"'":
            word, at = _quoted(text, at, said)
            yield _QUOTED + word
        elif letter in _SIGNS:
            yield letter
            at += 1
        else:
            start = at
            while at < len(text) and not text[at].isspace() and text[at] not in _SIGNS:
                at += 1
            yield text[start:at]


def _behind(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    return len(text) if found < 0 else found + len(end)


def _quoted(text: str, at: int, said: str) -> tuple[str, int]:
    quote, parts = text[at], list[str]()
    at += 1
    while at < len(text) and text[at] != quote:
        if text[at] == "\\" and at + 1 < len(text):
            parts.append(_ESCAPES.get(text[at + 1], text[at + 1]))
            at += 2
        else:
            parts.append(text[at])
            at += 1
    if at >= len(text):
        raise BadInput(f"{said} has a quotation mark that is not closed; close it (a backslash stands before one inside)")
    return "".join(parts), at + 1
