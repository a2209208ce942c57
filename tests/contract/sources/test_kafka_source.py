"""The Kafka source over the fake cluster: what it remembers between looks never hides a change or a silence."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import polars as pl
import pytest

from kastellan.app.diagnose import plan_checks, run_checks
from kastellan.app.observe import observe
from kastellan.engine.requests import TableRequest, TableRequests, merge_requests, request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import broker_peer
from kastellan.model.answer_log import answers_of
from kastellan.model.config_secrets import NOT_KEPT
from kastellan.model.snapshot import Snapshot
from kastellan.sources.kafka.source import KafkaSource
from kastellan.testing.fake_broker import FakeCluster
from kastellan.testing.fake_broker_faults import Fault
from kastellan.testing.fake_broker_model import FakeGroup, FakeMember, FakeModel, fake_model
from kastellan.wire.kafka.api import Api, api_name
from tests.contract.wire.kit import free_port

pytestmark = pytest.mark.enable_socket

CORE = frozenset(
    {"topics", "partitions", "replicas", "offsets", "log_dirs", "replica_sizes", "topic_configs"}
    | {"groups", "members", "assignments", "commits"}
)
ALL = CORE | {
    *("brokers", "broker_configs", "quorum", "quorum_nodes", "features", "api_versions", "broker_features"),
    *("last_stable_offsets", "reassignments", "transactions", "transaction_partitions"),
}
KEYS = frozenset({"cleanup.policy", "retention.ms"})


def model() -> FakeModel:
    made = fake_model(groups=6)
    group = made.groups["group-0000"]
    group.state, group.members = "Stable", [FakeMember("m-1", assigned={"topic-0000": [0, 1, 2]})]
    return made


def wanted(tables: frozenset[str]) -> TableRequests:
    keys = {"topic_configs": KEYS, "broker_configs": frozenset({"min.insync.replicas"})}
    return merge_requests(TableRequest(table, keys.get(table, frozenset())) for table in tables)


def told(snapshot: Snapshot) -> dict[str, list[tuple[object, ...]]]:
    """Every table without its Answers, which are another look's."""
    return {
        name: table.df.drop("answer", "answer_ms", "last_fetch_ms", "last_caught_up_ms", strict=False).rows()
        for name, table in snapshot.tables.items()
    }


def test_what_is_remembered_says_the_same_as_a_first_look() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            warm, cold = KafkaSource(fake.bootstrap), KafkaSource(fake.bootstrap)
            await observe(warm, wanted(ALL), Deadline.after(10))
            again = await observe(warm, wanted(ALL), Deadline.after(10))
            first = await observe(cold, wanted(ALL), Deadline.after(10))
            assert told(again) == told(first)
            assert again.tables["commits"].df.height == 36
            assert {each.state for each in again.answers} == {State.COMPLETE, State.VISIBLE_ONLY}  # the fake grants no rights
            for name, table in again.tables.items():
                ids = set(table.df["answer"].drop_nulls()) if "answer" in table.df.columns else set()
                assert ids <= {each.id for each in again.answers}, name
            await asyncio.gather(warm.close(), cold.close())

    asyncio.run(run())


def test_a_warm_core_costs_six_requests_a_broker_and_two_while_there_are_few_topics() -> None:
    async def run() -> None:
        made = model()
        for number, group in enumerate(made.groups.values()):
            group.state, group.members = "Stable", [FakeMember(f"m-{number}", assigned={"topic-0000": [0]})]
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(CORE), Deadline.after(10))
            cost = (await observe(source, wanted(CORE), Deadline.after(10))).cost
            assert cost.requests == 6 * 3 + 2, cost.by_request
            assert cost.by_request["Metadata"] == cost.by_request["DescribeConfigs"] == 1
            await source.close()

    asyncio.run(run())


