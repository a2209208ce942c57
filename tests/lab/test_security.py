"""Secured labs: each principal logs in and sees what its rights show, the wrong secret does not, load and faults work."""

from __future__ import annotations

import socket
import ssl

import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.lab import access, injection, nodes, probe
from kastellan.lab.security import entrance, logins
from kastellan.model.rights import LEVELS, rights_of

pytest.importorskip("confluent_kafka")
pytestmark = pytest.mark.timeout(300)


def topics(lab: labs.Lab, principal: str, how: str | None = None) -> set[str]:
    """What this principal sees of the topics, by the library that applications use."""
    from confluent_kafka import Consumer  # noqa: PLC0415 - an extra

    consumer = Consumer({"group.id": "x", "log_level": 0, **entrance.librdkafka(lab, principal, how)})
    try:
        return {each for each in consumer.list_topics(timeout=20).topics if not each.startswith("__")}
    finally:
        consumer.close()


def refused(lab: labs.Lab, principal: str, how: str | None = None) -> str:
    """The reason that the library gives for not getting in."""
    from confluent_kafka import Consumer  # noqa: PLC0415 - an extra

    reasons: list[str] = []
    options = {"group.id": "x", "log_level": 0, **entrance.librdkafka(lab, principal, how)}
    consumer = Consumer({**options, "error_cb": lambda error: reasons.append(error.name())})
    deadline = Deadline.after(30)
    while not reasons and not deadline.passed:
        consumer.poll(0.1)
    consumer.close()
    return reasons[0] if reasons else ""


def test_principals_see_what_they_may(secured: labs.Lab) -> None:
    assert topics(secured, "admin") == topics(secured, "viewer") == topics(secured, "glance") == {"orders"}
    assert topics(secured, "nobody") == set()
    assert refused(secured, "wrong-password") in {"_AUTHENTICATION", "_SSL", "_ALL_BROKERS_DOWN", "_TRANSPORT"}


def test_every_mechanism_of_passwords_is_offered_where_passwords_are(secured: labs.Lab) -> None:
    ways = logins.PASSWORD_MECHANISMS if secured.spec.security == "sasl_ssl" else ()
    for how in ways:
        assert topics(secured, "viewer", how) == {"orders"}
        assert refused(secured, "wrong-password", how) == "_AUTHENTICATION"


def test_the_principals_of_each_level_have_the_rights_of_the_table_and_no_more(secured: labs.Lab) -> None:
    rules = access.list_acls(secured.brokers[0].door)
    assert rules is not None
    for level in LEVELS:
        mine = {(each.operation, each.resource, each.name) for each in rules if each.principal == level}
        assert mine == {(each.operation, each.resource, each.name) for each in rights_of(level)}
    assert not {each for each in rules if each.principal in {"nobody", "admin", "broker"}}


def test_rights_come_and_go(secured: labs.Lab) -> None:
    extra = access.Acl("nobody", "Describe", "Topic", "orders")
    access.add(secured, [extra])
    assert topics(secured, "nobody") == {"orders"}
    access.remove(secured, [extra])
    assert topics(secured, "nobody") == set()


def test_a_fault_is_injected_and_undone_and_nothing_answers_in_plain_text(secured: labs.Lab) -> None:
    node = secured.brokers[0]
    assert not probe.serves(node.client or "", 2)
    assert probe.serves(node.door)
    injection.inject(secured, "broker_killed")
    assert nodes.state(node) == "gone"
    injection.undo(secured)
    assert topics(secured, "viewer") == {"orders"}


def test_the_client_listener_shows_a_certificate_of_the_labs_authority(secured: labs.Lab) -> None:
    node = secured.brokers[0]
    host, _, port = (node.client or "").rpartition(":")
    assert node.keys is not None
    context = ssl.create_default_context(cafile=str(node.keys.with_name("ca.pem")))
    context.load_cert_chain(node.keys)
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        assert wrapped.getpeercert()
