"""Members of groups."""

import polars as pl

from kastellan.model.table import Frame, column


class Members(Frame, name="members", key=("group", "member")):
    """One row per member; a group that could not be described has a placeholder."""

    group = column(pl.String, "group id")
    member = column(pl.String, "member id")
    client_id = column(pl.String, "client.id")
    client_host = column(pl.String, "address that the coordinator sees")
    instance_id = column(pl.String, "group.instance.id of a static member; empty for a dynamic one, null when unseen")
    assigned = column(pl.Int32, "partitions assigned to it", "partitions")
    target = column(
        pl.Int32, "partitions that it is to have once all is reconciled; null for classic and share groups", "partitions"
    )
    subscribed = column(
        pl.String,
        "topics that it subscribes to, sorted, with commas between; empty for none or for a regex alone, null when unseen",
    )
    regex = column(pl.String, "regular expression that it subscribes to (KIP-848); empty for none, null when unseen")
    protocol = column(
        pl.String,
        "classic or consumer: the protocol that this member speaks, also in a group that is being moved; null when unseen",
    )
    epoch = column(
        pl.Int32,
        "member epoch; below the group's while it takes up its assignment, -2 for a static member that is away; null for classic",
    )
    rack = column(pl.String, "client.rack; empty for none, null when unseen or in classic groups")
    process_id = column(pl.String, "process of a member of a streams group; null for the others")
    topology_epoch = column(pl.Int32, "topology that a member of a streams group runs; null for the others")