def test_last_stable_offsets_are_asked_for_by_whoever_needs_them_and_by_nobody_else() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            for tables, columns in (({"last_stable_offsets"}, 1), ({"transactions"}, 0), ({"offsets", "last_stable_offsets"}, 3)):
                found = await observe(source, wanted(frozenset(tables)), Deadline.after(10))
                assert found.cost.by_request.get("ListOffsets", 0) == columns * len(fake.model.nodes)
                assert set(found.tables) == tables
                for each in tables - {"transactions"}:
                    assert not found.tables[each].df.null_count().sum_horizontal().item()
            await source.close()

    asyncio.run(run())


def test_configs_are_asked_behind_the_ends_and_do_not_wait_long_for_them() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(CORE), Deadline.after(10))
            fake.requests.clear()
            await observe(source, wanted(CORE), Deadline.after(10))
            order = [api for _, api, _ in fake.requests]
            assert order.index(Api.DESCRIBE_CONFIGS) > max(at for at, api in enumerate(order) if api == Api.OFFSET_FETCH)
            assert order[: order.index(Api.DESCRIBE_CONFIGS)].count(Api.LIST_OFFSETS) > len(fake.model.nodes)
            fake.faults.add(Fault(api=Api.OFFSET_FETCH, node=2, silent=True))
            found = await observe(source, wanted(CORE), Deadline.after(4))
            assert found.tables["topic_configs"].df.height
            assert not found.tables["topic_configs"].df["value"].null_count()
            assert (
                next(each for each in found.answers if each.request == "OffsetFetch" and each.peer == broker_peer(2)).state
                is State.FAILED
            )
            await source.close()

    asyncio.run(run())


def test_who_answered_first_is_asked_first() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            fake.faults.add(Fault(api=Api.DESCRIBE_CLUSTER, node=1, delay_s=0.4))
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(frozenset({"brokers"})), Deadline.after(10))
            assert sum((node, api) == (1, Api.DESCRIBE_CLUSTER) for node, api, _ in fake.requests) == 1
            await source.close()

    asyncio.run(run())


def test_a_partition_that_nobody_leads_has_no_offsets_and_one_answer_says_why() -> None:
    async def run() -> None:
        made = model()
        made.topics["topic-0001"].partitions[2].leader = -1
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap)
            found = await observe(source, wanted(frozenset({"partitions", "offsets", "last_stable_offsets"})), Deadline.after(10))
            (why,) = [each for each in found.answers if each.reason == "nobody leads them"]
            for name in ("offsets", "last_stable_offsets"):
                untold = found.tables[name].df.filter(pl.any_horizontal(pl.all().is_null()))
                assert untold.select("topic", "partition", "answer").rows() == [("topic-0001", 2, why.id)]
            await source.close()

    asyncio.run(run())


def test_a_change_is_seen_in_the_next_look() -> None:
    async def run() -> None:
        made = model()
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(ALL), Deadline.after(10))
            part = made.topics["topic-0001"].partitions[2]
            part.latest, part.earliest, part.isr, part.leader, part.size_bytes = 777, 7, part.isr[1:], part.isr[1], 4_321
            made.groups["group-0003"].commits["topic-0003", 1] = 55
            made.groups["group-0000"].members[0].assigned = {"topic-0000": [5]}
            made.topics["topic-0002"].configs["retention.ms"] = "1"
            made.forget_answers()
            tables = (await observe(source, wanted(ALL), Deadline.after(10))).tables
            of = {name: table.df for name, table in tables.items()}
            here = (pl.col("topic") == "topic-0001") & (pl.col("partition") == 2)
            assert of["offsets"].filter(here).select("earliest", "latest").row(0) == (7, 777)
            assert of["last_stable_offsets"].filter(here)["last_stable"].item() == 777
            assert of["partitions"].filter(here)["leader"].item() == part.leader
            assert of["replicas"].filter(here & ~pl.col("in_sync")).height == 1
            assert set(of["replica_sizes"].filter(here)["size_bytes"]) == {4_321}
            commit = of["commits"].filter((pl.col("group") == "group-0003") & (pl.col("partition") == 1))
            assert commit["committed"].to_list() == [55]
            assert of["assignments"]["partition"].to_list() == [5]
            own = of["topic_configs"].filter((pl.col("topic") == "topic-0002") & (pl.col("config") == "retention.ms"))
            assert own.select("value", "source").row(0) == ("1", "topic")
            await source.close()

    asyncio.run(run())


