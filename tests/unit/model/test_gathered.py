"""Counting off rows that stand together says the same as grouping them, wherever they stand."""

from __future__ import annotations

import polars as pl
import pytest

from kastellan.model.align import gathered

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
    assert gathered(frame, ON, **TOLD).rows() == frame.group_by(ON, maintain_order=True).agg(**TOLD).rows()
    only = frame.drop("partition")
    assert gathered(only, ["topic"], **TOLD).rows() == only.group_by("topic", maintain_order=True).agg(**TOLD).rows()
