"""Per broker, the release line of its software, as far as the protocol shows."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.brokers import Brokers
from kastellan.views.release_lines import ReleaseLines


class BrokerReleases(Frame, name="broker_releases", key=("broker",)):
    """One row per broker.

    A broker reports the highest metadata.version that its software supports, and each line brought its own. The patch
    within the line is not reported by any request. The line is null where the broker was not seen, where it supports no
    metadata.version (before 3.0, or no Apache Kafka), and where its level is newer than the release data.
    """

    broker = column(pl.Int32, "node id")
    away = column(pl.Boolean, "the controller has fenced it; before Kafka 4.0, Metadata does not list it; null when unseen")
    level = column(pl.Int16, "highest metadata.version that its software supports")
    line = column(pl.String, "release line of its software, such as 4.3")
    newer = column(pl.Boolean, "its software is newer than the release data; null where the level was not seen")


def broker_releases(brokers: Brokers, features: BrokerFeatures, lines: ReleaseLines) -> BrokerReleases:
    """Brokers with the line to which their highest level belongs."""
    levels = features.df.filter(pl.col("feature") == "metadata.version").select(
        "broker", pl.col("supported_max").alias("level"), pl.col("answer").alias("told_by")
    )
    complete_lines = [line for line in lines.rows if line.first_level is not None and line.last_level is not None]
    of_level = pl.DataFrame(
        [(level, line.line) for line in complete_lines for level in range(line.first_level or 0, (line.last_level or 0) + 1)],
        schema={"level": pl.Int16, "line": pl.String},
        orient="row",
    )
    newest = max((line.last_level or 0 for line in complete_lines), default=0)
    return BrokerReleases(
        brokers.df.select("broker", pl.coalesce("fenced", ~pl.col("listed")).alias("away"), "answer")
        .join(levels, on="broker", how="left")
        .join(of_level, on="level", how="left")
        .select(
            "broker",
            "away",
            "level",
            "line",
            (pl.col("level") > newest).alias("newer"),
            pl.coalesce("told_by", "answer").alias("answer"),
        )
    )
