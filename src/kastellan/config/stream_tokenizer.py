"""The words of a JAAS text as `java.io.StreamTokenizer` reads them, set up the way Kafka's `JaasConfig` does it.

Kept close to the Java class, because its corners decide what password is sent: a slash begins a comment also inside a word,
a quotation ends at the end of its line, what begins with a digit is a number and no value, and outside of quotes hardly any
punctuation belongs to a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_OCTAL: Final = frozenset("01234567")
_LINE_ENDS: Final = ("\n", "\r", "")
_WORD: Final = re.compile(r"[A-Za-z0-9._$-]|[\u00a0-\U0010ffff]")
_NUMBER: Final = frozenset("0123456789.")


class Token(msgspec.Struct, frozen=True):
    """A word, a quotation, a number or one character. The text may be a password: it does not print."""

    sign: str
    """The character itself, the quotation mark of a quotation, or empty for a word or number."""
    text: str | None
    """The content of a word or quotation; None for a number or character."""

    def __repr__(self) -> str:
        return f"Token({self.sign!r}, {'None' if self.text is None else '***'})"


def tokens(text: str) -> Iterator[Token]:
    r"""The tokens, without comments and white space.

    >>> [(token.sign, token.text) for token in tokens("a='\\101' // no\n;")]
    [('', 'a'), ('=', None), ("'", 'A'), (';', None)]
    """
    reader = _Reader(text)
    while letter := reader.next():
        if letter <= " ":
            continue
        if letter in _NUMBER or letter == "-":
            yield Token(reader.skip_number(letter), None)
        elif _WORD.match(letter):
            yield Token("", reader.word(letter))
        elif letter in "\"'":
            yield Token(letter, reader.quotation(letter))
        elif letter == "/":
            reader.skip_comment()
        else:
            yield Token(letter, None)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def next(self) -> str:
        """The next character; empty at the end."""
        self._at += 1
        return self._text[self._at - 1 : self._at]

    def _back(self) -> None:
        self._at -= 1

    def word(self, first: str) -> str:
        letters = [first]
        while (letter := self.next()) and _WORD.match(letter):
            letters.append(letter)
        self._back()
        return "".join(letters)

    def skip_number(self, first: str) -> str:
        """Behind the number that begins here; a minus without one is a character, and returned."""
        letter = self.next() if first == "-" else first
        if letter not in _NUMBER or not letter:
            self._back()
            return first
        dots = 0
        while letter and letter in _NUMBER and (letter != "." or not dots):
            dots += letter == "."
            letter = self.next()
        self._back()
        return ""

    def quotation(self, mark: str) -> str:
        letters: list[str] = []
        letter = self.next()
        while letter not in _LINE_ENDS and letter != mark:
            if letter == "\\":
                content, letter = self._escape()
                letters.append(content)
            else:
                letters.append(letter)
                letter = self.next()
        if letter != mark:
            self._back()
        return "".join(letters)

    def _escape(self) -> tuple[str, str]:
        r"""What an escape means, and the character behind it. Octal numbers go up to \377."""
        first = self.next()
        if first not in _OCTAL:
            # At the end of the text Java takes the end itself, -1, for a character.
            return _ESCAPES.get(first, first) or "\uffff", self.next()
        digits = first
        letter = self.next()
        while letter in _OCTAL and len(digits) < (3 if first <= "3" else 2):
            digits += letter
            letter = self.next()
        return chr(int(digits, 8)), letter

    def skip_comment(self) -> None:
        if self.next() != "*":
            self._back()
            while self.next() not in _LINE_ENDS:
                pass
            self._back()
            return
        before = ""
        while True:
            letter = self.next()
            if letter == "/" and before == "*":
                return
            if letter == "\r":
                letter = self.next()
                letter = self.next() if letter == "\n" else letter
            elif letter == "\n":
                letter = self.next()
            if not letter:
                return
            before = letter
