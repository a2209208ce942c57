"""The programs for the kernel's filter take the share that they are asked for."""

from __future__ import annotations

import struct

import pytest

from kastellan.lab.faults._packets import ALL, program

LOAD, AT_LEAST, RETURN = 0x20, 0x35, 0x06
RANDOM = 0xFFFF_F000 + 56


def passes(code: bytes, drawn: int) -> bool:
    """What the kernel would do with a packet for which it drew this number: run the program."""
    steps = list(struct.iter_unpack("=HBBI", code))
    held, at = 0, 0
    while True:
        kind, then, otherwise, value = steps[at]
        at += 1
        if kind == RETURN:
            return value > 0
        if kind == LOAD:
            assert value == RANDOM
            held = drawn
        else:
            assert kind == AT_LEAST
            at += then if held >= value else otherwise


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6, 0.999])
def test_a_share_is_lost_by_chance(share: float) -> None:
    edge = int(share * 2**32)
    assert passes(program(share), edge)
    assert passes(program(share), 2**32 - 1)
    assert edge == 0 or not passes(program(share), edge - 1)


def test_all_is_lost_whatever_chance_says() -> None:
    assert not any(passes(program(ALL), drawn) for drawn in (0, 2**31, 2**32 - 1))
