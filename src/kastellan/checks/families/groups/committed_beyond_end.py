"""A group has committed offsets that the partition does not have.

**What it means.** The committed offset is above the end of the log. The log was cut (an unclean election, a lost disk),
the topic was deleted and re-created under its name, or the commits were copied from another cluster. A consumer that
starts from there gets OffsetOutOfRange and goes where `auto.offset.reset` says: to the end, skipping what comes
meanwhile, or to the start, reading everything again.

**What it looks like**

    GROUP    TOPIC   PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG
    billing  orders  7          118204          3011            -115193

    WARN [Consumer clientId=billing-1, groupId=billing] Fetch position FetchPosition{offset=118204, ...} is out of range for
    partition orders-7, resetting offset

**When it is wrong.** In the second after an election the new leader may not yet know how far the log is committed: so an
error is confirmed by a second look. Where no member owns the partition the commit hurts nobody now and the severity is info.
Commits are read before the ends of the logs: a moving log cannot look so.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.views.owned_lag import OwnedLag

CHECK = Check(
    id="groups.committed_beyond_end",
    title="Group is ahead of the log",
    severity=Severity.ERROR,
    observed="committed {committed}, the log ends at {latest}: {ahead:count} offsets too far; {whose}",
    expected="a committed offset within the log",
    impact="The consumer's position is reset: it skips records or reads all of them again.",
    do="Find out first what happened to the topic: was it re-created (another topic id), or was there an unclean election (the "
    "brokers' and controllers' logs)? Then stop the group, and set its offsets to where it should go on: "
    "kafka-consumer-groups.sh --reset-offsets --dry-run first, then --execute.",
    do_not="Do not restart the consumers before auto.offset.reset has been read: it decides what is skipped or repeated.",
    verify="kastellan lag GROUP: no partition is ahead of the log.",
    undo="Note the committed offsets before the reset; --reset-offsets --from-file brings them back.",
    references=("Kafka documentation, Consumer configs, auto.offset.reset", "KIP-101", "KIP-320"),
)


def evaluate(lag: OwnedLag) -> Verdicts:
    """Fails where a commit is above the end of the log; null where either was not seen."""
    owned = pl.col("assigned")
    return Verdicts(
        "group_partition",
        lag.df.lazy().select(
            "group",
            "topic",
            "partition",
            "committed",
            "latest",
            fails=pl.col("ahead_records") > 0,
            applies=pl.col("begun").ne_missing(pl.lit(value=False)),
            severity=pl.when(owned)
            .then(pl.lit(Severity.ERROR.value))
            .when(~owned)
            .then(pl.lit(Severity.INFO.value))
            .otherwise(pl.lit(Severity.WARNING.value)),
            ahead=pl.col("ahead_records"),
            whose=pl.when(owned)
            .then(pl.format("owner {}", "member"))
            .when(~owned)
            .then(pl.lit("nobody owns it now"))
            .otherwise(pl.lit("whether it is owned was not seen")),
        ),
    )
