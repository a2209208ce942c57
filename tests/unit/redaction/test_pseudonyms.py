"""Nothing leaves by forgetting: every text column says what it holds."""

from __future__ import annotations

import polars as pl
import pytest

from kastellan.model.catalogue import all_tables
from kastellan.model.subject import KINDS
from kastellan.model.text_kind import TextKind
from kastellan.redaction.pseudonyms import Pseudonyms


@pytest.mark.parametrize("name", sorted(all_tables()))
def test_every_text_column_is_declared(name):
    undeclared = [name for name, column in all_tables()[name].columns.items() if column.dtype == pl.String and not column.text]
    assert undeclared == [], "declare with text=TextKind... what the column holds"
    others = [each.dtype for each in all_tables()[name].columns.values() if each.dtype != pl.String]
    assert all(each == pl.Boolean or each.is_numeric() for each in others), "names inside lists would not be found"


def test_every_key_of_a_subject_is_a_key_of_tables_and_means_one_thing():
    meanings = {}
    for table in all_tables().values():
        for name in table.key:
            meanings.setdefault(name, set()).add((table.columns[name].text, table.columns[name].shape))
    assert {name: sorted(map(str, found)) for name, found in meanings.items() if len(found) > 1} == {}
    keys = {name for kind in KINDS.values() for name in kind.key}
    assert keys - meanings.keys() == {"vulnerability"}


NAMES = Pseudonyms(b"k" * 32)


@pytest.mark.parametrize(
    ("config", "value"),
    [
        ("retention.ms", "604800000"), ("cleanup.policy", "compact,delete"), ("unclean.leader.election.enable", "true"),
        ("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"), ("anything", ""),
        ("listeners", "PLAINTEXT://localhost:9092,CONTROLLER://:9093"), ("inter.broker.protocol.version", "3.9-IV0"),
        ("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:SSL"), ("super.users", "User:ANONYMOUS"),
    ],
)  # fmt: skip
def test_what_is_kafkas_own_stays(config, value):
    assert NAMES.value(value, config) == value


@pytest.mark.parametrize(
    ("config", "value", "secret"),
    [
        ("listeners", "VPN_ACME://acme.example:9092", ("acme", "ACME")),
        ("advertised.listeners", "SSL://10.1.2.3:9092,SSL://[fe80::12]:9093", ("10.1.2.3", "fe80")),
        ("listener.security.protocol.map", "VPN_ACME:SASL_SSL", ("ACME",)),
        ("controller.quorum.voters", "1@acme-1.example:9093,2@acme-2.example:9093", ("acme",)),
        ("zookeeper.connect", "acme-zk:2181/acme/prod", ("acme", "prod")),
        ("log.dirs", "/data/acme,/data2", ("acme", "data")),
        ("super.users", "User:CN=acme,O=Acme Inc;User:bob", ("acme", "Acme", "bob")),
        ("sasl.jaas.config", 'x required password="acme";', ("acme", "password")),
        ("authorizer.class.name", "com.acme.Authorizer", ("acme",)),
        ("broker.rack", "acme-dc1", ("acme",)),
        ("whatever", "1,2,acme", ("acme",)),
    ],
)
def test_what_may_be_a_name_goes(config, value, secret):
    told = NAMES.value(value, config)
    assert not [each for each in secret if each in told], told
    assert told.count(",") == (value.count(",") if config != "super.users" else 0) or "text-" in told


def test_a_listener_is_the_same_in_a_name_and_in_a_value():
    name = NAMES.config("listener.name.vpn_acme.ssl.keystore.location").split(".")[2]
    assert NAMES.value("VPN_ACME://:1", "listeners") == f"{name.upper()}://:1"


@pytest.mark.parametrize(
    ("sort", "text"),
    [
        (TextKind.WORD, "Stable"),
        (TextKind.HOST, "/127.0.0.1"),
        (TextKind.HOST, "::1"),
        (TextKind.PRINCIPAL, "User:*"),
        (TextKind.TOPIC, "*"),
        (TextKind.ENTITY, "user=<default>,client-id=<default>"),
        (TextKind.PATH, ""),
        (TextKind.RACK, ""),
        (TextKind.TOPICS, ""),
    ],
)
def test_what_means_something_to_a_check_stays(sort, text):
    assert NAMES.of(sort, text) == text


def test_a_sentence_keeps_known_words_and_loses_the_rest():
    names = Pseudonyms(b"k" * 32)
    topic, host = names.topic("orders"), names.host("db.acme.example")
    told = names.reason("UNKNOWN_TOPIC_OR_PARTITION: broker 3 (db.acme.example:9092) closed orders-7, Acme's password is hunter2")
    assert told == f"UNKNOWN_TOPIC_OR_PARTITION: broker 3 ({host}:9092) closed {topic}-7, ... password is ..."
