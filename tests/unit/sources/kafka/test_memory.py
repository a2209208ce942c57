"""What is remembered from look to look serves only as long as what it was made of is the same."""

from __future__ import annotations

import polars as pl

from kastellan.sources.kafka.memory import Memory
from kastellan.wire.kafka.packing import Packed


def test_the_same_objects_give_what_was_made_of_them_and_equal_ones_do_not() -> None:
    memory, made = Memory(), list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    first, second = [1], [2]
    assert [memory.made("slot", (first, second), make) for _ in range(3)] == [1, 1, 1]
    assert memory.made("slot", (first, [2]), make) == 2
    assert memory.made("slot", (first,), make) == 3
    assert memory.made("other", (first,), make) == 4
    assert memory.made("slot", (first,), make) == 3


def test_equal_rows_are_the_frame_of_the_last_look() -> None:
    memory = Memory()
    first = memory.same("keys", pl.DataFrame({"topic": ["a", "b"]}))
    assert memory.same("keys", pl.DataFrame({"topic": ["a", "b"]})) is first
    other = pl.DataFrame({"topic": ["b", "a"]})
    assert memory.same("keys", other) is other
    assert memory.same("keys", pl.DataFrame({"topic": ["a", "b"]})) is not first


def test_a_request_is_packed_once_a_version_until_its_basis_is_another() -> None:
    memory, built, basis = Memory(), list[int](), object()

    def build(version: int) -> Packed:
        built.append(version)
        return Packed(3, version, b"", flexible=True)

    for _ in range(2):
        memory.packing("ends", basis, build)(4)
    memory.packing("ends", basis, build)(5)
    memory.packing("ends", object(), build)(5)
    assert built == [4, 5, 5]