def _begins(made: FakeModel) -> None:
    made.groups["new"] = FakeGroup("new", coordinator=1, commits={("topic-0001", 0): 3})


def _ends(made: FakeModel) -> None:
    del made.groups["group-0003"]


def _moves(made: FakeModel) -> None:
    made.groups["group-0003"].coordinator = made.groups["group-0003"].coordinator % 3 + 1


def _is_joined(made: FakeModel) -> None:
    made.groups["group-0003"].state, made.groups["group-0003"].members = (
        "Stable",
        [FakeMember("m-2", assigned={"topic-0003": [1]})],
    )


def _is_left(made: FakeModel) -> None:
    group = made.groups["group-0000"]
    group.state, group.members = "Empty", []


def _shares(made: FakeModel) -> None:
    made.groups["shared"] = FakeGroup("shared", coordinator=2, type="share", share={("topic-0001", 0): (2, 5)})


@pytest.mark.parametrize("change", [_begins, _ends, _moves, _is_joined, _is_left, _shares], ids=lambda each: each.__name__[1:])
def test_what_a_new_list_of_groups_wants_is_asked_in_the_same_look(change: Callable[[FakeModel], None]) -> None:
    async def run() -> None:
        tables = wanted(ALL | {"share_offsets"})
        async with FakeCluster(model()) as fake:
            warm, cold = KafkaSource(fake.bootstrap), KafkaSource(fake.bootstrap)
            before = await observe(warm, tables, Deadline.after(10))
            change(fake.model)
            fake.model.forget_answers()
            after = await observe(warm, tables, Deadline.after(10))
            again = await observe(warm, tables, Deadline.after(10))
            first = await observe(cold, tables, Deadline.after(10))
            assert told(after) == told(again) == told(first) != told(before)
            assert {each.state for each in after.answers} <= {State.COMPLETE, State.VISIBLE_ONLY}
            # The guess costs nothing: the look after the next one asks as much as the one before.
            assert again.cost.requests == (await observe(warm, tables, Deadline.after(10))).cost.requests
            await warm.close()
            await cold.close()

    asyncio.run(run())


def test_a_guess_about_groups_that_are_not_listed_is_not_used() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(CORE), Deadline.after(10))
            fake.faults.add(Fault(api=Api.LIST_GROUPS, node=1, error_code=15, times=1))
            before = len(fake.requests)
            tables = (await observe(source, wanted(CORE), Deadline.after(10))).tables
            # It went out before the list was there: after a list that failed nothing is asked.
            assert (1, int(Api.OFFSET_FETCH)) in {(node, api) for node, api, _ in fake.requests[before:]}
            for name in ("groups", "commits", "members"):
                listed = {group for group in tables[name].df["group"].to_list() if fake.model.groups[group].coordinator == 1}
                assert (listed, len(tables[name].unseen)) == (set(), 1)
            await source.close()

    asyncio.run(run())


def test_a_broker_that_falls_silent_is_not_answered_for_from_memory() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(ALL), Deadline.after(10))
            fake.faults.add(Fault(node=2, silent=True))
            await fake.refuse(3)
            fake.drop(3)
            deadline = Deadline.after(1.5)
            snapshot = await observe(source, wanted(ALL), deadline)
            assert deadline.remaining_s() > -0.5
            of = {name: table.df for name, table in snapshot.tables.items()}
            led = of["partitions"].select("topic", "partition", "leader").join(of["offsets"], on=["topic", "partition"])
            assert led.height == 24
            assert led.filter(pl.col("leader") == 1)["latest"].null_count() == 0
            assert led.filter(pl.col("leader") != 1)["latest"].null_count() == led.filter(pl.col("leader") != 1).height
            bad = {each.id for each in snapshot.answers if each.state is State.FAILED}
            assert set(led.filter(pl.col("leader") != 1)["answer"]) <= bad
            assert {each.roster for each in snapshot.tables["groups"].unseen} == {"group"}
            assert len(snapshot.tables["groups"].unseen) == 2
            brokers = {row["broker"]: (row["reached"], row["trouble"]) for row in of["brokers"].iter_rows(named=True)}
            assert brokers[1] == (True, None)
            assert brokers[2] == (False, "silent")
            assert brokers[3][0] is False
            assert of["log_dirs"].filter(pl.col("path").is_null())["broker"].to_list() == [2, 3]
            await source.close()

    asyncio.run(run())


