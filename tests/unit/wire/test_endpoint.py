"""Addresses as people type them."""

from __future__ import annotations

import pytest

from kastellan.kernel.errors import BadInput
from kastellan.wire.kafka.endpoint import Endpoint, parse_endpoint, parse_endpoints


def test_addresses_in_order_without_repeats():
    found = parse_endpoints(" a:1, b:2 ,a:1,[2001:db8::1]:9092,PLAINTEXT://c:3,")
    assert [each.address for each in found] == ["a:1", "b:2", "[2001:db8::1]:9092", "c:3"]
    assert {(each.role, each.node_id) for each in found} == {("bootstrap", None)}


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("a", "'a'"),
        ("a:9092,b", "'b'"),
        ("a:x", "'a:x'"),
        ("a:0", "'a:0'"),
        ("a:65536", "'a:65536'"),
        ("a:-1", "'a:-1'"),
        ("a:²", "'a:²'"),
        (":9092", "':9092'"),
        ("::1:9092", "'::1:9092'"),
        ("[::1]", "'[::1]'"),
        ("[::1]9092x", "'[::1]9092x'"),
        ("a b:9092", "'a b:9092'"),
        ("a/b:9092", "'a/b:9092'"),
        ("user@a:9092", "'user@a:9092'"),
    ],
)
def test_a_piece_that_is_no_address_is_named(text, piece):
    with pytest.raises(BadInput) as caught:
        parse_endpoints(text)
    assert caught.value.message.startswith("--bootstrap-server: ")
    assert piece in caught.value.message
    assert "host:port" in caught.value.message


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_nothing_is_said_to_be_empty(text):
    with pytest.raises(BadInput, match=r"^--bootstrap-controller is empty"):
        parse_endpoints(text, role="controller", option="--bootstrap-controller")


def test_labels_name_role_id_and_address():
    assert Endpoint("k", 1, 2).label == "broker 2 (k:1)"
    assert Endpoint("::1", 1, 2, "controller").label == "controller 2 ([::1]:1)"
    assert Endpoint("k", 1, None, "bootstrap").label == "bootstrap k:1"


def test_a_mapped_endpoint_keeps_its_id():
    endpoint = Endpoint("k", 1, 2)
    assert endpoint.apply_mapping({"other": "x:5"}) == endpoint
    assert endpoint.apply_mapping({"k": "[::1]"}) == Endpoint("::1", 1, 2)
    assert endpoint.apply_mapping({"k:1": "x:5", "k": "y"}) == Endpoint("x", 5, 2)
    with pytest.raises(BadInput):
        endpoint.apply_mapping({"k": "not an address"})


def test_a_printed_ipv6_address_is_read_back_by_every_option():
    printed = Endpoint("2001:db8::1", 9092, 3).address
    assert printed == "[2001:db8::1]:9092"
    assert parse_endpoints(printed)[0].address == printed
    assert parse_endpoint(f"SASL_SSL://{printed}").address == printed
    assert Endpoint("2001:db8::1", 9092).apply_mapping({printed: "[::1]:19092"}) == Endpoint("::1", 19092)
