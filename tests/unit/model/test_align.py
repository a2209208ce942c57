"""Joins and groups of tables with the same rows."""

from __future__ import annotations

import polars as pl
import pytest

from kastellan.model.align import expand_by_count, group_by_runs, left_join_aligned

LEFT = pl.DataFrame({"topic": ["a", "a", "b", None], "partition": [0, 1, 0, None], "x": [1, 2, 3, 4]})
KEY = ["topic", "partition"]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1], []])
def test_is_the_left_join_whatever_rows_the_other_has(order: list[int]) -> None:
    right = LEFT.select(*KEY, y=pl.col("x") * 10)[order]
    found = left_join_aligned(LEFT, right, KEY)
    assert found["x"].to_list() == [1, 2, 3, 4]
    assert found["y"].to_list() == [10 * row + 10 if row in order else None for row in range(4)]


def test_the_same_rows_in_the_same_order_stand_side_by_side() -> None:
    whole = LEFT[:3]
    assert left_join_aligned(whole, whole.select(*KEY, y=pl.col("x") * 10), KEY)["y"].to_list() == [10, 20, 30]


def test_a_missing_key_finds_nothing() -> None:
    assert left_join_aligned(LEFT, LEFT.select(*KEY, y="x")[[3, 0]], KEY)["y"].to_list() == [1, None, None, None]


@pytest.mark.parametrize("times", [[2, 1], [1, 2], [3, 3], [None, 1]])
def test_rows_that_belong_to_several_are_found_whatever_their_number_says(times: list[int | None]) -> None:
    left = pl.DataFrame({"topic": ["a", "a", "b"], "x": [1, 2, 3]})
    right = pl.DataFrame({"topic": ["a", "b"], "times": times, "y": [10, 20]})
    found = expand_by_count(left, right, ["topic"], "times")
    assert found["x"].to_list() == [1, 2, 3]
    assert found["y"].to_list() == [10, 10, 20]


def test_a_row_that_belongs_to_none_is_passed_over() -> None:
    left = pl.DataFrame({"topic": ["a", "c"]})
    right = pl.DataFrame({"topic": ["a", "b", "c"], "times": [1, 0, 1], "y": [10, 20, 30]})
    assert expand_by_count(left, right, ["topic"], "times")["y"].to_list() == [10, 30]


ON = ["topic", "partition"]
TOLD = {"count": pl.len(), "unseen": pl.col("broker").null_count(), "first": pl.col("broker").first()}
TOGETHER = [("b", 0, 1), ("b", 0, None), ("b", 1, 2), ("a", 0, 3), ("a", 5, 1), ("a", 5, 1)]


def rows(listed: list[tuple[str | None, int | None, int | None]]) -> pl.DataFrame:
    return pl.DataFrame(listed, schema={"topic": pl.String, "partition": pl.Int32, "broker": pl.Int32}, orient="row")


@pytest.mark.parametrize(
    "listed",
    [
        TOGETHER,
        [],
        TOGETHER[3:4],
        [*TOGETHER, ("b", 0, 9)],
        [("a", 0, 1), ("b", 0, 2), ("a", 1, 3)],
        [("a", 1, 1), ("a", 0, 2), ("a", 1, 3)],
        [("a", 1, 1), ("a", 0, 2)],
        [("a", 0, 1), ("b", 0, 2), ("a", 0, 3)],
        [("a", None, 1), ("a", None, 2), (None, 0, 3), (None, 0, 4), ("a", 0, 5), ("a", None, 6)],
    ],
)
def test_it_is_a_group_by_whatever_the_order_of_the_rows(listed: list[tuple[str | None, int | None, int | None]]) -> None:
    frame = rows(listed)
    assert group_by_runs(frame, ON, **TOLD).rows() == frame.group_by(ON, maintain_order=True).agg(**TOLD).rows()
    only = frame.drop("partition")
    assert group_by_runs(only, ["topic"], **TOLD).rows() == only.group_by("topic", maintain_order=True).agg(**TOLD).rows()
