"""One look at a cluster: what is asked of whom, in which order, under one deadline.

Metadata and DescribeCluster come first, from any broker that answers. Then every broker is asked at once, over one
pipelined connection: its groups, then their members and commits (the broker that lists a group is its coordinator);
its earliest offsets; its share of the configs; its log directories over a connection of their own; its transactions.
End offsets are asked after the commits came in, so that lag is never negative. A broker that stays silent costs
the others nothing but the wait for its commits, which is bounded.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

import polars as pl

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State
from kastellan.model.needs import Wanted
from kastellan.model.snapshot import Cost, Snapshot, Vantage
from kastellan.model.table import Table, Unseen
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.asking import Asking, Got
from kastellan.sources.kafka.book import Book
from kastellan.sources.kafka.fill import brokers as fill_brokers
from kastellan.sources.kafka.fill import configs as fill_configs
from kastellan.sources.kafka.fill import groups as fill_groups
from kastellan.sources.kafka.fill import log_dirs as fill_log_dirs
from kastellan.sources.kafka.fill import offsets as fill_offsets
from kastellan.sources.kafka.fill import quorum as fill_quorum
from kastellan.sources.kafka.fill import topics as fill_topics
from kastellan.sources.kafka.fill import transactions as fill_transactions
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster, brokers_of
from kastellan.wire.kafka.requests import Choose

R = TypeVar("R")

_HEDGE_S: Final = 0.75
"""How long one broker may take over a question that any broker can answer before another is asked as well."""

_FENCED_S: Final = 1.0
"""How long a broker that the controller has fenced may take to say anything to us."""

_COMMITS_SHARE: Final = 0.6
"""The part of the remaining time after which end offsets are asked although a coordinator is still silent."""

_GROUPS_A_SLICE: Final = 500
_TOPICS_A_SLICE: Final = 5_000
_PARTITIONS_A_SLICE: Final = 35_000
_ELR_PAGES: Final = 5
_SUSPECT_AFTER_MS: Final = 10_000
_SUSPECTS: Final = 500
_OPEN_STATES: Final = ("Ongoing", "PrepareCommit", "PrepareAbort", "PrepareEpochFence")
_FULL_CLUSTER_RIGHTS: Final = sum(1 << each for each in (5, 7, 8, 9, 10, 11, 12))
"""AclOperation codes that a principal without limits has on the cluster (KIP-430)."""

_DESCRIBE: Final = 1 << 8
_TOPIC_TABLES: Final = frozenset({"topics", "partitions", "replicas", "offsets", "topic_configs", "replica_sizes"})
_GROUP_TABLES: Final = frozenset({"groups", "members", "assignments", "commits"})
_LOG_LANE: Final = "log dirs"


class Look:
    """The run of one look; made for one use."""

    def __init__(self, cluster: Cluster, wanted: Wanted, deadline: Deadline, vantage: Vantage) -> None:
        self._cluster = cluster
        self._wanted = wanted
        self._deadline = deadline
        self._vantage = vantage
        self._book = Book()
        self._asking = Asking(cluster, self._book)
        self._tables: dict[str, Table] = {}
        self._rights = 0
        self._topology: fill_topics.Topology | None = None
        self._nodes: tuple[int, ...] = ()
        self._cluster_id: str | None = None

    def _wants(self, *tables: str) -> bool:
        return not self._wanted.tables.isdisjoint(tables)

    async def run(self) -> Snapshot:
        """The snapshot, whatever came in before the deadline."""
        started, before = time.monotonic(), self._cluster.costs()
        registry = await self._registry()
        self._nodes = tuple(each for each in self._cluster.nodes if each in _live(registry))
        await asyncio.gather(self._topics(), self._quorum(), self._reassignments())
        await asyncio.gather(
            self._handshakes(), self._log_dirs(), self._configs(), self._groups_and_offsets(), self._transactions()
        )
        self._brokers(registry)
        await self._eligible()
        self._judge_sight()
        spent = self._cluster.costs().since(before)
        cost = Cost(
            requests=spent.total.requests,
            sent_bytes=spent.total.bytes_out,
            received_bytes=spent.total.bytes_in,
            broker_ms=round(spent.total.broker_ms),
            wall_ms=round((time.monotonic() - started) * 1000),
            by_request={name: each.requests for name, each in spent.by_api.items()},
        )
        tables = {name: table for name, table in self._tables.items() if name in self._wanted.tables}
        return Snapshot(
            at_ms=time.time_ns() // 1_000_000,
            cluster_id=self._cluster_id,
            vantage=self._vantage,
            answers=self._book.answers,
            tables=tables,
            cost=cost,
        )

    # Any broker can answer these.

    async def _any(self, request: Choose, deadline: Deadline | None = None) -> Got:
        """The first good answer; the next broker is asked when one refuses, or takes long."""
        end = deadline or self._deadline
        candidates = list(self._nodes or self._cluster.nodes)
        candidates.sort(key=lambda node: not self._asking.met.get(node, _NOT_MET).reached)
        running: set[asyncio.Task[Got]] = set()
        last: Got | None = None
        while candidates or running:
            if candidates:
                running.add(asyncio.create_task(self._asking.ask(candidates.pop(0), request, end)))
            done, running = await asyncio.wait(
                running, timeout=_HEDGE_S if candidates else None, return_when=asyncio.FIRST_COMPLETED
            )
            for task in done:
                last = task.result()
                if last.entity is not None:
                    await _leave(running)
                    return last
        return last or Got(None, self._book.missing("anything", "any broker", "no broker is known", time.time_ns() // 1_000_000))

    async def _registry(self) -> fill_brokers.Registry:
        wanted = Choose(
            Api.DESCRIBE_CLUSTER,
            lambda version: requests.describe_cluster(version, fenced=version >= 2, authorized_operations=True),
        )
        got = await self._any(wanted)
        if got.entity is None:
            got = await self._any(Choose(Api.METADATA, lambda version: requests.metadata(version, ())))
        if got.entity is None:
            return fill_brokers.Registry((), got.answer, tells_fenced=False)
        self._cluster.learn(brokers_of(got.entity))
        self._cluster_id = got.entity.cluster_id
        operations = getattr(got.entity, "cluster_authorized_operations", 0)
        self._rights = max(0, operations)
        nodes = tuple(got.entity.brokers)
        return fill_brokers.Registry(nodes, got.answer, tells_fenced=any(hasattr(each, "is_fenced") for each in nodes))

    async def _topics(self) -> None:
        if not self._wants(*_TOPIC_TABLES):
            return
        got = await self._any(Choose(Api.METADATA, requests.metadata, lowest=5))
        if got.entity is None:
            unseen = (Unseen(got.answer, "topic"),)
            for kind in (Topics, Partitions, Replicas):
                self._put(kind.empty().with_unseen(unseen))
            return
        self._cluster_id = self._cluster_id or got.entity.cluster_id
        self._topology = await asyncio.to_thread(fill_topics.topology, got.entity.topics, got.answer)
        if not self._full_rights:
            self._book.grade(got.answer, State.VISIBLE_ONLY, "topics that this principal may not describe are left out silently")
        for table in (self._topology.topics, self._topology.partitions, self._topology.replicas):
            self._put(table)

    @property
    def _full_rights(self) -> bool:
        return self._rights & _FULL_CLUSTER_RIGHTS == _FULL_CLUSTER_RIGHTS

    async def _quorum(self) -> None:
        if not self._wants("quorum", "quorum_nodes"):
            return
        # Brokers forward this to the active controller; without one nobody answers, so it may not eat the whole time.
        share = self._deadline.within(self._deadline.remaining_s() * _COMMITS_SHARE)
        got = await self._any(Choose(Api.DESCRIBE_QUORUM, requests.describe_quorum), share)
        for table in fill_quorum.quorum(got.entity, got.answer, self._book):
            self._put(table)

    async def _reassignments(self) -> None:
        if not self._wants("reassignments"):
            return
        share = self._deadline.within(self._deadline.remaining_s() * _COMMITS_SHARE)
        got = await self._any(Choose(Api.LIST_PARTITION_REASSIGNMENTS, requests.list_partition_reassignments), share)
        table = fill_topics.reassignments(got.entity.topics if got.entity else None, got.answer)
        self._put(table if got.entity else table.with_unseen((Unseen(got.answer, "topic"),)))

    # Every broker is asked these.

    async def _each(self, ask: Callable[[int], Awaitable[R]]) -> list[tuple[int, R]]:
        return list(zip(self._nodes, await asyncio.gather(*(ask(node) for node in self._nodes)), strict=True))

    async def _handshakes(self) -> None:
        # Also how every broker is met, whatever else is wanted of it.
        if not self._wants("features", "api_versions", "brokers"):
            return
        # Fenced brokers too, for a moment: refused and silent are different evidence.
        fenced = [node for node in self._cluster.nodes if node not in self._nodes] if self._wants("brokers") else []
        moment = self._deadline.within(min(_FENCED_S, self._deadline.remaining_s() * _COMMITS_SHARE))
        met = asyncio.gather(*(self._asking.handshake(node, moment) for node in fenced))
        told = dict(await self._each(lambda node: self._asking.handshake(node, self._deadline)))
        await met
        good = next((each for each in told.values() if each.entity is not None), None)
        first = good or next(iter(told.values()), None)
        if first is not None:
            self._put(fill_quorum.features(first.entity, first.answer))
        entities = {node: (each.entity, each.answer) for node, each in told.items()}
        self._put(fill_quorum.api_versions(entities, [(node, each.answer) for node, each in told.items() if each.entity is None]))

    async def _log_dirs(self) -> None:
        if not self._wants("log_dirs", "replica_sizes"):
            return
        wanted = Choose(Api.DESCRIBE_LOG_DIRS, requests.describe_log_dirs)
        told = await self._each(lambda node: self._asking.ask(node, wanted, self._deadline, lane=_LOG_LANE))
        silent = [(node, None, self._not_live("DescribeLogDirs", node)) for node in self._dead]
        rows = [(node, each.entity, each.answer) for node, each in told]
        for table in await asyncio.to_thread(fill_log_dirs.log_dirs, [*rows, *silent], self._book):
            self._put(table)

    @property
    def _dead(self) -> list[int]:
        """Brokers that the cluster names and that are not live: there is nobody to ask."""
        named = set(self._cluster.nodes)
        if self._topology is not None:
            named |= set(self._topology.replicas.df["broker"].unique().drop_nulls())
        return sorted(named - set(self._nodes))

    def _not_live(self, asked: str, node: int) -> int:
        now = time.time_ns() // 1_000_000
        return self._book.missing(asked, f"broker/{node}", "the cluster does not list it as live", now, State.FAILED)

    async def _configs(self) -> None:
        topic_keys, broker_keys = sorted(self._wanted.topic_keys), sorted(self._wanted.broker_keys)
        names = self._topology.topics.df["topic"].to_list() if self._topology and topic_keys else []
        shares = {node: names[place :: len(self._nodes)] for place, node in enumerate(self._nodes)}

        async def ask(node: int) -> tuple[list[fill_configs.Told], list[fill_configs.Told]]:
            slices = _slices(shares[node], _TOPICS_A_SLICE) or [[]]
            told = list[tuple[Got, list[str]]]()
            for number, topics in enumerate(slices):
                resources: dict[tuple[int, str], list[str]] = {(requests.TOPIC_RESOURCE, each): topic_keys for each in topics}
                if number == 0 and broker_keys:
                    resources[requests.BROKER_RESOURCE, str(node)] = broker_keys
                if resources:
                    build = _binding(requests.describe_configs, resources)
                    told.append((await self._asking.ask(node, Choose(Api.DESCRIBE_CONFIGS, build), self._deadline), topics))
            return _split_configs(told, node, wants_broker=bool(broker_keys))

        told = await self._each(ask) if topic_keys or broker_keys else []
        if self._wants("topic_configs"):
            of_topics = [each for _, (topics, _) in told for each in topics]
            unseen = self._topology.topics.unseen if self._topology else self._tables["topics"].unseen
            self._put(await asyncio.to_thread(fill_configs.topic_configs, of_topics, topic_keys, unseen, self._book))
        if self._wants("broker_configs"):
            silent = [fill_configs.Told(None, self._not_live("DescribeConfigs", node), [str(node)]) for node in self._dead]
            of_brokers = [each for _, (_, brokers) in told for each in brokers]
            self._put(fill_configs.broker_configs([*of_brokers, *silent], broker_keys, self._book))

    async def _groups_and_offsets(self) -> None:
        earliest = asyncio.create_task(self._offsets("earliest", requests.EARLIEST)) if self._wants("offsets") else None
        await self._groups(self._deadline.within(self._deadline.remaining_s() * _COMMITS_SHARE))
        if earliest is None:
            return
        columns = [self._offsets("latest", requests.LATEST)]
        if self._wants("transactions"):
            columns.append(self._offsets("last_stable", requests.LATEST, isolation=requests.READ_COMMITTED))
        late = await asyncio.gather(*columns)
        partitions = self._tables["partitions"]
        assert isinstance(partitions, Partitions)  # noqa: S101
        nobody = 0
        if self._topology is not None and self._topology.leaderless:
            nobody = self._book.missing(
                "ListOffsets", "the partitions without a leader", "nobody leads them", time.time_ns() // 1_000_000, State.FAILED
            )
        table = await asyncio.to_thread(fill_offsets.offsets, partitions, [await earliest, *late], nobody)
        self._put(table.with_unseen(partitions.unseen))

    async def _offsets(self, name: str, timestamp: int, isolation: int = requests.READ_UNCOMMITTED) -> pl.DataFrame:
        leaders = self._topology.leaders if self._topology else {}

        async def ask(node: int) -> list[fill_offsets.Told]:
            if node not in self._nodes:
                return [fill_offsets.Told(None, self._not_live("ListOffsets", node), leaders[node])]
            told = list[fill_offsets.Told]()
            for asked in _partition_slices(leaders[node]):
                build = _binding(requests.list_offsets, asked, timestamp, isolation=isolation)
                got = await self._asking.ask(node, Choose(Api.LIST_OFFSETS, build), self._deadline)
                told.append(fill_offsets.Told(got.entity, got.answer, asked))
            return told

        told = await asyncio.gather(*(ask(node) for node in leaders))
        return await asyncio.to_thread(
            fill_offsets.offset_column, [each for of_node in told for each in of_node], name, self._book
        )

    async def _groups(self, deadline: Deadline) -> None:
        if not self._wants(*_GROUP_TABLES):
            return
        told = [each for _, each in await self._each(lambda node: self._groups_of(node, deadline))]
        unseen = tuple(each for part in told for each in part.unseen)
        described = {name: each for part in told for name, each in part.described.items()}
        failed = {name: answer for part in told for name, answer in part.failed.items()}
        groups = [each for part in told for each in part.groups]
        membership = fill_groups.membership(groups, described, failed, unseen, self._book)
        for table in (membership.groups, membership.members, membership.assignments):
            self._put(table)
        commits = [each for part in told for each in part.commits]
        self._put(await asyncio.to_thread(fill_groups.commits, commits, unseen, self._book))

    async def _groups_of(self, node: int, deadline: Deadline) -> _Coordinated:
        got = await self._asking.ask(node, Choose(Api.LIST_GROUPS, requests.list_groups), deadline)
        part = _Coordinated()
        if got.entity is None:
            part.unseen.append(Unseen(got.answer, "group"))
            return part
        if not self._full_rights and not self._rights & _DESCRIBE:
            self._book.grade(got.answer, State.VISIBLE_ONLY, "groups that this principal may not describe are left out silently")
        part.groups = fill_groups.listed(got.entity, node, got.answer)
        asks: list[Awaitable[None]] = []
        if self._wants("groups", "members", "assignments"):
            asks += [self._describe(node, part, kind, deadline) for kind in _DESCRIBERS]
        if self._wants("commits"):
            asks.append(self._fetch(node, part, deadline))
        await asyncio.gather(*asks)
        return part

    async def _describe(self, node: int, part: _Coordinated, kind: str, deadline: Deadline) -> None:
        names = [each.group for each in part.groups if each.kind == kind and each.state not in fill_groups.IDLE]
        api, build = _DESCRIBERS[kind]
        for some in _slices(names, _GROUPS_A_SLICE):
            got = await self._asking.ask(node, Choose(api, _binding(build, some)), deadline)
            if got.entity is None:
                part.failed.update(dict.fromkeys(some, got.answer))
            else:
                part.described.update({each.group_id: fill_groups.Described(each, got.answer) for each in got.entity.groups})

    async def _fetch(self, node: int, part: _Coordinated, deadline: Deadline) -> None:
        names = [each.group for each in part.groups if each.kind != "share"]
        for some in _slices(names, _GROUPS_A_SLICE):
            wanted = Choose(Api.OFFSET_FETCH, _binding(requests.offset_fetch, dict.fromkeys(some)), lowest=8, highest=9)
            got = await self._asking.ask(node, wanted, deadline)
            part.commits.append((got.entity, got.answer, some))

    async def _transactions(self) -> None:
        if not self._wants("transactions", "transaction_partitions"):
            return
        unseen = list[Unseen]()
        opened = [each for _, of_node in await self._each(lambda node: self._open_of(node, unseen)) for each in of_node]
        producers = await self._producers(opened)
        for table in fill_transactions.transactions(opened, producers, tuple(unseen), self._book):
            self._put(table)

    async def _open_of(self, node: int, unseen: list[Unseen]) -> list[fill_transactions.Open]:
        build = _binding(requests.list_transactions, states=_OPEN_STATES)
        got = await self._asking.ask(node, Choose(Api.LIST_TRANSACTIONS, build), self._deadline)
        if got.entity is None:
            unseen.append(Unseen(got.answer, "transactional_id"))
            return []
        if not self._full_rights:
            self._book.grade(
                got.answer, State.VISIBLE_ONLY, "transactions that this principal may not describe are left out silently"
            )
        listed = {each.transactional_id: each for each in got.entity.transaction_states}
        found = list[fill_transactions.Open]()
        for some in _slices(list(listed), _GROUPS_A_SLICE):
            told = await self._asking.ask(
                node, Choose(Api.DESCRIBE_TRANSACTIONS, _binding(requests.describe_transactions, some)), self._deadline
            )
            described = {} if told.entity is None else {each.transactional_id: each for each in told.entity.transaction_states}
            found += [
                fill_transactions.Open(
                    name, listed[name].producer_id, listed[name].transaction_state, node, described.get(name), told.answer
                )
                for name in some
            ]
        return found

    async def _producers(self, opened: Iterable[fill_transactions.Open]) -> fill_transactions.Producers:
        """Producers of suspect partitions only: this needs READ on the topic."""
        now = time.time_ns() // 1_000_000
        suspects = {
            (topic.topic, number)
            for each in opened
            if each.described is not None
            and not each.described.error_code
            and now - (fill_transactions.start_ms(each.described) or now) >= _SUSPECT_AFTER_MS
            for topic in each.described.topics
            for number in topic.partitions
        }
        by_leader: dict[int, dict[str, list[int]]] = {}
        for node, topics in (self._topology.leaders if self._topology else {}).items():
            for topic, numbers in topics.items():
                for number in numbers:
                    if (topic, number) in suspects and len(suspects) <= _SUSPECTS:
                        by_leader.setdefault(node, {}).setdefault(topic, []).append(number)

        async def ask(node: int) -> fill_transactions.Producers:
            got = await self._asking.ask(
                node, Choose(Api.DESCRIBE_PRODUCERS, _binding(requests.describe_producers, by_leader[node])), self._deadline
            )
            if got.entity is None:
                return {(topic, number): (None, got.answer) for topic, numbers in by_leader[node].items() for number in numbers}
            return {
                (topic.name, part.partition_index): (part, got.answer) for topic in got.entity.topics for part in topic.partitions
            }

        found: dict[tuple[str, int], tuple[Any | None, int]] = {}
        for part in await asyncio.gather(*(ask(node) for node in by_leader)):
            found.update(part)
        return found

    # When everything that came is in.

    async def _eligible(self) -> None:
        """Eligible leader replicas of the partitions that are not fully in sync; the others have none."""
        features = self._tables.get("features")
        replicas = self._tables.get("replicas")
        levels = {} if features is None else {row["feature"]: row["finalized_level"] for row in features.df.iter_rows(named=True)}
        if not levels.get("eligible.leader.replicas.version") or not isinstance(replicas, Replicas) or replicas.unseen:
            return
        topics = replicas.df.filter(~pl.col("in_sync"))["topic"].unique().sort().to_list()
        pages, cursor = list[Any](), None
        for _ in range(_ELR_PAGES if topics else 0):
            build = _binding(requests.describe_topic_partitions, topics, cursor=cursor)
            got = await self._any(Choose(Api.DESCRIBE_TOPIC_PARTITIONS, build))
            if got.entity is None:
                return
            pages.append(got.entity)
            if got.entity.next_cursor is None:
                break
            cursor = (got.entity.next_cursor.topic_name, got.entity.next_cursor.partition_index)
        else:
            if topics:
                return
        self._put(fill_topics.eligible(replicas, pages))

    def _brokers(self, registry: fill_brokers.Registry) -> None:
        self._put(fill_brokers.brokers(registry, self._dead, self._asking.met))

    def _judge_sight(self) -> None:
        """Log directories need no right on topics: what they hold and Metadata leaves out is hidden from us."""
        sizes, topics = self._tables.get("replica_sizes"), self._tables.get("topics")
        if sizes is None or topics is None or self._full_rights or not topics.df.height:
            return
        hidden = sizes.df.select("topic").drop_nulls().unique().join(topics.df.select("topic"), on="topic", how="anti").height
        if hidden:
            answer = int(topics.df["answer"][0])
            self._book.grade(answer, State.VISIBLE_ONLY, f"at least {hidden} topics are hidden from this principal")
            for name in ("topics", "partitions", "replicas", "offsets", "topic_configs"):
                if name in self._tables:
                    self._put(self._tables[name].with_unseen((*self._tables[name].unseen, Unseen(answer, "topic"))))

    def _put(self, table: Table) -> None:
        self._tables[table.name] = table


class _Coordinated:
    """What one coordinator told of its groups."""

    def __init__(self) -> None:
        self.groups: list[fill_groups.Listed] = []
        self.described: dict[str, fill_groups.Described] = {}
        self.failed: dict[str, int] = {}
        self.commits: list[tuple[Any | None, int, list[str]]] = []
        self.unseen: list[Unseen] = []


_NOT_MET: Final = fill_brokers.Met(reached=False, answer=0)
_DESCRIBERS: Final[Mapping[str, tuple[Api, Callable[..., Any]]]] = {
    "classic": (Api.DESCRIBE_GROUPS, requests.describe_groups),
    "consumer": (Api.CONSUMER_GROUP_DESCRIBE, requests.consumer_group_describe),
    "share": (Api.SHARE_GROUP_DESCRIBE, requests.share_group_describe),
    "streams": (Api.STREAMS_GROUP_DESCRIBE, requests.streams_group_describe),
}


def _live(registry: fill_brokers.Registry) -> set[int]:
    return {
        int(getattr(each, "broker_id", getattr(each, "node_id", -1)))
        for each in registry.nodes
        if not getattr(each, "is_fenced", False)
    }


def _binding(build: Callable[..., Any], *values: Any, **named: Any) -> Callable[[int], Any]:  # noqa: ANN401
    return lambda version: build(version, *values, **named)


def _slices(items: list[str], size: int) -> list[list[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _partition_slices(topics: dict[str, list[int]]) -> list[dict[str, list[int]]]:
    """The partitions of one leader in pieces of about a megabyte of answer."""
    pieces: list[dict[str, list[int]]] = [{}]
    count = 0
    for topic, numbers in topics.items():
        if count + len(numbers) > _PARTITIONS_A_SLICE and pieces[-1]:
            pieces.append({})
            count = 0
        pieces[-1][topic] = numbers
        count += len(numbers)
    return pieces


def _split_configs(
    told: list[tuple[Got, list[str]]], node: int, *, wants_broker: bool
) -> tuple[list[fill_configs.Told], list[fill_configs.Told]]:
    of_topics = [
        fill_configs.Told(got.entity and _only(got.entity, requests.TOPIC_RESOURCE), got.answer, topics) for got, topics in told
    ]
    of_broker = [
        fill_configs.Told(got.entity and _only(got.entity, requests.BROKER_RESOURCE), got.answer, [str(node)])
        for number, (got, _) in enumerate(told)
        if number == 0 and wants_broker
    ]
    return of_topics, of_broker


class _Results:
    """The results of one resource type out of a mixed answer."""

    def __init__(self, results: list[Any]) -> None:
        self.results = results


def _only(entity: Any, kind: int) -> _Results:  # noqa: ANN401
    return _Results([each for each in entity.results if each.resource_type == kind])


async def _leave(tasks: set[asyncio.Task[Got]]) -> None:
    """Stops waiting for answers that are no longer needed."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
