"""Members of groups."""

import polars as pl

from kastellan.model.table import Frame, column


class Members(Frame, name="members", key=("group", "member")):
    """One row per member; a group that could not be described has a placeholder."""

    group = column(pl.String, "group id")
    member = column(pl.String, "member id")
    client_id = column(pl.String, "client.id")
    client_host = column(pl.String, "address that the coordinator sees")
    instance_id = column(pl.String, "group.instance.id of a static member")
    assigned = column(pl.Int32, "partitions assigned to it", "partitions")
