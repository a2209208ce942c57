"""The program for the kernel's filter shows the two calls and no other, on the machine that it is for."""

from __future__ import annotations

import struct

import pytest

from kastellan.lab.faults._seccomp import MACHINES, Machine, program
from tests.unit.lab.faults.kernel_filter import decided

SHOWN, DONE = 0x7FC0_0000, 0x7FFF_0000
OTHER = Machine(audit=0x4000_0003, bind=361, connect=362, seccomp=354)


def verdict(code: bytes, machine: int, number: int) -> int:
    """What the kernel would do with this call, from the start of what it tells of one."""
    seen = struct.pack("=iI", number, machine)
    return decided(code, lambda place: struct.unpack_from("=I", seen, place)[0])


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_bind_and_connect_are_shown_and_nothing_else_is(machine: Machine) -> None:
    code = program(machine)
    shown = {number for number in range(600) if verdict(code, machine.audit, number) == SHOWN}
    assert shown == {machine.bind, machine.connect}
    assert {verdict(code, machine.audit, number) for number in set(range(600)) - shown} == {DONE}


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_same_numbers_on_another_machine_are_other_calls(machine: Machine) -> None:
    assert {verdict(program(machine), OTHER.audit, number) for number in (machine.bind, machine.connect)} == {DONE}
