"""A broker cannot use one of its log directories.

**What it means.** The broker met an I/O error in the directory (a failed or full disk, a lost mount, wrong rights), has
taken it out of service and goes on with its other directories. All replicas in it are offline: partitions that it led
have moved, and every partition in it has one copy less. A broker whose last directory fails shuts down: that is told
as an unreachable or fenced broker, not here.

**What it looks like**

    $ kafka-log-dirs.sh --describe --bootstrap-server b1:9092
    {"broker":3,"logDirs":[{"error":"KAFKA_STORAGE_ERROR","logDir":"/data2","partitions":[]},...

and in the broker's log `Stopping serving replicas in dir /data2 ... because the log directory has failed.`

**When it is wrong.** The broker keeps the directory offline until it is restarted, also when the disk has come back or
was freed since: the finding is still true then. A shortage of file descriptors can look like a failed disk: the first
stack trace in the broker's log then says "Too many open files".
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.log_dirs import LogDirs

CHECK = Check(
    id="storage.log_dir_offline",
    title="Log directory is offline",
    severity=Severity.ERROR,
    observed="{path} on broker {broker} is offline: {error}",
    expected="every log directory in service",
    impact=(
        "Every partition with a replica in {path} of broker {broker} has one copy less; one more failure may stop writes to it."
    ),
    do=(
        "Read the broker's log for the first error about the directory (LogDirFailureChannel), then look at the disk: mounted, "
        "full, read-only, failed, out of file descriptors? Repair that, then restart the broker; it fetches what is missing."
    ),
    do_not=(
        "Do not delete anything in the directory, and do not restart other brokers before its replicas are back in sync. Do not "
        "restart this one before the disk is repaired: with only one directory it would not start."
    ),
    verify="kastellan doctor --only storage,replication --watch: the directory is online and the under-replicated partitions go.",
    references=("KIP-112", "KIP-858", "Kafka documentation, Hardware and OS, Disks and Filesystem"),
    proven_by="log_dir_failed",
)


def evaluate(dirs: LogDirs) -> Verdicts:
    """Fails where the broker says that the directory is offline; null for a broker that did not tell."""
    return Verdicts(
        "log_dir",
        dirs.df.lazy().select(
            "broker",
            "path",
            fails=~pl.col("online"),
            error=pl.col("error"),
            # Another error than an offline directory says nothing about the directory itself.
            why=pl.when(pl.col("online").is_null() & pl.col("error").is_not_null()).then(
                pl.format("the broker answered {} for the directory", pl.col("error"))
            ),
        ),
    )
