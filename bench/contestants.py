"""The programs that are compared, each in a process of its own and driven by one line at a time.

`python bench/contestants.py NAME BOOTSTRAP [RESOLVE] [PROPERTIES]` answers every line on standard input with one line
of JSON: what a cycle took of wall and CPU time, and (after `check`) what it saw; after `cold` ours begins with new
connections. The same process serves all cycles, so it is warm.
"""

from __future__ import annotations

import asyncio
import gc
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Self

import msgspec

TOPIC_KEYS: Final = ("cleanup.policy", "min.insync.replicas", "retention.ms", "unclean.leader.election.enable")
CORE: Final = frozenset(
    {"topics", "partitions", "replicas", "offsets", "log_dirs", "replica_sizes", "topic_configs"}
    | {"groups", "members", "assignments", "commits"}
)
FULL: Final = CORE | {
    *("brokers", "broker_configs", "quorum", "quorum_nodes", "features", "api_versions"),
    *("last_stable_offsets", "reassignments", "transactions", "transaction_partitions"),
}
DOORS: Final = frozenset({"api_versions"})
"""What the beginning of a connection to every broker tells."""
BROKER_KEYS: Final = ("log.retention.hours", "min.insync.replicas", "num.io.threads", "unclean.leader.election.enable")
_PATIENCE_S: Final = 120.0


class Observation(msgspec.Struct, frozen=True):
    """What a contestant saw, in the terms of the oracle; None for what it does not collect."""

    partitions: int
    pairs: int
    lag_records: int
    lag_by_group: dict[str, int]
    members: int
    assigned: int
    retentions: dict[str, str]
    records: int


class Cycle(msgspec.Struct, frozen=True, kw_only=True):
    """One cycle: its own CPU includes every thread; `requests` is what the contestant counts itself."""

    wall_s: float
    cpu_s: float
    requests: int = 0
    received_bytes: int = 0
    by_request: dict[str, int] = {}
    peak_mb: float = 0.0
    extra: dict[str, float] = {}
    observation: Observation | None = msgspec.field(default=None, name="seen")


class Child:
    """A contestant's process."""

    def __init__(
        self, name: str, bootstrap: str, *options: str, root: Path | None = None, env: dict[str, str] | None = None
    ) -> None:
        """`root` is another checkout, whose contestants run with the variables `env`."""
        program = root / "bench" / Path(__file__).name if root else Path(__file__)
        command = [sys.executable, str(program), name, bootstrap, *options]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()  # pyright: ignore[reportOptionalMemberAccess]
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def cycle(self, word: str = "go") -> Cycle:
        """One more cycle; `check` also tells what was seen, `cold` closes every connection first."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101
        assert stdout is not None  # noqa: S101
        stdin.write(word + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise SystemExit(f"bench: the contestant {self._process.args} ended with code {self._process.wait()}")
        return msgspec.json.decode(line, type=Cycle)


def _serve_cycles(
    run: Callable[[], dict[str, Any]], see: Callable[[], Observation], renew: Callable[[], None] | None = None
) -> None:
    """The loop of a contestant's process."""
    for line in sys.stdin:
        if line.strip() == "cold" and renew is not None:
            renew()
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        figures = run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        observation = see() if line.strip() == "check" else None
        cycle = Cycle(wall_s=wall, cpu_s=cpu, peak_mb=peak, observation=observation, **figures)
        sys.stdout.write(msgspec.json.encode(cycle).decode() + "\n")
        sys.stdout.flush()


# Ours.


def kastellan(bootstrap: str, tables: frozenset[str], resolve: dict[str, str], properties: str | None = None) -> None:
    """The path that every command takes: `observe` over the Kafka source, which lives on between the cycles."""
    from kastellan.app.observe import observe
    from kastellan.config.client_properties import client_properties
    from kastellan.engine.requests import TableRequest, merge_requests
    from kastellan.kernel.deadline import Deadline
    from kastellan.sources.kafka.source import KafkaSource

    keys = {"topic_configs": frozenset(TOPIC_KEYS), "broker_configs": frozenset(BROKER_KEYS)}
    requests = merge_requests(TableRequest(table, keys.get(table, frozenset())) for table in tables)
    loop = asyncio.new_event_loop()
    security = client_properties(Path(properties).read_bytes(), properties).security if properties else None

    def fresh() -> KafkaSource:
        return KafkaSource(bootstrap, resolve=resolve, security=security)

    source = fresh()
    last: list[Any] = []

    def renew() -> None:
        nonlocal source
        loop.run_until_complete(source.close())
        source = fresh()

    def run() -> dict[str, Any]:
        last[:] = [loop.run_until_complete(observe(source, requests, Deadline.after(_PATIENCE_S)))]
        cost = last[0].cost
        return {"requests": cost.requests, "received_bytes": cost.received_bytes, "by_request": cost.by_request}

    try:
        _serve_cycles(run, lambda: _observation_of(last[0]), renew)
    finally:
        loop.run_until_complete(source.close())


