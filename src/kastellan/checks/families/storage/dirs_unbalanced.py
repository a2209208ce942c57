"""One directory of a broker fills while another has room.

**What it means.** With several log directories Kafka puts a new replica where the fewest partitions are, whatever their
size, and never moves it again by itself. So one disk may be nearly full beside an empty one, after a new disk was
added or where a few partitions are large; the fullest one decides when the broker loses a directory.

**What it looks like**

    $ df -h /data1 /data2
    Filesystem      Size  Used Avail Use% Mounted on
    /dev/sdb1       3.6T  3.2T  400G  89% /data1
    /dev/sdc1       3.6T  0.4T  3.2T  11% /data2

**When it is wrong.** Volumes shared with others fill for other reasons. Directories on one volume have the same numbers
and never differ. A fresh disk is empty on purpose until something is moved to it: below `warn_percent` on the fullest
the severity is info. Brokers before 3.3 do not report the size of their volumes: unknown.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.log_dirs import LogDirs

CHECK = Check(
    id="storage.dirs_unbalanced",
    title="Log directories of a broker are filled unequally",
    severity=Severity.INFO,
    observed="{fullest} is {most_percent:.0f} % full, {emptiest} {least_percent:.0f} %",
    expected="at most {max_points:g} percent points apart",
    impact="The fullest directory goes offline first, with every replica in it, while there is room beside it.",
    do="Move replicas between the directories: kafka-reassign-partitions.sh with log_dirs in the plan and "
    "--replica-alter-log-dirs-throttle, a few at a time.",
    do_not="Do not move partition directories by hand, not even while the broker is stopped.",
    verify="kastellan doctor --only storage.dirs_unbalanced",
    undo="Move the replicas back in the same way.",
    settings=(
        Setting(name="max_points", default=30, unit="% points", meaning="difference that is still fine", low=5, high=100),
        Setting(
            name="warn_percent", default=75, unit="%", meaning="used part of the fullest that makes it urgent", low=10, high=99
        ),
    ),
    kafka="3.3 or newer",
    references=("KIP-112", "KIP-113", "KIP-827"),
)


def evaluate(brokers: Brokers, dirs: LogDirs, *, max_points: float, warn_percent: float) -> Verdicts:
    """Fails where two directories in service differ too much; null where one of their sizes was not seen."""
    used = 100 * (pl.col("total_bytes") - pl.col("usable_bytes")) / pl.col("total_bytes")
    may_serve = pl.col("online").ne_missing(pl.lit(value=False))
    all_named = pl.col("path").is_not_null().all()
    in_service = pl.when(pl.col("online").sum() > 1).then(True).when(may_serve.sum() <= 1).then(False)
    of_broker = (
        dirs.df.lazy()
        .with_columns(used=pl.when(pl.col("total_bytes") > 0).then(used))
        .group_by("broker")
        .agg(
            several=pl.when(all_named).then(in_service),
            whole=pl.col("used").filter(may_serve).null_count() + pl.col("online").null_count() == 0,
            most_percent=pl.col("used").filter(may_serve).max(),
            least_percent=pl.col("used").filter(may_serve).min(),
            fullest=pl.col("path").filter(may_serve).sort_by(pl.col("used").filter(may_serve), descending=True).first(),
            emptiest=pl.col("path").filter(may_serve).sort_by(pl.col("used").filter(may_serve)).first(),
        )
    )
    apart = (pl.col("most_percent") - pl.col("least_percent")) > max_points
    urgent = pl.col("most_percent") >= warn_percent
    return Verdicts(
        "broker",
        brokers.df.lazy()
        .select("broker")
        .join(of_broker, on="broker", how="left", maintain_order="left")
        .select(
            "broker",
            fails=pl.when("whole").then(apart),
            applies="several",
            severity=pl.when(urgent).then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            most_percent="most_percent",
            least_percent="least_percent",
            fullest="fullest",
            emptiest="emptiest",
        ),
    )
