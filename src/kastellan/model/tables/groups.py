"""Groups."""

import polars as pl

from kastellan.model.table import Frame, column


class Groups(Frame, name="groups", key=("group",)):
    """One row per group: classic, consumer (KIP-848), share (KIP-932) or streams (KIP-1071)."""

    group = column(pl.String, "group id")
    type = column(pl.String, "classic, consumer, share or streams; null before Kafka 3.8")
    protocol_type = column(pl.String, "consumer, connect, share, ...; empty for groups that only commit")
    state = column(
        pl.String, "Stable, Empty, PreparingRebalance, CompletingRebalance, Assigning, Reconciling, NotReady, Dead, ..."
    )
    coordinator = column(pl.Int32, "broker that coordinates it")
    members = column(pl.Int32, "number of members", "members")
    epoch = column(pl.Int32, "group epoch, which rises with each change of members or topics; null for classic groups")
    assignment_epoch = column(pl.Int32, "epoch of the assignment; below `epoch` while a new one is computed; null for classic")
    assignor = column(pl.String, "assignment strategy: range, cooperative-sticky, uniform, ...; empty while none is chosen")
    topology_epoch = column(pl.Int32, "epoch of the topology of a streams group; null for the others")
    error = column(pl.String, "error name of the description; null when none")
