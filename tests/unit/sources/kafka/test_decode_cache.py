"""What is remembered from collection to collection serves only as long as what it was built of is the same."""

from __future__ import annotations

import polars as pl

from kastellan.sources.kafka.decode_cache import DecodeCache


def test_the_same_objects_give_what_was_made_of_them_and_equal_ones_do_not() -> None:
    cache, built = DecodeCache(), list[int]()

    def build() -> int:
        built.append(1)
        return len(built)

    first, second = [1], [2]
    assert [cache.derive("slot", (first, second), build) for _ in range(3)] == [1, 1, 1]
    assert cache.derive("slot", (first, [2]), build) == 2
    assert cache.derive("slot", (first,), build) == 3
    assert cache.derive("other", (first,), build) == 4
    assert cache.derive("slot", (first,), build) == 3


def test_equal_rows_are_the_frame_of_the_last_look() -> None:
    cache = DecodeCache()
    first = cache.reuse_equal("keys", pl.DataFrame({"topic": ["a", "b"]}))
    assert cache.reuse_equal("keys", pl.DataFrame({"topic": ["a", "b"]})) is first
    other = pl.DataFrame({"topic": ["b", "a"]})
    assert cache.reuse_equal("keys", other) is other
    assert cache.reuse_equal("keys", pl.DataFrame({"topic": ["a", "b"]})) is not first


def test_the_last_meaning_is_a_guess_and_its_bytes_are_known() -> None:
    cache = DecodeCache()
    assert (cache.last_value("groups"), cache.bytes_of("groups")) == (None, None)
    cache.remember("groups", 4, b"old", ["a"])
    assert (cache.last_value("groups"), cache.bytes_of("groups")) == (["a"], b"old")
    assert cache.recall("groups", 4, b"new") is None
