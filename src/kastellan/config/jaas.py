"""The value of `sasl.jaas.config`: one login module with its options, as Kafka's `JaasConfig` reads it.

No sentence here has a value in it: this is where passwords stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from kastellan.config.stream_tokenizer import Token, tokens
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

_FLAGS: Final = frozenset({"REQUIRED", "REQUISITE", "SUFFICIENT", "OPTIONAL"})
_END, _EQUALS = ";", "="


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
        value = self.options.get(option)
        return (value.reveal() or None) if value is not None else None

    def is_true(self, option: str) -> bool:
        """Whether an option says true."""
        return (self.text(option) or "").lower() == "true"


def login_module(text: str, place: str) -> LoginModule:
    """The login module in the text; `place` names where it stood, for sentences.

    Raises BadInput that says what is missing, never a value, for what Kafka's own reader refuses.

    >>> login_module('a.PlainLoginModule required username="u";', "x").text("username")
    'u'
    """
    words = list(tokens(text))
    if len(words) < 2 or not words[0].text or (words[1].text or "").upper() not in _FLAGS:  # noqa: PLR2004
        raise BadInput(f'{place} does not begin with a login module and its flag; write: MODULE required NAME="VALUE" ... ;')
    options: dict[str, Secret] = {}
    at = 2
    while at < len(words) and words[at].sign != _END:
        name, value = _option(words[at : at + 3], place, text)
        if name is not None:
            options[name] = Secret(value)
        at += 3
    if at >= len(words):
        raise BadInput(f"{place} does not end with a semicolon; {_semicolon_remedy(text)}")
    if at + 1 < len(words):
        raise BadInput(f"{place} has more behind its semicolon; Kafka takes one login module, with one semicolon at its end")
    return LoginModule(words[0].text, options)


def _option(words: Sequence[Token], place: str, text: str) -> tuple[str | None, str]:
    if len(words) < 3 or words[1].sign != _EQUALS or words[2].text is None:  # noqa: PLR2004
        raise BadInput(f'{place} has an option that is not NAME="VALUE"; {_semicolon_remedy(text)}')
    return words[0].text, words[2].text


def _semicolon_remedy(text: str) -> str:
    """What to do, by what most likely happened; `text` is looked at and not shown."""
    if text.count('"') % 2 or text.count("'") % 2:
        return "close the quotation mark (a backslash stands before one inside a value, and in a properties file two)"
    if "/" in text and "//" not in text and "/*" not in text:
        return "put values with a slash in double quotes: outside of them a slash begins a comment"
    return 'put each value in double quotes, NAME="VALUE", and end with one semicolon'
