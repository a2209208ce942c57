"""What the fake cluster consists of: plain values that a test changes while the brokers answer from them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

DEFAULT_SOURCE: Final = 5
TOPIC_SOURCE: Final = 1


class FakeNode(msgspec.Struct):
    """A broker. `host` and `port` are what it advertises; an empty host means where it really listens."""

    node: int
    rack: str | None = None
    fenced: bool = False
    cut_off: bool = False
    """It receives no metadata any more, and goes on reporting that no broker is fenced."""
    host: str = ""
    port: int = 0
    configs: dict[str, str] = {}
    log_dirs: dict[str, FakeLogDir] = msgspec.field(default_factory=lambda: {"/data": FakeLogDir()})
    loggers: dict[str, str] = msgspec.field(default_factory=lambda: {"root": "INFO"})
    secrets: dict[str, str] = {}
    """Sensitive configs: it reports their names without values."""
    features: dict[str, int] | None = None
    """The highest feature levels that its software supports; None: those of the cluster."""


class FakeLogDir(msgspec.Struct):
    """A log directory; `error` 56 is a broken disk."""

    total_bytes: int = 100 << 30
    usable_bytes: int = 60 << 30
    error: int = 0
    cordoned: bool = False


class FakePartition(msgspec.Struct):
    """A partition; `leader` is -1 when it is offline."""

    leader: int
    replicas: list[int]
    isr: list[int]
    offline: list[int] = []
    leader_epoch: int = 0
    earliest: int = 0
    latest: int = 0
    stable: int | None = None
    max_timestamp_ms: int = -1
    first_ms: int = 0
    step_ms: int = 0
    """The record at offset N was written at `first_ms` + N * `step_ms`; 0 is a log without timestamps."""
    size_bytes: int = 0
    elr: list[int] = []
    last_known_elr: list[int] = []
    adding: list[int] = []
    removing: list[int] = []
    producers: list[FakeProducer] = []
    log_dir: str = "/data"


class FakeProducer(msgspec.Struct):
    """A producer that a partition leader remembers."""

    producer_id: int
    epoch: int = 0
    last_timestamp_ms: int = 0
    transaction_start: int = -1


class FakeTopic(msgspec.Struct):
    """A topic; partition numbers are the positions in the list."""

    name: str
    id: UUID
    partitions: list[FakePartition]
    internal: bool = False
    configs: dict[str, str] = {}


class FakeMember(msgspec.Struct):
    """A group member; `assigned` holds partition numbers by topic, of a streams group by subtopology.

    It subscribes to the topics that it is assigned to, or to those of `subscribed`.
    """

    id: str
    client_id: str = "client"
    host: str = "/127.0.0.1"
    assigned: dict[str, list[int]] = {}
    instance_id: str | None = None
    subscribed: list[str] | None = None
    epoch: int = 1
    member_type: int = 1
    rack: str | None = None


class FakeGroup(msgspec.Struct):
    """A group: type classic, consumer, share or streams; commits by topic and partition."""

    id: str
    coordinator: int
    type: str = "classic"
    state: str = "Empty"
    protocol_type: str = "consumer"
    members: list[FakeMember] = []
    commits: dict[tuple[str, int], int] = {}
    epoch: int = 1
    configs: dict[str, str] = {}
    """Configs of its own: with any, the group is listed among the resources that have configs."""
    claimed_by: int | None = None
    """A broker that is cut off and still answers as the coordinator."""
    share: dict[tuple[str, int], tuple[int, int]] = {}
    """Start offset and lag of a share group by partition."""
    sources: dict[str, list[str]] = {}
    """Source topics of a streams group by subtopology; with any, it has a topology."""


class FakeAcl(msgspec.Struct, frozen=True):
    """An ACL binding, in the protocol's numbers."""

    resource: str
    principal: str = "User:app"
    host: str = "*"
    resource_type: int = 2
    pattern_type: int = 3
    operation: int = 3
    permission: int = 3


class FakeQuota(msgspec.Struct, frozen=True):
    """The quotas of an entity: names by part (None is the default), values by key."""

    entity: dict[str, str | None]
    values: dict[str, float]


class FakeToken(msgspec.Struct, frozen=True):
    """A delegation token."""

    id: str
    owner: str = "app"
    issued_ms: int = 0
    expires_ms: int = 1
    max_ms: int = 2
    hmac: bytes = b"never to be seen"
    renewers: tuple[str, ...] = ()


