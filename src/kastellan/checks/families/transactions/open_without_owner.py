"""A transaction is open and nobody writes to it.

**What it means.** The coordinator holds the transaction open, but its producer has appended nothing for a while: most
likely the producer died. Until the transaction ends, consumers with `isolation.level=read_committed` get nothing
beyond its first record in each of its partitions, whoever wrote it. It ends by itself when its timeout is over
(`transaction.timeout.ms` of the producer): the coordinator then aborts it.

**What it looks like** No line in any log.

    $ kafka-transactions.sh --bootstrap-server b1:9092 describe --transactional-id payments-1
    TransactionState  TransactionTimeoutMs  TransactionDurationMs  TopicPartitions
    Ongoing           900000                41800                  orders-7

**When it is wrong.** Flink keeps transactions open for 15 to 60 minutes, from checkpoint to checkpoint, and writes to
them all the while: it is the silence that is judged, not the age. A living producer that has nothing to write for
`idle_s` is reported wrongly as long as it lasts, and as an error from twice that on where readers wait; raise the setting.
The time of the last record is the record's own timestamp, mostly of the producer's clock: where it lies in the future,
or before the transaction began, it is not trusted; where an earlier look shows that it moved since, the clock is behind
and the severity only info. A transaction that the coordinator does not know any more (hanging) is another thing and
never listed here.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.model.finding import Severity
from kastellan.model.snapshot import Moment
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions

CHECK = Check(
    id="transactions.open_without_owner",
    title="Open transaction whose producer is silent",
    severity=Severity.WARNING,
    observed="open for {open_ms:duration}, nothing written for {idle_ms:duration}; {held_text}",
    expected="records written within {idle_s:g} s, or an end",
    impact="read_committed consumers see nothing beyond its first records. It is aborted by itself in {ends_in_ms:duration}.",
    do=(
        "Find the owner by the transactional.id. Restarting that producer with the same transactional.id aborts the "
        "transaction at once; otherwise wait until its timeout is over and the coordinator aborts it. Only if it is still"
        " there after that, it hangs: kafka-transactions.sh --bootstrap-server H:P find-hanging --broker-id N, then abort"
        " --topic T --partition P --start-offset O."
    ),
    do_not=(
        "Do not abort by hand while the coordinator knows the transaction: a producer that is only slow would lose its "
        "work. Do not restart brokers: that ends no transaction."
    ),
    verify="kastellan doctor --only transactions --watch: the transaction is gone and read_committed consumers move.",
    undo="An abort cannot be undone; the producer must write its records again.",
    settings=(
        Setting(name="open_s", default=30, unit="s", meaning="age from which on a transaction is looked at", low=10, high=86_400),
        Setting(
            name="idle_s",
            default=30,
            unit="s",
            meaning="time without a record from which on its producer counts as silent",
            low=10,
            high=86_400,
        ),
    ),
    kafka="3.0 or newer",
    references=("KIP-664", "KIP-98"),
    proven_by="transaction_open",
)

_PLACE = ["topic", "partition"]
_CLOCKS_MS = 5_000
_CLOCK_BEHIND = "but it wrote since the earlier look: its clock is behind ours"
_SKEWED = "the times of its last records do not fit its beginning and our clock; clocks differ by more than 5 s"


def evaluate(
    transactions: Transactions,
    partitions: TransactionPartitions,
    offsets: Offsets | None,
    stable: LastStableOffsets | None,
    now: Moment,
    partitions_before: Annotated[TransactionPartitions, Earlier(min_s=5)] | None,
    *,
    open_s: float,
    idle_s: float,
) -> Verdicts:
    """Fails where a transaction is open long enough and the last records of all its partitions are old enough.

    One partition with a young record shows a living producer; one whose last record was not seen leaves it unknown.
    """
    frame = (
        transactions.df.lazy()
        .join(
            _last_records(partitions, _held(partitions, offsets, stable), now, partitions_before, idle_ms=idle_s * 1000),
            on="transactional_id",
            how="left",
        )
        .with_columns(
            open_ms=pl.lit(now.at_ms) - pl.col("start_ms"),
            idle_ms=pl.lit(now.at_ms) - pl.col("last_ms"),
            ends_in_ms=(pl.col("start_ms") + pl.col("timeout_ms") - pl.lit(now.at_ms)).clip(lower_bound=0),
            skewed=(pl.col("last_ms") > now.at_ms + _CLOCKS_MS) | (pl.col("last_ms") < pl.col("start_ms") - _CLOCKS_MS),
        )
    )
    old = (pl.col("state") == "Ongoing") & (pl.col("open_ms") >= open_s * 1000)
    silent = pl.when(pl.col("skewed").fill_null(False)).then(None).otherwise(pl.col("silent"))
    held = pl.col("held_records")
    wrote = pl.col("moved").fill_null(False)
    held_text = (
        pl.when(held > 0)
        .then(pl.format("{} records held back from read_committed consumers on {}", held, pl.col("held_on")))
        .when(held == 0).then(pl.lit("no record is held back"))
        .otherwise(pl.format("what it holds back on {} was not all seen", pl.col("written_to")))
    )  # fmt: skip
    hurts = (pl.col("idle_ms") >= 2 * idle_s * 1000) & (held > 0)
    judged = frame.select(
        "transactional_id", "coordinator", "producer_id", "open_ms", "idle_ms", "ends_in_ms", "held_records",
        fails=old & silent,
        why=pl.when(pl.col("skewed").fill_null(False) & old).then(pl.lit(_SKEWED)),
        severity=pl.when(wrote).then(pl.lit("info")).when(hurts).then(pl.lit("error")),
        held_text=pl.when(wrote).then(pl.lit(_CLOCK_BEHIND)).otherwise(held_text),
    )  # fmt: skip
    return Verdicts("transaction", judged)


def _held(partitions: TransactionPartitions, offsets: Offsets | None, stable: LastStableOffsets | None) -> pl.LazyFrame:
    """Per partition that is written to, the records behind its last stable offset; null where one of both was not seen."""
    # Few partitions have an open transaction: a join of the ends of all of them would take longer than all the rest.
    places = partitions.df.lazy().select(_PLACE).unique()
    ends = (offsets or Offsets.empty()).df.lazy().select(*_PLACE, "latest").join(places, on=_PLACE, how="semi")
    stable_ends = (
        (stable or LastStableOffsets.empty()).df.lazy().select(*_PLACE, "last_stable").join(places, on=_PLACE, how="semi")
    )
    return ends.join(stable_ends, on=_PLACE, how="left").select(*_PLACE, held=pl.col("latest") - pl.col("last_stable"))


def _last_records(
    partitions: TransactionPartitions,
    held_by_place: pl.LazyFrame,
    now: Moment,
    before: TransactionPartitions | None,
    *,
    idle_ms: float,
) -> pl.LazyFrame:
    """Per transaction: its last record, whether all its partitions are silent, and what it holds back."""
    earlier = (before or TransactionPartitions.empty()).df.lazy().select("transactional_id", *_PLACE, was_ms="last_append_ms")
    held = pl.col("held")
    on = pl.format("{}-{}", *_PLACE)
    return (
        partitions.df.lazy()
        .join(held_by_place, on=_PLACE, how="left")
        .join(earlier, on=["transactional_id", *_PLACE], how="left")
        .group_by("transactional_id", maintain_order=True)
        .agg(
            last_ms=pl.col("last_append_ms").max(),
            silent=(pl.col("last_append_ms") <= now.at_ms - idle_ms).all(ignore_nulls=False),
            moved=(pl.col("last_append_ms") > pl.col("was_ms")).any(),
            held_records=pl.when(held.is_not_null().all() | (held > 0).any()).then(held.sum()),
            held_on=on.filter(held > 0).str.join(", "),
            written_to=on.str.join(", "),
        )
    )
