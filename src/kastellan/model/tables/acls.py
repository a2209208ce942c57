"""Access control lists."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Acls(
    Frame,
    name="acls",
    key=("resource_type", "resource", "pattern_type", "principal", "host", "operation", "permission"),
    roster="principal",
    enumerates="acl",
    collection=Collection(requests=("DescribeAcls",), right=DESCRIBE_CLUSTER, refresh_s=60.0, placeholders=False),
    listing=Listing(
        aliases=("acl",),
        noun="principal",
        shown=("principal", "permission", "operation", "resource_type", "resource", "pattern_type", "host"),
    ),
):
    """One row per ACL binding that the authorizer holds (DescribeAcls); all come in one answer or none does.

    A cluster without an authorizer has no ACLs: the table is empty, and its Answer says so. Rules of an authorizer that
    is not Kafka's own (Ranger, OPA, a managed service) are seen only as far as it tells them.
    """

    resource_type = column(pl.String, "topic, group, cluster, transactional-id, delegation-token or user", text=TextKind.WORD)
    resource = column(
        pl.String,
        "name of the resource, or the prefix; * for all of the type; kafka-cluster for the cluster",
        text=TextKind.RESOURCE,
    )
    pattern_type = column(pl.String, "literal or prefixed", text=TextKind.WORD)
    principal = column(pl.String, "who, such as User:alice; User:* for everybody", text=TextKind.PRINCIPAL)
    host = column(pl.String, "from which address; * for all", text=TextKind.HOST)
    operation = column(
        pl.String, "all, read, write, create, delete, alter, describe, cluster-action, describe-configs, ...", text=TextKind.WORD
    )
    permission = column(pl.String, "allow or deny", text=TextKind.WORD)
