"""Groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, column
from kastellan.model.text_kind import TextKind


class Groups(
    Frame,
    name="groups",
    key=("group",),
    enumerates="group",
    collection=Collection(
        requests=("ListGroups", "ConsumerGroupDescribe", "DescribeGroups", "ShareGroupDescribe", "StreamsGroupDescribe"),
        right=DESCRIBE_GROUP,
        probes_right=True,
        enumerated_by="ListGroups",
    ),
):
    """One row per group: classic, consumer (KIP-848), share (KIP-932) or streams (KIP-1071)."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    type = column(pl.String, "classic, consumer, share or streams; null before Kafka 3.8", text=TextKind.WORD)
    protocol_type = column(
        pl.String,
        "consumer, connect, share, ...; empty for groups that only commit",
        text=TextKind.WORD,
        words=frozenset({"connect", "consumer", "share", "sr", "streams"}),
    )
    state = column(
        pl.String,
        "Stable, Empty, PreparingRebalance, CompletingRebalance, Assigning, Reconciling, NotReady, Dead, ...",
        text=TextKind.WORD,
    )
    coordinator = column(pl.Int32, "broker that coordinates it")
    members = column(pl.Int32, "number of members", "members")
    epoch = column(pl.Int32, "group epoch, which rises with each change of members or topics; null for classic groups")
    assignment_epoch = column(pl.Int32, "epoch of the assignment; below `epoch` while a new one is computed; null for classic")
    assignor = column(
        pl.String,
        "assignment strategy: range, cooperative-sticky, uniform, ...; empty while none is chosen",
        text=TextKind.WORD,
        words=frozenset({"cooperative-sticky", "highly_available", "range", "roundrobin", "simple", "sticky", "uniform"}),
    )
    topology_epoch = column(pl.Int32, "epoch of the topology of a streams group; null for the others")
    error = column(pl.String, "error name of the description; null when none", text=TextKind.WORD)