def test_a_broker_that_did_not_answer_is_not_asked_for_the_topics_of_others_again() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            nodes = (1, 2, 3)
            configs = frozenset({"topics", "topic_configs", "groups"})
            await observe(source, wanted(configs), Deadline.after(10))
            (first,) = {node for node, api, _ in fake.requests if api == Api.DESCRIBE_CONFIGS}
            fake.faults.add(Fault(node=first, silent=True))
            unseen = await observe(source, wanted(configs), Deadline.after(1.5))
            assert unseen.tables["topic_configs"].df["value"].null_count() == unseen.tables["topic_configs"].df.height
            again = await observe(source, wanted(configs), Deadline.after(1.5))
            assert again.tables["topic_configs"].df.filter(pl.col("config") == "cleanup.policy")["value"].null_count() == 0
            assert {node for node, api, _ in fake.requests if api == Api.DESCRIBE_CONFIGS} == {first, min({*nodes} - {first})}
            await source.close()

    asyncio.run(run())


def test_a_commit_of_one_group_is_seen_beside_those_that_are_remembered() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            before = (await observe(source, wanted(CORE), Deadline.after(10))).tables["commits"].df
            group = fake.model.groups["group-0003"]
            group.commits = {key: offset + 7 for key, offset in group.commits.items()}
            fake.model.forget_answers()
            after = (await observe(source, wanted(CORE), Deadline.after(10))).tables["commits"].df
            moved = pl.when(pl.col("group") == "group-0003").then(pl.col("committed") + 7).otherwise("committed")
            assert after.drop("answer").equals(before.drop("answer").with_columns(moved.alias("committed")))
            await source.close()

    asyncio.run(run())


def test_error_codes_become_nulls_with_an_answer_that_says_so() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            fake.faults.add(Fault(api=2, error_code=29, key=("topic-0000", 0)))
            fake.faults.add(Fault(api=9, error_code=30, key="group-0001"))
            fake.faults.add(Fault(api=32, error_code=29, key=(2, "topic-0001")))
            source = KafkaSource(fake.bootstrap)
            for _ in range(2):
                snapshot = await observe(source, wanted(ALL), Deadline.after(10))
                by_id = {each.id: each for each in snapshot.answers}
                row = snapshot.tables["offsets"].df.row(0, named=True)
                assert (row["topic"], row["partition"], row["latest"], row["earliest"]) == ("topic-0000", 0, None, None)
                assert by_id[row["answer"]].state is State.DENIED
                commits = snapshot.tables["commits"].df.filter(pl.col("group") == "group-0001")
                assert commits.select("topic", "committed", "error").rows() == [(None, None, None)]
                assert by_id[commits["answer"].item()].reason == "GROUP_AUTHORIZATION_FAILED"
            await source.close()

    asyncio.run(run())


def test_an_old_connection_is_no_sign_of_life() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source, only = KafkaSource(fake.bootstrap), request_tables("brokers")
            await observe(source, only, Deadline.after(10))
            fake.faults.add(Fault(node=2, silent=True))
            snapshot = await observe(source, only, Deadline.after(1.5))
            met = {row["broker"]: (row["reached"], row["trouble"]) for row in snapshot.tables["brokers"].df.iter_rows(named=True)}
            assert met == {1: (True, None), 2: (False, "silent"), 3: (True, None)}
            await source.close()

    asyncio.run(run())