def _observation_of(snapshot: Any) -> Observation:  # noqa: ANN401
    import polars as pl

    from kastellan.views.lag import lag

    bad = [answer.sentence() for answer in snapshot.answers if answer.state != "complete"]
    if bad:
        raise SystemExit(f"bench: not all answers are complete: {bad[:5]}")
    tables = {name: table.df for name, table in snapshot.tables.items()}
    of_partition = lag(snapshot.tables["commits"], snapshot.tables["offsets"], None)
    ours = pl.col("group").str.starts_with("bench.")
    rows = of_partition.df.filter(ours)
    sums = rows.group_by("group").agg(pl.col("lag_records").sum())
    groups = tables["groups"].filter(ours).join(sums, on="group", how="left").with_columns(pl.col("lag_records").fill_null(0))
    configs = tables["topic_configs"].filter((pl.col("config") == "retention.ms") & (pl.col("source") == "topic"))
    mine = pl.col("topic").str.starts_with("bench.")
    offsets = tables["offsets"].filter(mine)
    for column, frame in (
        ("lag_records", rows),
        ("latest", offsets),
        ("earliest", offsets),
        ("size_bytes", tables["replica_sizes"]),
    ):
        if frame[column].null_count():
            raise SystemExit(f"bench: {frame[column].null_count()} values of {column} are null on a healthy cluster")
    return Observation(
        partitions=tables["partitions"].filter(mine).height,
        pairs=rows.height,
        lag_records=int(rows["lag_records"].sum()),
        lag_by_group=dict(zip(groups["group"], groups["lag_records"], strict=True)),
        members=tables["members"].filter(ours & pl.col("member").is_not_null()).height,
        assigned=tables["assignments"].filter(ours & pl.col("topic").is_not_null()).height,
        retentions=dict(zip(configs["topic"], configs["value"], strict=True)),
        records=int((offsets["latest"] - offsets["earliest"]).sum()),
    )


# The peer: kafka-python's admin client.


class KafkaPython:
    """The same information by the public calls of kafka-python's admin client."""

    def __init__(self, bootstrap: str, *, hold_gc: bool) -> None:
        # Any: the stubs that come with the type checker are of an older version.
        self._kafka: Any = import_module("kafka")
        self._admin = self._kafka.KafkaAdminClient(bootstrap_servers=bootstrap.split(","), request_timeout_ms=120_000)
        self._hold_gc = hold_gc
        self._sent = 0
        manager = self._admin._manager  # noqa: SLF001
        send = manager.send

        def count_and_send(*values: Any, **named: Any) -> Any:  # noqa: ANN401
            self._sent += 1
            return send(*values, **named)

        manager.send = count_and_send
        self.last: dict[str, Any] = {}

    def run(self) -> dict[str, Any]:
        """One cycle."""
        self._sent = 0
        if self._hold_gc:
            gc.disable()
        self._collect()
        if self._hold_gc:
            gc.enable()
        return {"requests": self._sent}

    def _collect(self) -> None:
        kafka, admin = self._kafka, self._admin
        spec = kafka.admin.OffsetSpec
        topics = admin.describe_topics()
        parts = [
            kafka.TopicPartition(topic["name"], partition["partition_index"])
            for topic in topics
            for partition in topic["partitions"]
        ]
        groups = [group["group_id"] for group in admin.list_groups()]
        described = admin.describe_groups(groups)
        commits = admin.list_group_offsets(groups)
        earliest = admin.list_partition_offsets(dict.fromkeys(parts, spec.EARLIEST))
        latest = admin.list_partition_offsets(dict.fromkeys(parts, spec.LATEST))
        dirs = admin.describe_log_dirs()
        resources = [kafka.admin.ConfigResource("TOPIC", topic["name"], dict.fromkeys(TOPIC_KEYS)) for topic in topics]
        configs = admin.describe_configs(resources, config_filter="all")
        self.last = {
            "parts": parts, "groups": described, "commits": commits, "earliest": earliest, "latest": latest, "dirs": dirs,
            "configs": configs["topic"],
        }  # fmt: skip

    def see(self) -> Observation:
        """What the last cycle saw."""
        last = self.last
        latest = {part: end.offset for part, end in last["latest"].items()}
        lags = {
            group: sum(max(0, latest[part] - commit.offset) for part, commit in commits.items() if commit.offset >= 0)
            for group, commits in last["commits"].items()
            if group.startswith("bench.")
        }
        mine = [part for part in last["parts"] if part.topic.startswith("bench.")]
        described = [group for name, group in last["groups"].items() if name.startswith("bench.")]
        members = [member for group in described for member in group["members"]]
        return Observation(
            partitions=len(mine),
            pairs=sum(1 for group in lags for commit in last["commits"][group].values() if commit.offset >= 0),
            lag_records=sum(lags.values()),
            lag_by_group=lags,
            members=len(members),
            assigned=sum(_count_assigned(member) for member in members),
            retentions={
                topic: entries["retention.ms"]["value"]
                for topic, entries in last["configs"].items()
                if entries["retention.ms"]["config_source"] == "DYNAMIC_TOPIC_CONFIG" and topic.startswith("bench.")
            },
            records=sum(latest[part] - last["earliest"][part].offset for part in mine),
        )


def _count_assigned(member: dict[str, Any]) -> int:
    assignment = member["member_assignment"]
    listed = assignment["assigned_partitions"] if isinstance(assignment, dict) else assignment.assigned_partitions
    return sum(len(topic["partitions"] if isinstance(topic, dict) else topic.partitions) for topic in listed)


def main(name: str, bootstrap: str, options: list[str]) -> None:
    """Serve one contestant until standard input ends."""
    if name.startswith("kafka-python"):
        peer = KafkaPython(bootstrap, hold_gc=name.endswith("gc-held"))
        _serve_cycles(peer.run, peer.see)
    else:
        resolve = json.loads(options[0]) if options else {}
        tables = FULL if name.endswith("full") else DOORS if name.endswith("doors") else CORE
        kastellan(bootstrap, tables, resolve, *options[1:2])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
