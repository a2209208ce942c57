"""The volume of a log directory is nearly full.

**What it means.** When the volume is full, the broker takes the directory offline at the next write, with all
replicas in it. Retention frees space only when whole segments expire, and a reassignment needs room for its copies.
Directories of one broker that lie on the same volume are one finding, reported for the first of them.

**What it looks like**

    $ df -h /data1
    Filesystem      Size  Used Avail Use% Mounted on
    /dev/sdb1       3.6T  3.4T  216G  95% /data1

**When it is wrong.** A large volume on the plateau of its retention stands at the same 85 % for years: raise
`used_percent` for such a cluster, or look at the growth, which is shown where an earlier look is at hand. Other
users of a shared mount fill it as well: the numbers are the volume's, not Kafka's. Brokers before 3.3 do not tell
the size of their volumes (KIP-827): unknown. Directories are taken for one volume when their total is equal and
their free space differs by less than 1 MiB; two empty disks of one size may so be taken for one, two nearly full ones hardly.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.log_dirs import LogDirs

CHECK = Check(
    id="storage.log_dir_nearly_full",
    title="Log directory is nearly full",
    severity=Severity.WARNING,
    observed="{used_percent_now:.1f} % of the volume used, {usable_bytes:bytes} of {total_bytes:bytes} free{growth}",
    expected="less than {used_percent:g} % used",
    impact="A full volume takes the directory offline with every replica in it; a reassignment to this broker needs room too.",
    do=(
        "Find what grows (kafka-log-dirs.sh --describe; kastellan get brokers): lower retention.ms or retention.bytes of "
        "the largest topics, or enlarge the volume. Deleted segments are gone from disk a minute later "
        "(file.delete.delay.ms)."
    ),
    do_not=(
        "Do not delete segment files by hand: the broker fails the whole directory. Do not start a reassignment to this broker, "
        "nor one away from it without a throttle: copies are made before originals are deleted."
    ),
    verify="kastellan doctor --only storage.log_dir_nearly_full --watch: used percent falls, or the volume is larger.",
    undo="Set the topics' retention back to its former value; what was deleted meanwhile stays deleted.",
    settings=(
        Setting(name="used_percent", default=85, unit="%", meaning="used part of the volume that is reported", low=50, high=99),
    ),
    kafka="3.3 or newer",
    references=("KIP-827",),
    proven_by="disk_nearly_full",
)

_ERROR_PERCENT = 95
_SAME_VOLUME_BYTES = 1024**2
_DAY_S = 86_400


def evaluate(
    dirs: LogDirs,
    now: Moment,
    dirs_before: Annotated[LogDirs, Earlier(min_s=30)] | None,
    before: Annotated[Moment, Earlier(min_s=30)] | None,
    *,
    used_percent: float,
) -> Verdicts:
    """Fails where the used part is too large; a directory that shares the volume of an earlier one does not apply."""
    used = 100 * (pl.col("total_bytes") - pl.col("usable_bytes")) / pl.col("total_bytes")
    used_share = pl.when(pl.col("total_bytes") > 0).then(used)
    volumes = dirs.df.lazy().select("broker", "path", "total_bytes", "usable_bytes").with_columns(used_percent_now=used_share)
    frame = (
        volumes.join(_shadowed_dirs(dirs), on=["broker", "path"], how="left", nulls_equal=True)
        .join(_growth(dirs, now, dirs_before, before), on=["broker", "path"], how="left")
        .with_columns(
            fails=pl.col("used_percent_now") >= used_percent,
            # Without another directory on the broker there is none that could share its volume.
            applies=~pl.when(pl.col("alone").fill_null(True)).then(False).otherwise(pl.col("shadowed")),
            severity=pl.when(pl.col("used_percent_now") >= _ERROR_PERCENT).then(pl.lit("error")),
            growth=pl.col("growth").fill_null(""),
        )
    )
    return Verdicts("log_dir", frame.drop("alone", "shadowed"))


def _shadowed_dirs(dirs: LogDirs) -> pl.LazyFrame:
    """Whether a directory of the same broker with a smaller path lies on the same volume; null where that was not seen.

    An offline directory has no volume that could be compared.
    """
    volumes = dirs.df.lazy().select("broker", "path", "total_bytes", "usable_bytes")
    others = dirs.df.lazy().filter(pl.col("online").ne_missing(False)).select(
        "broker", other="path", other_total="total_bytes", other_usable="usable_bytes"
    )  # fmt: skip
    near = (pl.col("usable_bytes") - pl.col("other_usable")).abs() < _SAME_VOLUME_BYTES
    same = (pl.col("total_bytes") == pl.col("other_total")) & near
    return (
        volumes.join(others, on="broker")
        .filter(pl.col("other") < pl.col("path"))
        .group_by("broker", "path")
        .agg(shadowed=same.any(ignore_nulls=False), alone=pl.lit(False))
    )


def _growth(dirs: LogDirs, now: Moment, dirs_before: LogDirs | None, before: Moment | None) -> pl.LazyFrame:
    """In words, how fast the volume fills since the earlier look; empty where there is none or it does not grow."""
    if dirs_before is None or before is None or now.at_ms <= before.at_ms:
        return pl.LazyFrame(schema={"broker": pl.Int32, "path": pl.String, "growth": pl.String})
    span_s = (now.at_ms - before.at_ms) / 1000
    earlier = dirs_before.df.lazy().select("broker", "path", was_total="total_bytes", was_usable="usable_bytes")
    rate = (pl.col("was_usable") - pl.col("usable_bytes")) / span_s
    full_s = pl.col("usable_bytes") / pl.col("rate")
    words = pl.format(
        "; {} MiB/min since the look {} s before: full in {} h at this rate",
        (pl.col("rate") * 60 / 1024**2).round(1), pl.lit(round(span_s)), (full_s / 3600).round(1),
    )  # fmt: skip
    grows = (pl.col("rate") > 0) & (pl.col("was_total") == pl.col("total_bytes")) & (full_s < 30 * _DAY_S)
    return (
        dirs.df.lazy().select("broker", "path", "total_bytes", "usable_bytes")
        .join(earlier, on=["broker", "path"])
        .with_columns(rate=rate)
        .select("broker", "path", growth=pl.when(grows).then(words))
    )  # fmt: skip
