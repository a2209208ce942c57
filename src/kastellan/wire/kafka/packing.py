"""Request bytes, packed by hand: one `Form` for the flexible encoding and one for the legacy one.

The codec library checks every field in Python; packing by hand costs a tenth of that, and a property test
proves that the bytes are the same.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec


class EncodedRequest(msgspec.Struct, frozen=True):
    """A request without its header: cache it as long as what it asks stays the same. The body of a login is SecretBytes."""

    api_key: int
    version: int
    body: bytes
    flexible: bool

    def __repr__(self) -> str:
        return f"EncodedRequest(api_key={self.api_key}, version={self.version}, {len(self.body)} bytes)"


def varint(value: int) -> bytes:
    """An unsigned varint."""
    if value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_SMALL: Final = tuple(bytes((value,)) for value in range(0x80))


def int8(value: int) -> bytes:
    """One signed byte."""
    return struct.pack(">b", value)


def int16(value: int) -> bytes:
    """Two bytes, signed, big-endian."""
    return struct.pack(">h", value)


def int32(value: int) -> bytes:
    """Four bytes, signed, big-endian."""
    return struct.pack(">i", value)


def int64(value: int) -> bytes:
    """Eight bytes, signed, big-endian."""
    return struct.pack(">q", value)


def boolean(value: bool) -> bytes:  # noqa: FBT001
    """One byte."""
    return b"\x01" if value else b"\x00"


class Form(Protocol):
    """How one generation of the protocol writes lengths, and whether tagged fields follow."""

    tags: bytes
    """What stands at the end of every structure that carries no tagged field."""

    def text(self, value: str | None) -> bytes:
        """A string; None is the null string."""
        ...

    def raw(self, value: bytes | None) -> bytes:
        """Bytes; None is null."""
        ...

    def count(self, items: int | None) -> bytes:
        """The length of an array; None is the null array."""
        ...


class _Flexible:
    tags = b"\x00"

    def text(self, value: str | None) -> bytes:
        return self.raw(None if value is None else value.encode())

    def raw(self, value: bytes | None) -> bytes:
        return b"\x00" if value is None else varint(len(value) + 1) + value

    def count(self, items: int | None) -> bytes:
        return b"\x00" if items is None else varint(items + 1)


class _Legacy:
    tags = b""

    def text(self, value: str | None) -> bytes:
        if value is None:
            return b"\xff\xff"
        data = value.encode()
        return struct.pack(">h", len(data)) + data

    def raw(self, value: bytes | None) -> bytes:
        return b"\xff\xff\xff\xff" if value is None else struct.pack(">i", len(value)) + value

    def count(self, items: int | None) -> bytes:
        return struct.pack(">i", -1 if items is None else items)


FLEXIBLE: Final[Form] = _Flexible()
LEGACY: Final[Form] = _Legacy()


def texts(form: Form, values: Iterable[str] | None) -> bytes:
    """An array of strings; None is the null array."""
    if values is None:
        return form.count(None)
    items = [form.text(value) for value in values]
    return form.count(len(items)) + b"".join(items)


def int32s(form: Form, values: Sequence[int]) -> bytes:
    """An array of 32-bit numbers."""
    return form.count(len(values)) + struct.pack(f">{len(values)}i", *values)
