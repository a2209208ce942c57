"""What is remembered from look to look serves only as long as what it was made of is the same."""

from __future__ import annotations

import polars as pl

from kastellan.sources.kafka.decode_cache import DecodeCache


def test_the_same_objects_give_what_was_made_of_them_and_equal_ones_do_not() -> None:
    memory, made = DecodeCache(), list[int]()

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
    memory = DecodeCache()
    first = memory.same("keys", pl.DataFrame({"topic": ["a", "b"]}))
    assert memory.same("keys", pl.DataFrame({"topic": ["a", "b"]})) is first
    other = pl.DataFrame({"topic": ["b", "a"]})
    assert memory.same("keys", other) is other
    assert memory.same("keys", pl.DataFrame({"topic": ["a", "b"]})) is not first


def test_the_last_meaning_is_a_guess_and_its_bytes_are_known() -> None:
    memory = DecodeCache()
    assert (memory.last("groups"), memory.bytes_of("groups")) == (None, None)
    memory.keep("groups", 4, b"old", ["a"])
    assert (memory.last("groups"), memory.bytes_of("groups")) == (["a"], b"old")
    assert memory.recall("groups", 4, b"new") is None
