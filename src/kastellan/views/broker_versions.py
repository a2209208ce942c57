"""Which versions of the protocol each broker speaks, in one value that can be compared."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.brokers import Brokers


class BrokerVersions(Frame, name="broker_versions", key=("broker",)):
    """One row per broker. Brokers of one release speak the same; those of two releases nearly always differ."""

    broker = column(pl.Int32, "node id")
    away = column(pl.Boolean, "the controller has fenced it; before Kafka 4.0, Metadata does not list it; null when unseen")
    spoken = column(pl.String, "every request type with its lowest and highest version; null when the broker did not tell")
    highest_sum = column(pl.Int64, "sum of the highest versions: of two brokers, the newer one has the larger", "versions")


def broker_versions(brokers: Brokers, versions: ApiVersions) -> BrokerVersions:
    """Brokers with what they speak; null where a broker reported nothing, or a version was not seen."""
    all_seen = pl.col("known").all()
    version_seen = pl.col("min_version").is_not_null() & pl.col("max_version").is_not_null() & pl.col("api_key").is_not_null()
    version_text = pl.format("{}:{}-{}", "api_key", "min_version", "max_version")
    spoken = (
        versions.df.with_columns(known=version_seen)
        .sort("broker", "api_key")
        .group_by("broker")
        .agg(
            spoken=pl.when(all_seen).then(version_text.str.join(" ")),
            highest_sum=pl.when(all_seen).then(pl.col("max_version").cast(pl.Int64).sum()),
            answer_of_versions=pl.col("answer").first(),
        )
    )
    away = pl.coalesce("fenced", ~pl.col("listed"))
    return BrokerVersions(
        brokers.df.select("broker", away.alias("away"), "answer")
        .join(spoken, on="broker", how="left", maintain_order="left")
        .with_columns(answer=pl.coalesce("answer_of_versions", "answer"))
        .select(*BrokerVersions.schema())
    )
