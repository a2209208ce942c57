"""Words for many rows."""

from __future__ import annotations

import polars as pl

from kastellan.checks.text_exprs import count_expr, list_expr


def test_one_is_singular_and_what_is_null_stays_so() -> None:
    frame = pl.DataFrame({"n": [0, 1, 2, None]})
    assert frame.select(count_expr("n", "partition")).to_series().to_list() == [
        "0 partitions",
        "1 partition",
        "2 partitions",
        None,
    ]
    assert frame.select(count_expr("n", "replica of it", "replicas of it")).item(2, 0) == "2 replicas of it"


def test_a_long_list_is_cut() -> None:
    frame = pl.DataFrame({"on": [list(range(9)), [7], [], None]})
    assert frame.select(list_expr("on")).to_series().to_list() == ["0, 1, 2, 3, 4, 5, ...", "7", "", None]
