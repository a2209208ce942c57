"""Per group, how much of the topics that it reads its members own."""

import polars as pl

from kastellan.model.table import Frame, column
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.partitions import Partitions


class Ownership(Frame, name="ownership", key=("group",)):
    """One row per group. A topic is one that the group reads where a member owns one of its partitions."""

    group = column(pl.String, "group id")
    state = column(pl.String, "Stable, Empty, PreparingRebalance, Assigning, Dead, ...")
    members = column(pl.Int32, "number of members", "members")
    owned = column(pl.Int64, "partitions that members own; null when the assignment was not seen", "partitions")
    unowned = column(
        pl.Int64, "partitions of the same topics that nobody owns; null when the assignment or a topic was not seen", "partitions"
    )
    worst_topic = column(pl.String, "the topic with the most of them")
    worst_unowned = column(pl.Int64, "how many it has", "partitions")


def ownership(groups: Groups, assignments: Assignments, partitions: Partitions) -> Ownership:
    """Owned partitions of each group against the partitions of their topics."""
    sizes = partitions.df.lazy().group_by("topic").agg(size=pl.col("partition").n_unique())
    of_topic = (
        assignments.df.lazy()
        .group_by("group", "topic")
        .agg(owned=pl.col("partition").n_unique(), answer_of_owned=pl.col("answer").first())
        .join(sizes, on="topic", how="left")
        .with_columns(unowned=(pl.col("size") - pl.col("owned").cast(pl.Int64)).clip(lower_bound=0))
    )
    read = pl.col("topic").is_not_null().all()
    all_sized = read & (pl.col("unowned").null_count() == 0)
    worst = pl.col("unowned").arg_max()
    sums = of_topic.group_by("group").agg(
        owned=pl.when(read).then(pl.col("owned").sum()),
        unowned=pl.when(all_sized).then(pl.col("unowned").sum()),
        worst_topic=pl.when(all_sized).then(pl.col("topic").get(worst)),
        worst_unowned=pl.when(all_sized).then(pl.col("unowned").get(worst)),
        answer_of_owned=pl.col("answer_of_owned").first(),
    )
    # A group without a row there owns nothing, unless assignments could not all be read.
    nothing = pl.lit(None, pl.Int64) if assignments.unseen else pl.lit(0, pl.Int64)
    without = pl.col("answer_of_owned").is_null() & pl.col("owned").is_null()
    return Ownership(
        groups.df.lazy()
        .select("group", "state", "members", "answer")
        .join(sums, on="group", how="left", maintain_order="left")
        .with_columns(
            owned=pl.when(without).then(nothing).otherwise("owned"),
            unowned=pl.when(without).then(nothing).otherwise("unowned"),
            answer=pl.coalesce("answer_of_owned", "answer"),
        )
        .select(*Ownership.schema())
        .collect()
    )
