"""Snapshots for tests: a whole, healthy cluster in one call, and small edits to it.

>>> snapshot = healthy(topics={"orders": 2})
>>> sick = edit(snapshot, Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
>>> sick.table(Replicas).df.filter(~pl.col("in_sync")).height
1
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, reduce
from typing import Any, cast

import msgspec
import polars as pl

from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer, Peer, broker_peer
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.table import Frame, Rows, Table, Unseen
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.broker_loggers import BrokerLoggers
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.certificates import Certificate, Certificates
from kastellan.model.tables.client_metrics import ClientMetrics
from kastellan.model.tables.cluster_views import ClusterViews
from kastellan.model.tables.commit_times import CommitTimes
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.delegation_tokens import DelegationTokens
from kastellan.model.tables.features import Feature, Features
from kastellan.model.tables.group_configs import GroupConfigs
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.members import Members
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.producers import Producers
from kastellan.model.tables.quorum import Leadership, Quorum
from kastellan.model.tables.quorum_nodes import QuorumNode, QuorumNodes
from kastellan.model.tables.quotas import DEFAULT, Quotas
from kastellan.model.tables.reassignments import Reassignments
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.scram_users import ScramUsers
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.model.tables.stream_tasks import StreamTasks
from kastellan.model.tables.stream_topics import StreamTopics
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions
from kastellan.reference.reference_data import packaged_releases

AT_MS = 1_750_000_000_000
GIB = 1024**3
TOPIC_DEFAULTS = {
    "min.insync.replicas": "2",
    "cleanup.policy": "delete",
    "retention.ms": "604800000",
    "retention.bytes": "-1",
    "segment.ms": "604800000",
    "segment.bytes": "1073741824",
    "max.message.bytes": "1048588",
    "unclean.leader.election.enable": "false",
}
_OF_KAFKAS_OWN = {"cleanup.policy": "compact"}
BROKER_DEFAULTS = {
    "min.insync.replicas": "2",
    "default.replication.factor": "3",
    "num.partitions": "3",
    "log.retention.ms": "604800000",
    "log.retention.hours": "168",
    "log.retention.bytes": "-1",
    "log.cleanup.policy": "delete",
    "log.segment.bytes": "1073741824",
    "log.message.timestamp.type": "CreateTime",
    "unclean.leader.election.enable": "false",
    "auto.create.topics.enable": "false",
    "delete.topic.enable": "true",
    "message.max.bytes": "1048588",
    "socket.request.max.bytes": "104857600",
    "replica.fetch.response.max.bytes": "10485760",
    "replica.lag.time.max.ms": "30000",
    "compression.type": "producer",
    "offsets.retention.minutes": "10080",
    "group.min.session.timeout.ms": "6000",
    "group.max.session.timeout.ms": "1800000",
    "transaction.max.timeout.ms": "900000",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:kafka",
    "allow.everyone.if.no.acl.found": "false",
    "listeners": "CLIENT://:9093,REPLICATION://:9094",
    "advertised.listeners": "CLIENT://127.0.0.1:9093,REPLICATION://127.0.0.1:9094",
    "listener.security.protocol.map": "CLIENT:SASL_SSL,REPLICATION:SSL,CONTROLLER:SSL",
    "inter.broker.listener.name": "REPLICATION",
    "security.inter.broker.protocol": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.bootstrap.servers": "127.0.0.1:9101,127.0.0.1:9102,127.0.0.1:9103",
    "controller.quorum.voters": "",
    "ssl.client.auth": "none",
    "sasl.enabled.mechanisms": "SCRAM-SHA-512",
    "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
}
_READ_ONLY = frozenset(
    {"authorizer.class.name", "super.users", "allow.everyone.if.no.acl.found", "inter.broker.listener.name"}
    | {"controller.listener.names", "controller.quorum.bootstrap.servers", "controller.quorum.voters"}
    | {"offsets.topic.replication.factor", "sasl.mechanism.inter.broker.protocol"}
)
_SECRETS = (
    *("sasl.jaas.config", "ssl.key.password", "ssl.keystore.password", "ssl.keystore.key", "ssl.truststore.password"),
    *("delegation.token.secret.key", "sasl.oauthbearer.client.credentials.client.secret"),
    *("sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.jwks.endpoint.url"),
)
_NOT_SET = tuple(key for key in (*packaged_releases().outdated_broker_keys(), *_SECRETS) if key not in BROKER_DEFAULTS)
_DAY_MS = 86_400_000
_ANSWER_ID = 1


def healthy(
    brokers: int = 3,
    topics: Mapping[str, int] | None = None,
    groups: Mapping[str, str] | None = None,
    rf: int = 3,
    at_ms: int = AT_MS,
    controllers: Sequence[int] = (101, 102, 103),
) -> Snapshot:
    """A cluster without anything to say: every table whole.

    `topics` maps names to partition counts, `groups` maps group ids to the topic that they read (two members each,
    no lag). Every partition has offsets 0 to 1000. Controllers are separate nodes unless told otherwise.
    """
    topics = {"orders": 3, "payments": 3} if topics is None else topics
    groups = {"billing": next(iter(topics), "orders")} if groups is None else groups
    return _healthy(brokers, tuple(topics.items()), tuple(groups.items()), rf, at_ms, tuple(controllers))


@cache
def _healthy(
    brokers: int,
    topics_of: tuple[tuple[str, int], ...],
    groups_of: tuple[tuple[str, str], ...],
    rf: int,
    at_ms: int,
    controllers: tuple[int, ...],
) -> Snapshot:
    """Each one is made once: a snapshot never changes, and most tests begin with the same."""
    topics, groups = dict(topics_of), dict(groups_of)
    ids = list(range(1, brokers + 1))
    parts = [(topic, number) for topic, count in topics.items() for number in range(count)]
    placed = [(t, p, ids[(i + k) % brokers], k) for i, (t, p) in enumerate(parts) for k in range(min(rf, brokers))]
    reads = [(g, t, p) for g, t in groups.items() for p in range(topics.get(t, 0))]
    tables: list[Table] = [
        *_nodes(ids, controllers, at_ms),
        *_partitions(topics, parts, placed),
        *_disks(ids, placed),
        *_configs(ids, topics),
        *_groups(ids[0], groups, reads),
        *_access(topics, groups, at_ms),
        _frame(BrokerLoggers, [{"broker": i, "logger": "root", "level": "INFO"} for i in ids]),
        _frame(ClientMetrics, [{"subscription": "basic", "interval_ms": 60_000, "metrics": "org.apache.kafka.", "match": ""}]),
        *(kind.empty() for kind in _NONE_THERE),
    ]
    complete = Answer(
        id=_ANSWER_ID,
        source="kafka",
        request="everything",
        peer=Peer("the cluster"),
        state=State.COMPLETE,
        sent_ms=at_ms - 5,
        arrived_ms=at_ms,
    )
    return Snapshot(
        at_ms=at_ms,
        cluster_id="test-cluster",
        vantage=Vantage(host="here", bootstrap="127.0.0.1:9001"),
        answers=(complete,),
        tables={table.name: table for table in tables},
    )


_NONE_THERE = (CommitTimes, Transactions, TransactionPartitions, Producers, GroupConfigs, ShareOffsets, StreamTasks, StreamTopics)
"""Nothing of these stands in the healthy cluster; `add` puts rows in."""

_Placed = Sequence[tuple[str, int, int, int]]
"""Topic, partition, broker, place in the assignment."""


def _nodes(ids: Sequence[int], controllers: Sequence[int], at_ms: int) -> list[Table]:
    return [
        Brokers(
            Broker(
                broker=i,
                host="127.0.0.1",
                port=9000 + i,
                rack=f"r{i}",
                listed=True,
                fenced=False,
                registered=True,
                reached=True,
                answer_ms=2,
                answer=_ANSWER_ID,
            )
            for i in ids
        ),
        Certificates(
            Certificate(
                broker=i,
                address=f"127.0.0.1:{9000 + i}",
                tls=True,
                subject=f"CN=b{i}",
                issuer="CN=authority",
                names=f"b{i}",
                not_before_ms=at_ms - 30 * _DAY_MS,
                not_after_ms=at_ms + 365 * _DAY_MS,
                self_signed=False,
                answer=_ANSWER_ID,
            )
            for i in ids
        ),
        Quorum([Leadership(leader=controllers[0], leader_epoch=5, high_watermark=900, answer=_ANSWER_ID)]),
        QuorumNodes(_quorum_nodes(controllers, [node for node in ids if node not in controllers], at_ms)),
        Features([Feature(feature="metadata.version", finalized_level=30, supported_min=7, supported_max=30, answer=_ANSWER_ID)]),
        _frame(
            BrokerFeatures,
            [{"broker": i, "feature": "metadata.version", "supported_min": 7, "supported_max": 30} for i in ids],
        ),
        _frame(ClusterViews, [{"broker": i, "live": ",".join(map(str, sorted(ids)))} for i in ids]),
        ApiVersions.of(
            {
                "broker": ids,
                "api_key": [3] * len(ids),
                "min_version": [0] * len(ids),
                "max_version": [13] * len(ids),
                "answer": [_ANSWER_ID] * len(ids),
            }
        ),
    ]


def _partitions(topics: Mapping[str, int], parts: Sequence[tuple[str, int]], placed: _Placed) -> list[Table]:
    return [
        _frame(
            Topics,
            [{"topic": t, "topic_id": f"{i:032x}", "internal": t.startswith("__"), "error": ""} for i, t in enumerate(topics)],
        ),
        _frame(
            Partitions,
            [{"topic": t, "partition": p, "leader": b, "leader_epoch": 3, "error": ""} for t, p, b, k in placed if k == 0],
        ),
        _frame(
            Replicas,
            [
                {
                    "topic": t,
                    "partition": p,
                    "broker": b,
                    "position": k,
                    "in_sync": True,
                    "offline": False,
                    "eligible": False,
                    "last_known_eligible": False,
                }
                for t, p, b, k in placed
            ],
        ),
        Reassignments.empty(),
        _frame(Offsets, [{"topic": t, "partition": p, "earliest": 0, "latest": 1000} for t, p in parts]),
        _frame(LastStableOffsets, [{"topic": t, "partition": p, "last_stable": 1000} for t, p in parts]),
    ]


def _disks(ids: Sequence[int], placed: _Placed) -> list[Table]:
    return [
        _frame(
            LogDirs,
            [
                {
                    "broker": i,
                    "path": "/data",
                    "online": True,
                    "total_bytes": 100 * GIB,
                    "usable_bytes": 80 * GIB,
                    "replica_bytes": GIB,
                }
                for i in ids
            ],
        ),
        _frame(
            ReplicaSizes,
            [
                {
                    "broker": b,
                    "path": "/data",
                    "topic": t,
                    "partition": p,
                    "size_bytes": 10_000,
                    "offset_lag_records": 0,
                    "future": False,
                }
                for t, p, b, _ in placed
            ],
        ),
    ]


def _configs(ids: Sequence[int], topics: Iterable[str]) -> list[Table]:
    return [
        _frame(
            TopicConfigs,
            [
                {"topic": t, "config": c, "value": v, "source": "default"}
                for t in topics
                for c, v in (TOPIC_DEFAULTS | (_OF_KAFKAS_OWN if t.startswith("__") else {})).items()
            ],
        ),
        _frame(
            BrokerConfigs,
            [
                {
                    "broker": i,
                    "config": c,
                    "value": v,
                    "source": "static",
                    "seen": True,
                    "sensitive": False,
                    "read_only": c in _READ_ONLY,
                }
                for i in ids
                for c, v in BROKER_DEFAULTS.items()
            ]
            # Configs of other releases: asked for, and told to be absent.
            + [{"broker": i, "config": c, "seen": True} for i in ids for c in _NOT_SET],
        ),
    ]


def _groups(coordinator: int, groups: Mapping[str, str], reads: Sequence[tuple[str, str, int]]) -> list[Table]:
    return [
        _frame(
            Groups,
            [
                {
                    "group": g,
                    "type": "classic",
                    "protocol_type": "consumer",
                    "state": "Stable",
                    "coordinator": coordinator,
                    "members": 2,
                    "assignor": "range",
                }
                for g in groups
            ],
        ),
        _frame(
            Members,
            [
                {
                    "group": g,
                    "member": f"{g}-{n}",
                    "client_id": g,
                    "client_host": "/127.0.0.1",
                    "instance_id": "",
                    "assigned": 1,
                    "subscribed": t,
                    "regex": "",
                    "protocol": "classic",
                }
                for g, t in groups.items()
                for n in (0, 1)
            ],
        ),
        _frame(Assignments, [{"group": g, "member": f"{g}-{p % 2}", "topic": t, "partition": p} for g, t, p in reads]),
        _frame(Commits, [{"group": g, "topic": t, "partition": p, "committed": 1000} for g, t, p in reads]),
    ]


def _access(topics: Iterable[str], groups: Mapping[str, str], at_ms: int) -> list[Table]:
    """Every topic is written by User:app, every group reads as User:app; one token, one quota for everybody."""
    about = {"pattern_type": "literal", "principal": "User:app", "host": "*", "permission": "allow"}
    grants = [
        *(("topic", topic, operation) for topic in topics for operation in ("read", "write", "describe")),
        *(("group", group, "read") for group in groups),
    ]
    return [
        _frame(Acls, [{"resource_type": kind, "resource": name, "operation": can, **about} for kind, name, can in grants]),
        _frame(ScramUsers, [{"user": "app", "mechanism": "SCRAM-SHA-512", "iterations": 8192, "error": ""}]),
        _frame(
            Quotas,
            [
                {"entity": f"user={DEFAULT}", "user": DEFAULT, "client_id": "", "ip": "", "quota": rate, "value": 50e6}
                for rate in ("producer_byte_rate", "consumer_byte_rate")
            ],
        ),
        _frame(
            DelegationTokens,
            [
                {
                    "token_id": "token-1", "owner": "User:app", "requester": "User:app", "renewers": "",
                    "issued_ms": at_ms - _DAY_MS, "expires_ms": at_ms + _DAY_MS, "max_ms": at_ms + 6 * _DAY_MS,
                }
            ],
        ),
    ]  # fmt: skip


def _quorum_nodes(controllers: Sequence[int], observers: Sequence[int], at_ms: int) -> list[QuorumNode]:
    voters = [(node, True) for node in controllers]
    return [
        QuorumNode(
            node=node, voter=voter, log_end_offset=900, last_fetch_ms=at_ms - 100, last_caught_up_ms=at_ms - 100,
            host="127.0.0.1" if voter else None, port=9000 + node if voter else None, answer=_ANSWER_ID,
        )
        for node, voter in (*voters, *((observer, False) for observer in observers))
    ]  # fmt: skip


def _frame(kind: type[Frame], rows: Sequence[Mapping[str, Any]]) -> Frame:
    return kind.of_rows([{**row, "answer": _ANSWER_ID} for row in rows])


def matching(where: Mapping[str, Any]) -> pl.Expr:
    """Rows whose columns have these values."""
    return reduce(lambda left, item: left & pl.col(item[0]).eq_missing(pl.lit(item[1])), where.items(), pl.lit(value=True))


def edit(snapshot: Snapshot, kind: type[Table], where: Mapping[str, Any], **values: Any) -> Snapshot:  # noqa: ANN401
    """The snapshot with columns of the matching rows set to these values (None: not seen)."""
    table = _table(snapshot, kind)
    dtypes = table.schema()
    hit = matching(where)
    df = table.df.with_columns(
        pl.when(hit).then(pl.lit(value, dtypes[name])).otherwise(pl.col(name)).alias(name) for name, value in values.items()
    )
    return snapshot.with_table(rebuilt(kind, df, table.unseen))


def add(snapshot: Snapshot, kind: type[Table], *rows: Mapping[str, Any]) -> Snapshot:
    """The snapshot with rows added; a column that is not given is null, `answer` is the good one."""
    table = _table(snapshot, kind)
    more = pl.DataFrame([{"answer": _ANSWER_ID, **row} for row in rows], schema=table.schema(), orient="row")
    return snapshot.with_table(rebuilt(kind, pl.concat([table.df, more]), table.unseen))


def drop(snapshot: Snapshot, kind: type[Table], where: Mapping[str, Any]) -> Snapshot:
    """The snapshot without the matching rows (they do not exist; for rows that were not seen use `hide`)."""
    table = _table(snapshot, kind)
    return snapshot.with_table(rebuilt(kind, table.df.filter(~matching(where)), table.unseen))


def failed_answer(snapshot: Snapshot, reason: str = "it did not answer in time", broker: int = 2) -> tuple[Snapshot, int]:
    """The snapshot with one failed Answer more, and its id."""
    new = 1 + max((answer.id for answer in snapshot.answers), default=0)
    answer = Answer(
        id=new,
        source="kafka",
        request="something",
        peer=broker_peer(broker),
        state=State.FAILED,
        sent_ms=snapshot.at_ms - 10,
        reason=reason,
    )
    return msgspec.structs.replace(snapshot, answers=(*snapshot.answers, answer)), new


def hide(snapshot: Snapshot, roster: str, member: object = None) -> Snapshot:
    """The snapshot in which nobody could enumerate `roster` (topic, group, broker, ...): all such tables carry an Unseen.

    With `member`, the rows of that one are the ones that are missing.
    """
    snapshot, answer = failed_answer(snapshot)
    for table in list(snapshot.tables.values()):
        if table.roster == roster:
            df = table.df if member is None else table.df.filter(pl.col(roster).ne_missing(pl.lit(member)))
            snapshot = snapshot.with_table(rebuilt(type(table), df, (*table.unseen, Unseen(answer, roster))))
    return snapshot


def rebuilt(kind: type[Table], df: pl.DataFrame, unseen: tuple[Unseen, ...]) -> Table:
    """A table of this class from a frame, whichever shape it has."""
    if issubclass(kind, Rows):
        return cast("type[Rows[Any]]", kind).from_df(df, unseen)
    return cast("type[Frame]", kind)(df, unseen)


def _table(snapshot: Snapshot, kind: type[Table]) -> Table:
    table = snapshot.table(kind)
    assert table is not None, f"the snapshot has no {kind.name}"  # noqa: S101
    return table
