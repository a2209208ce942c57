"""Access control lists."""

import polars as pl

from kastellan.model.table import Frame, column


class Acls(
    Frame,
    name="acls",
    key=("resource_type", "resource", "pattern_type", "principal", "host", "operation", "permission"),
    roster="principal",
):
    """One row per ACL binding that the authorizer holds (DescribeAcls); all come in one answer or none does.

    A cluster without an authorizer has no ACLs: the table is empty, and its Answer says so. Rules of an authorizer that
    is not Kafka's own (Ranger, OPA, a managed service) are seen only as far as it tells them.
    """

    resource_type = column(pl.String, "topic, group, cluster, transactional-id, delegation-token or user")
    resource = column(pl.String, "name of the resource, or the prefix; * for all of the type; kafka-cluster for the cluster")
    pattern_type = column(pl.String, "literal or prefixed")
    principal = column(pl.String, "who, such as User:alice; User:* for everybody")
    host = column(pl.String, "from which address; * for all")
    operation = column(pl.String, "all, read, write, create, delete, alter, describe, cluster-action, describe-configs, ...")
    permission = column(pl.String, "allow or deny")
