"""Key tables of Kerberos (version 5.2 of the format, which MIT's library and Java's read), taken apart and put together. Pure."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping

import msgspec

_BEGIN = b"\x05\x02"
_BEFORE_KEY = struct.calcsize(">IIBH")
"""The kind of name, the time, the version of the key, and its kind."""


class Entry(msgspec.Struct, frozen=True):
    """One key of a principal (named without its realm): the record, and where in it the key is."""

    principal: str
    raw: bytes
    key_at: int
    key_end: int

    def __repr__(self) -> str:
        return f"Entry({self.principal})"


def entries(table: bytes) -> Iterator[Entry]:
    """Every key of a table."""
    at = len(_BEGIN)
    while at < len(table):
        (size,) = struct.unpack_from(">i", table, at)
        at += 4
        if size > 0:  # else it is the hole of an entry that was removed
            yield _entry(table[at : at + size])
        at += abs(size)


def table(keys: Iterable[Entry]) -> bytes:
    """A table of these keys."""
    return _BEGIN + b"".join(struct.pack(">i", len(key.raw)) + key.raw for key in keys)


def split(keytab: bytes) -> Mapping[str, bytes]:
    """A table for each principal of a table."""
    keys = list(entries(keytab))
    names = dict.fromkeys(key.principal for key in keys)
    return {name: table(key for key in keys if key.principal == name) for name in names}


def spoil(keytab: bytes) -> bytes:
    """The same principals with keys that are not theirs."""
    return table(
        msgspec.structs.replace(entry, raw=entry.raw[: entry.key_at] + _other(entry) + entry.raw[entry.key_end :])
        for entry in entries(keytab)
    )


def _other(entry: Entry) -> bytes:
    return bytes(byte ^ 0xFF for byte in entry.raw[entry.key_at : entry.key_end])


def _entry(raw: bytes) -> Entry:
    (parts,) = struct.unpack_from(">H", raw)
    at, words = 2, list[str]()
    for _ in range(parts + 1):  # the realm stands first and is not counted
        (size,) = struct.unpack_from(">H", raw, at)
        words.append(raw[at + 2 : at + 2 + size].decode())
        at += 2 + size
    at += _BEFORE_KEY
    (size,) = struct.unpack_from(">H", raw, at)
    return Entry("/".join(words[1:]), raw, at + 2, at + 2 + size)
