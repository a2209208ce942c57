"""The workload's answer follows from its rule, and the readers of other tools' output take it apart rightly."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[3] / "bench"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(BENCH))
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield load
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(BENCH)):
            monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    ("tier", "partitions", "pairs", "lag_records"), [("S", 1_000, 2_728, 2_084), ("L", 30_000, 54_547, 41_368)]
)
def test_the_oracle_is_always_the_same(bench, tier: str, partitions: int, pairs: int, lag_records: int) -> None:
    workload = bench("workload")
    right = workload.oracle(workload.TIERS[tier])
    assert (right.partitions, right.pairs, right.lag_records) == (partitions, pairs, lag_records)
    assert sum(right.lag_by_group.values()) == lag_records
    assert right.members == workload.TIERS[tier].groups // 5


def test_no_commit_is_beyond_the_end(bench) -> None:
    workload = bench("workload")
    tier = workload.TIERS["S"]
    for group in range(tier.groups):
        for topic, partition, offset in workload.commits_of(tier, group):
            assert 0 <= offset <= workload.records(topic, partition)


def test_a_partition_without_a_commit_is_no_lag_in_the_tools_columns(bench) -> None:
    output = (
        "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID\n"
        "bench.a t 0 1 3 2 - - -\nbench.a t 1 - 3 - m h c\nbench.a t 2 0 5 5 m h c\nother t 0 1 3 2 - - -\n"
    )
    assert bench("bench_one_shot").lag_of_tool(output) == {"bench.a": 7}


def test_a_bar_is_broken_only_above_its_limit(bench) -> None:
    results = bench("results")
    assert results.Bar("x", 22, 22).holds
    assert not results.Bar("x", 22.1, 22).holds
    assert "BROKEN" in results.Bar("x", 2, 1).line()


def test_a_wrong_answer_ends_the_run(bench) -> None:
    core, workload, contestants = bench("bench_core_cycle"), bench("workload"), bench("contestants")
    right = workload.oracle(workload.TIERS["S"])
    observation = contestants.Observation(*(getattr(right, name) for name in contestants.Observation.__struct_fields__))
    core.same("us", observation, right)
    with pytest.raises(SystemExit, match="us saw lag_records 2083, the oracle says 2084"):
        core.same("us", contestants.msgspec.structs.replace(observation, lag_records=2_083), right)
