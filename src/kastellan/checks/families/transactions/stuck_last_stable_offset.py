"""Readers of committed records are held up on a partition.

**What it means.** An open transaction keeps the last stable offset of the partition where the transaction began. Since
the earlier look the log has grown and the last stable offset has not moved: a consumer with
`isolation.level=read_committed` has got nothing new meanwhile, whichever producer wrote the later records.

**What it looks like** No line in any log. Two looks:

    orders-7: last stable offset 118204, end of the log 131877
    orders-7: last stable offset 118204, end of the log 134012

**When it is wrong.** Flink keeps transactions open from checkpoint to checkpoint, for minutes: its readers wait by
design, which is the price of exactly-once; raise `stuck_s` above the checkpoint interval. Consumers that read what is
not committed do not feel anything: which way a group reads is not visible, only whose commit stands where the last
stable offset stands. Where transactions may not be described, who holds the partition is not reported.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import list_expr
from kastellan.engine.needs import Earlier
from kastellan.model.align import left_join_aligned
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.views.stable_ends import StableEnds

CHECK = Check(
    id="transactions.stuck_last_stable_offset",
    title="Readers of committed records are held up",
    severity=Severity.WARNING,
    observed="last stable offset {last_stable} for {stood_ms:duration} while {moved:count} offsets came, {held:count} held back"
    "{held_by}{held_up}",
    expected="a last stable offset that moves with the log",
    impact="Consumers with isolation.level=read_committed get nothing of what is held back.",
    do="Find the producer by its transactional.id and make it end its transaction: restarting it with the same id aborts it at "
    "once. Otherwise the coordinator aborts it when its timeout is over.",
    do_not="Do not abort by hand while the coordinator knows the transaction. Do not reset the readers' offsets or restart "
    "them: they are innocent.",
    verify="kastellan doctor --only transactions --watch: the last stable offset moves.",
    undo="An abort cannot be undone; the producer must write its records again.",
    settings=(
        Setting(
            name="stuck_s", default=60, unit="s", low=5, high=86_400, meaning="how long the last stable offset must have stood"
        ),
    ),
    kafka="0.11 or newer",
    references=("KIP-98", "KIP-664"),
    proven_by="transaction_open",
)

_PLACE = ["topic", "partition"]


def evaluate(
    ends: StableEnds,
    now: Moment,
    stable_before: Annotated[LastStableOffsets, Earlier(min_s=60, setting="stuck_s")] | None,
    offsets_before: Annotated[Offsets, Earlier(min_s=60, setting="stuck_s")] | None,
    before: Annotated[Moment, Earlier(min_s=60, setting="stuck_s")] | None,
    open_in: TransactionPartitions | None,
    commits: Commits | None,
    *,
    stuck_s: float,
) -> Verdicts:
    """Fails where the last stable offset stands below an end that moved; null where one of these was not seen."""
    behind = pl.col("last_stable") < pl.col("latest")
    # Where nothing is held back nothing more need be looked at.
    suspects = ends.df.filter(behind.fill_null(value=True)).select(*_PLACE, "last_stable", "latest")
    places = suspects.select(_PLACE)
    was_stable = (
        (stable_before or LastStableOffsets.empty())
        .df.select(*_PLACE, was_stable="last_stable")
        .join(places, on=_PLACE, how="semi")
    )
    was_latest = (offsets_before or Offsets.empty()).df.select(*_PLACE, was_latest="latest").join(places, on=_PLACE, how="semi")
    suspects = suspects.join(was_stable, on=_PLACE, how="left").join(was_latest, on=_PLACE, how="left")
    stands = (pl.col("last_stable") == pl.col("was_stable")) & (pl.col("latest") > pl.col("was_latest"))
    reason = f"needs an earlier look: an open transaction holds it back; look again in {stuck_s:g} s, or use --watch"
    looked_at = (
        suspects.join(_holders(suspects, open_in), on=_PLACE, how="left")
        .join(_held_up(suspects, commits), on=_PLACE, how="left")
        .select(
            *_PLACE,
            stands=stands,
            was_latest="was_latest",
            held_by=pl.when(pl.col("holders").is_not_null()).then(pl.format(" by {}", list_expr("holders"))),
            held_up=pl.when(pl.col("groups").is_not_null()).then(pl.format("; groups that stand there: {}", list_expr("groups"))),
        )
    )
    return Verdicts(
        "partition",
        left_join_aligned(ends.df.drop("answer"), looked_at, _PLACE).select(
            *_PLACE,
            "last_stable",
            "latest",
            fails=behind & pl.col("stands"),
            waits=pl.lit(stable_before is None) & behind,
            why=pl.when(pl.lit(stable_before is None) & behind).then(pl.lit(reason)),
            stood_ms=pl.lit(now.at_ms - before.at_ms if before else None, pl.Int64),
            moved=pl.col("latest") - pl.col("was_latest"),
            held=pl.col("latest") - pl.col("last_stable"),
            held_by=pl.col("held_by").fill_null(""),
            held_up=pl.col("held_up").fill_null(""),
        ),
    )


def _holders(suspects: pl.DataFrame, open_in: TransactionPartitions | None) -> pl.DataFrame:
    """The transactional ids that hold a partition: those that began at its last stable offset, or may have."""
    ids = (open_in or TransactionPartitions.empty()).df.drop_nulls("topic")
    first = pl.col("start_offset").is_null() | (pl.col("start_offset") == pl.col("last_stable"))
    return (
        ids.select(*_PLACE, "transactional_id", "start_offset")
        .join(suspects, on=_PLACE)
        .filter(first)
        .group_by(_PLACE)
        .agg(holders=pl.col("transactional_id").unique().sort())
    )


def _held_up(suspects: pl.DataFrame, commits: Commits | None) -> pl.DataFrame:
    """The groups whose commit is the last stable offset."""
    read = (commits or Commits.empty()).df.select(*_PLACE, "group", last_stable="committed")
    return (
        read.join(suspects, on=[*_PLACE, "last_stable"], how="semi").group_by(_PLACE).agg(groups=pl.col("group").unique().sort())
    )
