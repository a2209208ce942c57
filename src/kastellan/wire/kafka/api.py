"""Kafka's request kinds: names for sentences, and which of them only read."""

from __future__ import annotations

from enum import IntEnum
from functools import cache


class Api(IntEnum):
    """The API keys that Kastellan sends; a key outside this list is still named and refused by `permit`."""

    PRODUCE = 0
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DESCRIBE_ACLS = 29
    DESCRIBE_CONFIGS = 32
    DESCRIBE_LOG_DIRS = 35
    SASL_AUTHENTICATE = 36
    DESCRIBE_DELEGATION_TOKEN = 41
    INCREMENTAL_ALTER_CONFIGS = 44
    ALTER_PARTITION_REASSIGNMENTS = 45
    LIST_PARTITION_REASSIGNMENTS = 46
    DESCRIBE_CLIENT_QUOTAS = 48
    DESCRIBE_USER_SCRAM_CREDENTIALS = 50
    DESCRIBE_QUORUM = 55
    DESCRIBE_CLUSTER = 60
    DESCRIBE_PRODUCERS = 61
    DESCRIBE_TRANSACTIONS = 65
    LIST_TRANSACTIONS = 66
    CONSUMER_GROUP_DESCRIBE = 69
    LIST_CONFIG_RESOURCES = 74
    DESCRIBE_TOPIC_PARTITIONS = 75
    SHARE_GROUP_DESCRIBE = 77
    STREAMS_GROUP_DESCRIBE = 89
    DESCRIBE_SHARE_GROUP_OFFSETS = 90


READS = frozenset(
    {
        2,  # ListOffsets
        3,  # Metadata: the builders never let it create a topic
        9,  # OffsetFetch
        10,  # FindCoordinator
        15,  # DescribeGroups
        16,  # ListGroups
        17,  # SaslHandshake
        18,  # ApiVersions
        23,  # OffsetForLeaderEpoch
        29,  # DescribeAcls
        32,  # DescribeConfigs
        35,  # DescribeLogDirs
        36,  # SaslAuthenticate
        41,  # DescribeDelegationToken
        46,  # ListPartitionReassignments
        48,  # DescribeClientQuotas
        50,  # DescribeUserScramCredentials
        55,  # DescribeQuorum
        60,  # DescribeCluster
        61,  # DescribeProducers
        65,  # DescribeTransactions
        66,  # ListTransactions
        69,  # ConsumerGroupDescribe
        74,  # ListConfigResources
        75,  # DescribeTopicPartitions
        77,  # ShareGroupDescribe
        89,  # StreamsGroupDescribe
        90,  # DescribeShareGroupOffsets
    }
)
"""Requests that leave a cluster as it was. Every other key, a future one too, changes something and needs a permit."""


@cache
def api_name(key: int) -> str:
    """The protocol's name of a request.

    >>> api_name(35), api_name(999)
    ('DescribeLogDirs', 'request 999')
    """
    try:
        return "".join(word.capitalize() for word in Api(key).name.split("_"))
    except ValueError:
        return f"request {key}"
