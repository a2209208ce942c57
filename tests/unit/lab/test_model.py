"""Specs, layouts, records and Kafka's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.kernel.errors import BadInput
from kastellan.lab.model import Lab, LabSpec, layout, read_value, voters, write_value
from kastellan.lab.processes import Identity
from kastellan.lab.properties import jvm_options, log4j2_properties, logging_properties, server_properties


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "-x", "x" * 41, ".hidden", "a b"])
def test_a_name_that_is_no_directory_of_ours_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="--name"):
        LabSpec(name=name).validate()


@pytest.mark.parametrize(
    ("spec", "option"),
    [
        (LabSpec(brokers=0), "--brokers 0"),
        (LabSpec(brokers=10), "--brokers 10"),
        (LabSpec(controllers=0), "--controllers 0"),
        (LabSpec(racks=0), "--racks 0"),
        (LabSpec(kafka="5"), "--kafka '5' is not one of 4, 3.9, 3.9-zk"),
        (LabSpec(kafka="3.9-zk", controllers=1), "--controllers 1 is for KRaft"),
    ],
)
def test_a_number_out_of_range_is_named(spec: LabSpec, option: str) -> None:
    with pytest.raises(BadInput, match=option):
        spec.validate()


def test_combined_nodes_have_three_listeners_each(tmp_path: Path) -> None:
    spec = LabSpec(brokers=3, racks=2)
    nodes = layout(spec, tmp_path, [1, 2, 3, 4, 5, 6], [11, 12, 13])
    assert [each.id for each in nodes] == [1, 2, 3]
    assert [each.rack for each in nodes] == ["rack-1", "rack-2", "rack-1"]
    assert [each.controller for each in nodes] == ["127.0.0.1:11", "127.0.0.1:12", "127.0.0.1:13"]
    assert voters(spec) == 3
    text = server_properties(spec, nodes[0], nodes)
    assert "listeners=CLIENTS://127.0.0.1:1,BROKERS://127.0.0.1:2,CONTROLLERS://127.0.0.1:11\n" in text
    assert "process.roles=broker,controller\n" in text
    assert "controller.quorum.bootstrap.servers=127.0.0.1:11,127.0.0.1:12,127.0.0.1:13\n" in text
    assert "broker.session.timeout.ms=6000\n" in text


def test_controllers_of_their_own_serve_no_clients(tmp_path: Path) -> None:
    spec = LabSpec(brokers=1, controllers=2)
    nodes = layout(spec, tmp_path, [1, 2], [11, 12])
    assert [(each.id, each.is_broker, each.is_controller) for each in nodes] == [
        (1, True, False),
        (101, False, True),
        (102, False, True),
    ]
    text = server_properties(spec, nodes[1], nodes)
    assert "listeners=CONTROLLERS://127.0.0.1:11\n" in text
    assert "broker.rack" not in text
    assert "offsets.topic.replication.factor=1\n" in server_properties(spec, nodes[0], nodes)


def test_the_parts_of_the_log_go_to_files_of_their_own(tmp_path: Path) -> None:
    node = layout(LabSpec(brokers=1), tmp_path, [1, 2], [3])[0]
    text = log4j2_properties(node)
    for name in ("server", "controller", "state-change", "authorizer", "cleaner"):
        assert f"{node.dir}/logs/{name}.log\n" in text
    assert node.server_log == node.dir / "logs/server.log"
    options = jvm_options(200, node, "4.3.1")
    assert "-Xmx200m" in options
    assert f"-Dlog4j2.configurationFile={node.dir}/log4j2.properties" in options


def test_before_kafka_4_the_log_is_set_in_the_words_of_its_time(tmp_path: Path) -> None:
    node = layout(LabSpec(brokers=1, kafka="3.9"), tmp_path, [1, 2], [3])[0]
    text = logging_properties(node, "3.9.2")
    for name in ("server", "controller", "state-change", "authorizer", "cleaner"):
        assert f".File={node.dir}/logs/{name}.log\n" in text
    assert f"-Dlog4j.configuration=file:{node.dir}/log4j.properties" in jvm_options(200, node, "3.9.2")


def test_before_kafka_4_the_quorum_is_static_and_nothing_of_share_groups_is_set(tmp_path: Path) -> None:
    spec = LabSpec(brokers=2, kafka="3.9")
    nodes = layout(spec, tmp_path, [1, 2, 3, 4], [11, 12])
    text = server_properties(spec, nodes[0], nodes)
    assert "controller.quorum.voters=1@127.0.0.1:11,2@127.0.0.1:12\n" in text
    assert "bootstrap.servers" not in text
    assert "share." not in text
    assert "share.coordinator.state.topic.min.isr=1\n" in server_properties(LabSpec(brokers=2), nodes[0], nodes)


def test_zookeeper_comes_first_and_brokers_know_it_alone(tmp_path: Path) -> None:
    spec = LabSpec(brokers=2, kafka="3.9-zk").validate()
    assert voters(spec) == 0
    keeper, *brokers = nodes = layout(spec, tmp_path, [1, 2, 3, 4, 5], [])
    assert (keeper.id, keeper.is_zookeeper, keeper.is_broker, keeper.zookeeper) == (200, True, False, "127.0.0.1:5")
    assert "clientPort=5\n" in server_properties(spec, keeper, nodes)
    for each in brokers:
        text = server_properties(spec, each, nodes)
        assert f"broker.id={each.id}\n" in text
        assert "zookeeper.connect=127.0.0.1:5\n" in text
        assert "CONTROLLERS://" not in text
        assert "process.roles" not in text


def test_a_record_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    spec = LabSpec(owner=Identity(1, 2, "boot"))
    lab = Lab(name="x", dir=tmp_path, cluster_id="c", kafka="4", spec=spec, nodes=layout(spec, tmp_path, range(6), range(3)))
    write_value(tmp_path / "lab.json", lab)
    assert read_value(tmp_path / "lab.json", Lab, "remedy") == lab
    assert [each.name for each in tmp_path.iterdir()] == ["lab.json"]
    assert lab.bootstrap == "127.0.0.1:0,127.0.0.1:2,127.0.0.1:4"
    assert lab.controller_bootstrap == "127.0.0.1:0,127.0.0.1:1,127.0.0.1:2"
    with pytest.raises(BadInput, match="has no node 7; it has 1, 2, 3"):
        lab.node(7)


@pytest.mark.parametrize("garbage", [b"", b"{", b"[]", b'{"name": 1}', b"\xff\xfe"])
def test_a_damaged_record_is_one_sentence_with_its_remedy(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "lab.json").write_bytes(garbage)
    with pytest.raises(BadInput, match=r"lab\.json is damaged .*do this") as caught:
        read_value(tmp_path / "lab.json", Lab, "do this")
    assert "\n" not in caught.value.message
