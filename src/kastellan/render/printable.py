"""Text without characters that command a terminal, or a page."""

from __future__ import annotations


def clean(text: str) -> str:
    r"""The text without control and format characters: names come from whoever may create a group.

    >>> print(clean("a\x1b[31mb\n"))
    a\x1b[31mb\n
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in text)
