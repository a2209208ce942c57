"""The rights that a read-only principal needs, in three levels, and what stays unseen without each right.

The rights are those that Kafka's authorizer checks for the requests that fill the tables (the table of authorised operations in
Kafka's security documentation). None of them lets anybody change a cluster; `deep` alone lets the principal read records,
which is why it is asked for by name and never needed by default.
"""

from __future__ import annotations

import msgspec

GLANCE, DOCTOR, DEEP = "glance", "doctor", "deep"
LEVELS = (GLANCE, DOCTOR, DEEP)
"""From the least to the most; each level has the rights of those before it."""

CLUSTER = "kafka-cluster"
"""Kafka's name for the one resource of type Cluster."""
ANY = "*"


Permission = tuple[str, str]
"""An operation and the type of resource that it is on, in Kafka's own words."""
DESCRIBE_CLUSTER: Permission = ("Describe", "Cluster")
DESCRIBE_CLUSTER_CONFIGS: Permission = ("DescribeConfigs", "Cluster")
DESCRIBE_TOPIC: Permission = ("Describe", "Topic")
DESCRIBE_TOPIC_CONFIGS: Permission = ("DescribeConfigs", "Topic")
DESCRIBE_GROUP: Permission = ("Describe", "Group")
DESCRIBE_GROUP_CONFIGS: Permission = ("DescribeConfigs", "Group")
DESCRIBE_TRANSACTION: Permission = ("Describe", "TransactionalId")
DESCRIBE_TOKEN: Permission = ("Describe", "DelegationToken")
READ_TOPIC: Permission = ("Read", "Topic")


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """An operation on a resource, in Kafka's own words; `without` says what cannot be seen when it is missing."""

    level: str
    operation: str
    resource: str
    name: str
    without: str

    @property
    def permission(self) -> Permission:
        """The operation and the type of resource."""
        return self.operation, self.resource


RIGHTS: tuple[Right, ...] = (
    Right(
        level=GLANCE,
        operation="Describe",
        resource="Cluster",
        name=CLUSTER,
        without="the metadata quorum, log directories with their sizes, reassignments, ACLs, SCRAM users, names of all groups",
    ),
    Right(
        level=GLANCE,
        operation="Describe",
        resource="Topic",
        name=ANY,
        without="topics with their partitions, replicas and offsets: they are left out without an error",
    ),
    Right(
        level=DOCTOR,
        operation="DescribeConfigs",
        resource="Cluster",
        name=CLUSTER,
        without="configuration of brokers, levels of their loggers, client metrics subscriptions, quotas",
    ),
    Right(
        level=DOCTOR,
        operation="DescribeConfigs",
        resource="Topic",
        name=ANY,
        without="configuration of topics: retention, min.insync.replicas, cleanup policy",
    ),
    Right(
        level=DOCTOR,
        operation="Describe",
        resource="Group",
        name=ANY,
        without="members, assignments and committed offsets of groups, and therefore lag",
    ),
    Right(
        level=DOCTOR,
        operation="DescribeConfigs",
        resource="Group",
        name=ANY,
        without="configuration of groups (KIP-848, share and streams groups)",
    ),
    Right(
        level=DOCTOR,
        operation="Describe",
        resource="TransactionalId",
        name=ANY,
        without="transactions, their state and age: they are left out without an error",
    ),
    Right(
        level=DOCTOR,
        operation="Describe",
        resource="DelegationToken",
        name=ANY,
        without="metadata of delegation tokens that others own",
    ),
    Right(
        level=DEEP,
        operation="Read",
        resource="Topic",
        name=ANY,
        without="producer state of partitions: which producer holds a transaction open on a partition",
    ),
)


def rights_of(level: str) -> tuple[Right, ...]:
    """Every right of a level, those of the levels before it included.

    >>> [(each.operation, each.resource) for each in rights_of("glance")]
    [('Describe', 'Cluster'), ('Describe', 'Topic')]
    """
    reach = LEVELS.index(level)
    return tuple(right for right in RIGHTS if LEVELS.index(right.level) <= reach)