def test_a_silent_controller_makes_no_broker_look_silent() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            for api in (55, 46):  # DescribeQuorum and ListPartitionReassignments are forwarded
                fake.faults.add(Fault(api=api, delay_s=30))  # and the questions behind it wait
            for _ in range(2):
                snapshot = await observe(source, wanted(ALL), Deadline.after(2))
                of = {name: table.df for name, table in snapshot.tables.items()}
                assert of["brokers"]["reached"].to_list() == [True] * 3
                assert of["offsets"]["latest"].null_count() == 0
                assert of["commits"].height == 36
                failed = {each.request for each in snapshot.answers if each.state is State.FAILED}
                assert failed == {"DescribeQuorum", "ListPartitionReassignments"}
                # Every broker waits for a controller, and answers itself: that is the controller's silence.
                assert 1000 < of["quorum"]["silent_ms"][0] < 2000
            await source.close()

    asyncio.run(run())


def test_a_broker_that_is_silent_itself_says_nothing_of_the_controller() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            fake.faults.add(Fault(node=1, silent=True))
            for node in (2, 3):
                fake.faults.add(Fault(node=node, api=55, delay_s=30))
            snapshot = await observe(source, wanted(ALL), Deadline.after(2))
            assert snapshot.tables["quorum"].df["silent_ms"].to_list() == [None]
            await source.close()

    asyncio.run(run())


def test_every_broker_is_asked_whom_it_holds_for_live_a_fenced_one_too() -> None:
    async def run() -> None:
        made = model()
        async with FakeCluster(made) as fake:
            made.nodes[3].fenced = True
            made.forget_answers()
            fake.faults.add(Fault(node=2, api=60, delay_s=30))  # DescribeCluster
            source = KafkaSource(fake.bootstrap)
            snapshot = await observe(source, wanted(frozenset({"brokers", "cluster_views"})), Deadline.after(2))
            rows = {row["broker"]: row for row in snapshot.tables["cluster_views"].df.iter_rows(named=True)}
            assert {broker: row["live"] for broker, row in rows.items()} == {1: "1,2", 2: None, 3: "1,2"}
            assert next(each for each in snapshot.answers if each.id == rows[2]["answer"]).state is State.FAILED
            await source.close()

    asyncio.run(run())


def test_a_broker_that_is_cut_off_is_not_believed_though_it_answers_first() -> None:
    async def run() -> None:
        made = model()
        async with FakeCluster(made) as fake:
            made.nodes[2].fenced = made.nodes[2].cut_off = True
            made.forget_answers()
            source = KafkaSource(fake.bootstrap.split(",")[1])
            costs: list[int] = []
            for _ in range(3):
                snapshot = await observe(source, wanted(ALL | {"cluster_views"}), Deadline.after(10))
                rows = {row["broker"]: row for row in snapshot.tables["brokers"].df.iter_rows(named=True)}
                assert {broker: row["fenced"] for broker, row in rows.items()} == {1: False, 2: True, 3: False}
                views = {row["broker"]: row["live"] for row in snapshot.tables["cluster_views"].df.iter_rows(named=True)}
                assert views == {1: "1,3", 2: "1,2,3", 3: "1,3"}
                costs.append(snapshot.cost.requests)
            assert costs[0] > costs[1] == costs[2]  # it is not asked first any more
            await source.close()

    asyncio.run(run())


def test_where_no_view_is_that_of_most_the_first_is_told() -> None:
    async def run() -> None:
        made = model()
        made.nodes.pop(3)
        async with FakeCluster(made) as fake:
            made.nodes[2].fenced = made.nodes[2].cut_off = True
            made.forget_answers()
            source = KafkaSource(fake.bootstrap.split(",")[1])
            snapshot = await observe(source, wanted(frozenset({"brokers", "cluster_views"})), Deadline.after(10))
            assert snapshot.tables["brokers"].df["fenced"].to_list() == [False, False]
            await source.close()

    asyncio.run(run())


