"""Settings that a release dropped, or that a later one will: on which brokers they are set."""

from collections.abc import Sequence

import polars as pl

from kastellan.checks.check import Verdicts
from kastellan.views.outdated_configs import OutdatedConfigs

_MOST_NAMED = 8


def evaluate_outdated(
    outdated: OutdatedConfigs, hit: pl.Expr, wanted: Sequence[tuple[str | None, ...]], facts: Sequence[str]
) -> Verdicts:
    """Every wanted config (its name, then `facts`); fails where a broker hits, null where none does and one did not tell."""
    seen_keys = outdated.df.group_by("config").agg(
        fails=hit.any(ignore_nulls=False),
        count=hit.sum(),
        brokers=pl.len(),
        some_brokers=pl.col("broker").filter(hit).sort().head(_MOST_NAMED).cast(pl.String).str.join(", "),
    )
    schema = dict.fromkeys(("config", *facts), pl.String)
    rows = pl.DataFrame(wanted, schema=schema, orient="row")
    return Verdicts("broker_config", rows.join(seen_keys, on="config", how="left", maintain_order="left"))
