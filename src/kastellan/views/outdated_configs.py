"""Per broker and config that some release deprecated or dropped: is it set, and does the broker's release know it?"""

from typing import Annotated

import polars as pl

from kastellan.engine.needs import Keys
from kastellan.model.table import Frame, column
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.reference.releases import ReleaseData, version_of
from kastellan.views.broker_releases import BrokerReleases
from kastellan.views.config_changes import ChangedConfig, ConfigChanges
from kastellan.views.release_lines import ReleaseLines


class OutdatedConfigs(Frame, name="outdated_configs", key=("broker", "config")):
    """One row per broker and config of the release data; null where the broker did not tell the key or its release.

    A broker lists what its properties file sets even where its release does not know the name: it takes such a value for
    a secret then, and the value is null.
    """

    broker = column(pl.Int32, "node id")
    config = column(pl.String, "name of the config")
    is_set = column(pl.Boolean, "somebody set it: in the broker's properties, for this broker or for all")
    value = column(pl.String, "its value; null when unseen, unset, sensitive or unknown to the release")
    line = column(pl.String, "release line of the broker; null when unseen")
    gone = column(pl.Boolean, "the broker's release does not know it any more")
    leaving = column(pl.Boolean, "the broker's release knows it and a later one does not, or it is deprecated in it")


def outdated_configs(
    configs: Annotated[BrokerConfigs, Keys(of_releases=ReleaseData.outdated_broker_keys)],
    releases: BrokerReleases,
    changes: ConfigChanges,
    lines: ReleaseLines,
) -> OutdatedConfigs:
    """Told keys with what the release data says of them for the broker's line."""
    described = [row for row in changes.rows if row.scope == "broker" and row.reported]
    by_line = pl.DataFrame(
        [
            (line.line, change.config, _gone(change, line.line), _leaving(change, line.line))
            for line in lines.rows
            for change in described
        ],
        schema={"line": pl.String, "config": pl.String, "gone": pl.Boolean, "leaving": pl.Boolean},
        orient="row",
    )
    source = pl.col("source")
    absent = pl.col("seen") & source.is_null() & pl.col("value").is_null()
    is_set = (
        pl.when(source.is_in(["broker", "cluster", "static"])).then(True)
        .when((source == "default") | absent).then(False)
    )  # fmt: skip
    return OutdatedConfigs(
        configs.df.filter(pl.col("config").is_in([change.config for change in described]))
        .select("broker", "config", is_set.alias("is_set"), "value", "answer")
        .join(releases.df.select("broker", "line"), on="broker", how="left")
        .join(by_line, on=["line", "config"], how="left")
    )


def _gone(change: ChangedConfig, line: str) -> bool:
    return change.removed is not None and version_of(line) >= version_of(change.removed)


def _leaving(change: ChangedConfig, line: str) -> bool:
    deprecated = change.deprecated is not None and version_of(line) >= version_of(change.deprecated)
    return not _gone(change, line) and (deprecated or change.removed is not None)
