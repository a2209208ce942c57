"""Texts and bytes that cannot print."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """Holds a secret; every way of showing it gives asterisks, and it does not serialise.

    >>> Secret("hunter2")
    Secret(***)
    >>> f"{Secret('hunter2')}"
    '***'
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> NoReturn:
        msg = "a secret is not written anywhere"
        raise TypeError(msg)


class SecretBytes(bytes):
    """Bytes with a secret in them, such as the message of a login: used as bytes, and never shown or written.

    Joined to others they become plain bytes, for the socket.

    >>> SecretBytes(b"hunter2")
    SecretBytes(***)
    """

    def __repr__(self) -> str:
        return "SecretBytes(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        msg = "a secret is not written anywhere"
        raise TypeError(msg)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> NoReturn:  # noqa: ARG002
        """Not possible: nothing that is sent is read again here."""
        msg = "the bytes of a secret are not made a text"
        raise TypeError(msg)
