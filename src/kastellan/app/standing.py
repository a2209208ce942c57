"""Where a group stands in a partition, in words instead of -1 or 0."""

from __future__ import annotations

from typing import Final

import polars as pl

CAUGHT_UP: Final = "caught up"
BEHIND: Final = "behind"
OLDER: Final = "older than the log"
BEYOND: Final = "beyond the end"
NO_COMMIT: Final = "no commit"


def standing() -> pl.Expr:
    """From the columns of the view `lag`: caught up, behind, older than the log, beyond the end, or unknown and why."""
    return (
        pl.when(pl.col("topic").is_null()).then(pl.lit("unknown: the commits could not be read"))
        .when(pl.col("committed").is_null()).then(pl.lit("unknown: the commit was not seen"))
        .when(pl.col("latest").is_null()).then(pl.lit("unknown: the end of the log was not seen"))
        .when(pl.col("committed") > pl.col("latest")).then(pl.lit(BEYOND))
        .when(pl.col("committed") < pl.col("earliest")).then(pl.lit(OLDER))
        .when(pl.col("lag_records") == 0).then(pl.lit(CAUGHT_UP))
        .otherwise(pl.lit(BEHIND))
        .alias("standing")
    )  # fmt: skip
