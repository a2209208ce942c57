"""Per partition, where its log ends and how far readers of committed records get."""

import polars as pl

from kastellan.model.align import left_join_aligned
from kastellan.model.table import Frame, column
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions

_PLACE = ["topic", "partition"]


class StableEnds(Frame, name="stable_ends", key=("topic", "partition")):
    """One row per partition. Where both are equal nothing is held back."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    last_stable = column(pl.Int64, "last stable offset: read_committed consumers stop here", "records")
    latest = column(pl.Int64, "high watermark", "records")


def stable_ends(partitions: Partitions, offsets: Offsets, stable: LastStableOffsets) -> StableEnds:
    """Partitions with both ends; `answer` is that of the one that was not seen, else of the last stable offset."""
    ends = left_join_aligned(partitions.df.select(*_PLACE, "answer"), stable.df.rename({"answer": "answer_of_stable"}), _PLACE)
    ends = left_join_aligned(ends, offsets.df.select(*_PLACE, "latest", answer_of_end="answer"), _PLACE)
    no_end = pl.col("latest").is_null() & pl.col("answer_of_end").is_not_null()
    known_answer = pl.coalesce("answer_of_stable", "answer_of_end", "answer")
    return StableEnds(
        ends.with_columns(answer=pl.when(no_end).then("answer_of_end").otherwise(known_answer)).select(*StableEnds.schema())
    )
