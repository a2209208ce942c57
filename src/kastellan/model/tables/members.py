"""Members of groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Members(
    Frame,
    name="members",
    key=("group", "member"),
    enumerates="member",
    collection=Collection(
        requests=("ConsumerGroupDescribe", "DescribeGroups", "ShareGroupDescribe", "StreamsGroupDescribe"),
        right=DESCRIBE_GROUP,
        probes_right=True,
    ),
    listing=Listing(
        aliases=("member", "consumers"),
        noun="group",
        shown=("group", "member", "client_id", "client_host", "instance_id", "assigned", "subscribed", "protocol", "epoch"),
    ),
):
    """One row per member; a group that could not be described has a placeholder."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    member = column(pl.String, "member id", text=TextKind.MEMBER)
    client_id = column(pl.String, "client.id", text=TextKind.CLIENT)
    client_host = column(pl.String, "address that the coordinator sees", text=TextKind.HOST)
    instance_id = column(
        pl.String, "group.instance.id of a static member; empty for a dynamic one, null when unseen", text=TextKind.INSTANCE
    )
    assigned = column(pl.Int32, "partitions assigned to it", "partitions")
    target = column(
        pl.Int32,
        "partitions that it is to have once all is reconciled; null for classic and share groups",
        "partitions",
        nullable=True,
    )
    subscribed = column(
        pl.String,
        "topics that it subscribes to, sorted, with commas between; empty for none or for a regex alone, null when unseen",
        text=TextKind.TOPICS,
    )
    regex = column(
        pl.String,
        "regular expression that it subscribes to (KIP-848); empty for none, null when unseen",
        text=TextKind.TEXT,
        nullable=True,
    )
    protocol = column(
        pl.String,
        "classic or consumer: the protocol that this member speaks, also in a group that is being moved; null when unseen",
        text=TextKind.WORD,
        nullable=True,
    )
    epoch = column(
        pl.Int32,
        "member epoch; below the group's while it takes up its assignment, -2 for a static member that is away; null for classic",
        nullable=True,
    )
    rack = column(
        pl.String, "client.rack; empty for none, null when unseen or in classic groups", text=TextKind.RACK, nullable=True
    )
    process_id = column(pl.String, "process of a member of a streams group; null for the others", text=TextKind.ID, nullable=True)
    topology_epoch = column(pl.Int32, "topology that a member of a streams group runs; null for the others", nullable=True)
