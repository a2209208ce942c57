"""Key tables are taken apart by principal and put together byte by byte as the format has it."""

from __future__ import annotations

import struct

from kastellan.lab.security import keytabs


def counted(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


def record(names: list[bytes], key: bytes, version: int = 1) -> bytes:
    principal = struct.pack(">H", len(names)) + counted(b"R") + b"".join(map(counted, names)) + struct.pack(">I", 1)
    body = principal + struct.pack(">IBH", 1_700_000_000, version, 17) + counted(key) + struct.pack(">I", version)
    return struct.pack(">i", len(body)) + body


HOLE = struct.pack(">i", -5) + b"?????"
WHOLE = (
    b"\x05\x02" + record([b"kafka", b"localhost"], b"k" * 16) + HOLE + record([b"me"], b"m" * 16) + record([b"me"], b"n" * 32, 2)
)


def test_each_principal_gets_its_keys_and_no_other():
    tables = keytabs.split(WHOLE)
    assert tables == {
        "kafka/localhost": b"\x05\x02" + record([b"kafka", b"localhost"], b"k" * 16),
        "me": b"\x05\x02" + record([b"me"], b"m" * 16) + record([b"me"], b"n" * 32, 2),
    }


def test_a_spoiled_table_differs_in_the_keys_alone():
    mine = keytabs.split(WHOLE)["me"]
    other = keytabs.spoil(mine)
    assert other == b"\x05\x02" + record([b"me"], bytes([ord("m") ^ 255]) * 16) + record([b"me"], bytes([ord("n") ^ 255]) * 32, 2)
    assert keytabs.spoil(other) == mine


def test_a_key_is_not_shown():
    assert [repr(each) for each in keytabs.entries(WHOLE)] == ["Entry(kafka/localhost)", "Entry(me)", "Entry(me)"]
