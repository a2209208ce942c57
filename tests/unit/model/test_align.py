"""Joins of tables with the same rows."""

from __future__ import annotations

import polars as pl
import pytest

from kastellan.model.align import beside, spread

LEFT = pl.DataFrame({"topic": ["a", "a", "b", None], "partition": [0, 1, 0, None], "x": [1, 2, 3, 4]})
KEY = ["topic", "partition"]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1], []])
def test_is_the_left_join_whatever_rows_the_other_has(order: list[int]) -> None:
    right = LEFT.select(*KEY, y=pl.col("x") * 10)[order]
    found = beside(LEFT, right, KEY)
    assert found["x"].to_list() == [1, 2, 3, 4]
    assert found["y"].to_list() == [10 * row + 10 if row in order else None for row in range(4)]


def test_the_same_rows_in_the_same_order_stand_side_by_side() -> None:
    whole = LEFT[:3]
    assert beside(whole, whole.select(*KEY, y=pl.col("x") * 10), KEY)["y"].to_list() == [10, 20, 30]


def test_a_missing_key_finds_nothing() -> None:
    assert beside(LEFT, LEFT.select(*KEY, y="x")[[3, 0]], KEY)["y"].to_list() == [1, None, None, None]


@pytest.mark.parametrize("times", [[2, 1], [1, 2], [3, 3], [None, 1]])
def test_rows_that_belong_to_several_are_found_whatever_their_number_says(times: list[int | None]) -> None:
    left = pl.DataFrame({"topic": ["a", "a", "b"], "x": [1, 2, 3]})
    right = pl.DataFrame({"topic": ["a", "b"], "times": times, "y": [10, 20]})
    found = spread(left, right, ["topic"], "times")
    assert found["x"].to_list() == [1, 2, 3]
    assert found["y"].to_list() == [10, 10, 20]


def test_a_row_that_belongs_to_none_is_passed_over() -> None:
    left = pl.DataFrame({"topic": ["a", "c"]})
    right = pl.DataFrame({"topic": ["a", "b", "c"], "times": [1, 0, 1], "y": [10, 20, 30]})
    assert spread(left, right, ["topic"], "times")["y"].to_list() == [10, 30]