class FakeTransaction(msgspec.Struct):
    """A transaction as its coordinator knows it."""

    id: str
    coordinator: int
    producer_id: int
    state: str = "Ongoing"
    epoch: int = 0
    timeout_ms: int = 60_000
    started_ms: int = 0
    partitions: dict[str, list[int]] = {}
    claimed_by: int | None = None
    """A broker that is cut off and still answers as the coordinator."""


class FakeModel(msgspec.Struct):
    """The cluster. Call `forget_answers` after editing it: brokers cache their answers until then."""

    nodes: dict[int, FakeNode]
    topics: dict[str, FakeTopic] = {}
    groups: dict[str, FakeGroup] = {}
    transactions: dict[str, FakeTransaction] = {}
    cluster_id: str = "fake-cluster-0123456789"
    controller: int = 1
    voters: list[int] = msgspec.field(default_factory=lambda: [1, 2, 3])
    features: dict[str, int] = msgspec.field(default_factory=lambda: {"metadata.version": 30, "group.version": 1})
    config_defaults: dict[str, str] = msgspec.field(
        default_factory=lambda: {"cleanup.policy": "delete", "min.insync.replicas": "1", "retention.ms": "604800000"}
    )
    acls: list[FakeAcl] | None = msgspec.field(default_factory=lambda: [FakeAcl("topic-0000"), FakeAcl("topic-0001")])
    """None: there is no authorizer."""
    scram: dict[tuple[str, int], int] = msgspec.field(default_factory=lambda: {("app", 2): 8192})
    """Iterations by user and mechanism (1 is SCRAM-SHA-256, 2 is SCRAM-SHA-512)."""
    quotas: list[FakeQuota] = msgspec.field(default_factory=lambda: [FakeQuota({"user": None}, {"producer_byte_rate": 1e6})])
    tokens: list[FakeToken] | None = msgspec.field(default_factory=lambda: [FakeToken("token-1")])
    """None: delegation tokens are not enabled."""
    client_metrics: dict[str, dict[str, str]] = msgspec.field(
        default_factory=lambda: {"basic": {"interval.ms": "60000", "metrics": "org.apache.kafka.", "match": ""}}
    )
    rights: int = -(1 << 31)
    """What the asking principal may do to the cluster (KIP-430); the default means that the broker does not report it."""
    end_of_metadata: int = 1_000
    revision: int = 0
    revision_of: dict[int, int] = {}

    def forget_answers(self, *apis: int) -> None:
        """Drop the cached answers: those to these requests, or all of them."""
        if not apis:
            self.revision += 1
        for api in apis:
            self.revision_of[api] = self.revision_of.get(api, 0) + 1

    def partition(self, topic: str, number: int) -> FakePartition | None:
        """The partition, if there is one."""
        report = self.topics.get(topic)
        return report.partitions[number] if report is not None and 0 <= number < len(report.partitions) else None


def fake_model(*, brokers: int = 3, topics: int = 4, partitions: int = 6, replicas: int = 3, groups: int = 2) -> FakeModel:
    """A healthy cluster of this size: leaders spread evenly, every group with a commit for every partition of one topic."""
    nodes = {node: FakeNode(node, rack=f"rack-{node % 3}") for node in range(1, brokers + 1)}
    model = FakeModel(nodes, voters=sorted(nodes)[:3])
    for number in range(topics):
        name = f"topic-{number:04}"
        model.topics[name] = FakeTopic(
            name,
            UUID(int=(7 << 64) + number + 1),
            [_healthy_partition(number + index, brokers, min(replicas, brokers)) for index in range(partitions)],
        )
    names = list(model.topics)
    for number in range(groups):
        name = names[number % len(names)] if names else ""
        commits = {(name, index): model.topics[name].partitions[index].latest - 5 for index in range(partitions)} if names else {}
        group = FakeGroup(f"group-{number:04}", coordinator=number % brokers + 1, commits=commits)
        model.groups[group.id] = group
    return model


def _healthy_partition(start: int, brokers: int, replicas: int) -> FakePartition:
    placed = [(start + step) % brokers + 1 for step in range(replicas)]
    return FakePartition(placed[0], placed, sorted(placed), leader_epoch=3, latest=100 + start, size_bytes=1_000 + start)
