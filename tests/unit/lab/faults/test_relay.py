"""Every address that a node needs has a way through, and only what goes between nodes can be hurt."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.lab.faults._relay import BROKERS, CLIENTS, QUORUM, Link, links
from kastellan.lab.model import KAFKA_39_ZK, Lab, LabSpec, layout, voters


def made(spec: LabSpec, issuer: str = "", kdc: str = "") -> Lab:
    directory = Path("/labs/lab")
    nodes = layout(spec, directory, range(1_001, 1_020), range(2_001, 2_001 + voters(spec)))
    return Lab(name="lab", dir=directory, cluster_id="c", kafka="4", spec=spec, nodes=nodes, issuer=issuer, kdc=kdc)


def test_combined_nodes_have_their_listeners_outside_and_those_of_the_others_inside() -> None:
    lab = made(LabSpec(brokers=2))
    one, two = lab.brokers
    assert set(links(lab, 2)) == {
        Link(two.client or "", inward=True, use=CLIENTS),
        Link(two.broker or "", inward=True, use=BROKERS),
        Link(two.controller or "", inward=True, use=QUORUM),
        Link(one.broker or "", inward=False, use=BROKERS),
        Link(one.controller or "", inward=False, use=QUORUM),
    }


@pytest.mark.parametrize("spec", [LabSpec(brokers=2, controllers=1), LabSpec(brokers=2, kafka=KAFKA_39_ZK)])
def test_a_broker_reaches_who_keeps_the_metadata(spec: LabSpec) -> None:
    lab = made(spec)
    found = links(lab, 1)
    keepers = {each.controller or each.zookeeper for each in lab.nodes if not each.is_broker}
    assert {each.address for each in found if each.use == QUORUM and not each.inward} == keepers
    assert len({(each.address, each.inward) for each in found}) == len(found)


def test_who_gives_tokens_or_tickets_is_reached_like_by_a_client() -> None:
    lab = made(LabSpec(brokers=1, controllers=1, security="oauth"), "http://127.0.0.1:3001")
    assert Link("127.0.0.1:3001", inward=False, use=CLIENTS) in links(lab, 1)
    lab = made(LabSpec(brokers=1, controllers=1, security="kerberos"), kdc="127.0.0.1:3002")
    assert Link("127.0.0.1:3002", inward=False, use=CLIENTS) in links(lab, 1)
    # Its brokers are called by a name, and a link is between addresses.
    assert Link((lab.node(1).client or "").replace("localhost", "127.0.0.1"), inward=True, use=CLIENTS) in links(lab, 1)
