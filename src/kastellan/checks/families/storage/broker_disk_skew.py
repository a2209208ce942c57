"""The disks of one broker are much fuller than those of the others.

**What it means.** Kafka spreads new partitions by number, not by size, and moves nothing by itself: brokers that were
added later stay empty, and those with large partitions fill. The fullest broker decides how long the cluster has room.

**What it looks like**

    $ kafka-log-dirs.sh --describe --bootstrap-server b1:9092
    (sizes of the replicas on broker 1: 3.1 TB, on 2: 1.2 TB, on 3: 1.1 TB)

**When it is wrong.** Brokers with disks of another size are compared by the used part, so that they may differ in bytes.
Volumes that others use as well fill for other reasons. Below `warn_percent` the severity is info. Brokers before 3.3 do not
tell the size of their volumes: unknown; so it is while one broker did not answer, since the mean is then not known.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.log_dirs import LogDirs

CHECK = Check(
    id="storage.broker_disk_skew",
    title="Broker's disks are fuller than those of the others",
    severity=Severity.INFO,
    observed="{used_percent:.0f} % used, the mean of the brokers is {mean_percent:.0f} %",
    expected="at most {max_points:g} percent points above the mean",
    impact="This broker runs out of space while the others have room.",
    do="Move partitions from it to emptier brokers, throttled: kafka-reassign-partitions.sh, or Cruise Control where it runs.",
    do_not="Do not start the moves while partitions are under-replicated, and leave room for the copies on their targets.",
    verify="kastellan doctor --only storage.broker_disk_skew",
    undo="kafka-reassign-partitions.sh --cancel while it runs; afterwards reassign with the former assignment.",
    settings=(
        Setting(
            name="max_points", default=20, unit="% points", meaning="distance above the mean that is still fine", low=5, high=100
        ),
        Setting(name="warn_percent", default=75, unit="%", meaning="used part that makes it urgent", low=10, high=99),
    ),
    kafka="3.3 or newer",
    references=("KIP-827",),
)


def evaluate(brokers: Brokers, dirs: LogDirs, *, max_points: float, warn_percent: float) -> Verdicts:
    """Fails where a broker's used part is too far above the mean; null where any broker's was not seen."""
    in_service = pl.col("online").ne_missing(pl.lit(value=False))
    of_broker = (
        dirs.df.filter(in_service)
        .group_by("broker")
        .agg(
            whole=(pl.col("total_bytes").null_count() == 0)
            & (pl.col("usable_bytes").null_count() == 0)
            & (pl.col("online").null_count() == 0),
            total=pl.col("total_bytes").sum(),
            usable=pl.col("usable_bytes").sum(),
        )
        .select(
            "broker",
            used_percent=pl.when(pl.col("whole") & (pl.col("total") > 0)).then(100 * (1 - pl.col("usable") / pl.col("total"))),
        )
    )
    frame = brokers.df.select("broker").join(of_broker, on="broker", how="left", maintain_order="left")
    # One broker that was not seen may move the mean either way.
    all_seen = frame["used_percent"].null_count() == 0 and not brokers.unseen and not dirs.unseen
    mean = frame["used_percent"].mean() if all_seen else None
    several = True if frame.height > 1 else None if brokers.unseen else False
    urgent = pl.col("used_percent") >= warn_percent
    return Verdicts(
        "broker",
        frame.with_columns(mean_percent=pl.lit(mean, pl.Float64)).select(
            "broker",
            fails=pl.col("used_percent") > pl.col("mean_percent") + max_points,
            applies=pl.lit(several, pl.Boolean),
            severity=pl.when(urgent).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            used_percent="used_percent",
            mean_percent="mean_percent",
            why=pl.lit(None if all_seen else "the mean is not known: the disks of a broker were not seen"),
        ),
    )