def test_a_fenced_broker_is_met_for_a_moment() -> None:
    async def run() -> None:
        made = model()
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(ALL), Deadline.after(10))
            made.nodes[2].fenced = True
            made.forget_answers()
            fake.faults.add(Fault(node=2, silent=True))
            rows = (await observe(source, wanted(ALL), Deadline.after(2))).tables["brokers"].df.iter_rows(named=True)
            assert [(row["fenced"], row["reached"], row["trouble"]) for row in rows if row["broker"] == 2] == [
                (True, False, "silent")
            ]
            await source.close()

    asyncio.run(run())


def test_nobody_is_away_when_nobody_told_who_is_there() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            await observe(source, wanted(ALL), Deadline.after(10))
            for api in (3, 60):
                fake.faults.add(Fault(api=api, silent=True))
            snapshot = await observe(source, wanted(ALL), Deadline.after(2))
            assert snapshot.tables["brokers"].df["listed"].to_list() == [None] * 3
            assert not [each for each in snapshot.answers if "does not list it as live" in each.reason]
            await source.close()

    asyncio.run(run())


def test_a_secret_that_a_broker_tells_in_the_open_is_not_kept() -> None:
    key, url = "sasl.jaas.config", "sasl.oauthbearer.token.endpoint.url"

    async def run() -> None:
        made = model()
        for node in made.nodes.values():
            node.configs = {key: "password=hunter2", url: "https://me:hunter2@idp/token"}
        async with FakeCluster(made) as fake:
            source = KafkaSource(fake.bootstrap)
            asked = (TableRequest("broker_configs", frozenset({key, url})),)
            rows = (await observe(source, asked, Deadline.after(10))).tables["broker_configs"].df
            assert set(rows.filter(config=key)["value"]) == {NOT_KEPT}
            assert set(rows.filter(config=url)["value"]) == {f"https://{NOT_KEPT}@idp/token"}
            await source.close()

    asyncio.run(run())


def test_every_broker_tells_what_its_software_supports() -> None:
    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            found = await observe(source, wanted(frozenset({"broker_features"})), Deadline.after(10))
            levels = found.tables["broker_features"].df.filter(feature="metadata.version")
            assert set(levels["broker"]) == set(fake.model.nodes)
            assert levels["supported_max"].null_count() == 0
            await source.close()

    asyncio.run(run())


def test_a_bootstrap_address_that_leads_nowhere_is_in_the_answers_and_costs_no_table() -> None:
    async def run() -> Snapshot:
        async with FakeCluster(model()) as fake:
            dead = f"127.0.0.1:{free_port()}"
            source = KafkaSource(f"{dead},127.0.0.1:{fake.port(1)}")
            try:
                # The refused connect is there before a broker has answered two requests.
                return await observe(source, request_tables("brokers", "groups"), Deadline.after(20))
            finally:
                await source.close()

    snapshot = asyncio.run(run())
    (lost,) = [answer for answer in snapshot.answers if answer.peer.kind == "bootstrap"]
    assert (lost.state, lost.trouble) == (State.FAILED, Trouble.REFUSED)
    assert "nothing listens there" in lost.reason
    assert all(lost.id not in answers_of(table) for table in snapshot.tables.values())
    assert snapshot.tables["brokers"].df.height == 3


def test_the_cost_counts_every_request_that_the_cluster_got() -> None:
    """The bootstrap, handshakes, the second look of an examination: what goes over the wire is what is shown."""

    async def run() -> None:
        async with FakeCluster(model()) as fake:
            source = KafkaSource(fake.bootstrap)
            requests, shown = wanted(ALL), Counter[str]()
            for _ in range(3):
                snapshot = await observe(source, requests, Deadline.after(10))
                shown.update(snapshot.cost.by_request)
                assert snapshot.cost.requests == sum(snapshot.cost.by_request.values())
                assert shown == Counter(api_name(api) for _, api, _ in fake.requests)
            fake.faults.add(Fault(api=Api.LIST_GROUPS, node=1, silent=True, times=1))
            before = len(fake.requests)
            examined = await run_checks(source, plan_checks(("brokers", "groups")), 4.0)
            assert examined.report.collections == 2
            assert examined.report.cost.requests == len(fake.requests) - before
            await source.close()

    asyncio.run(run())
