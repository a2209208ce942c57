"""The messages of GSSAPI against a stand-in for the library; the library itself is an extra."""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType, SimpleNamespace

import pytest

from kastellan.config.security import KerberosLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.sasl.kerberos import KerberosMethod, KerberosTurns
from kastellan.wire.kafka.sasl.turns import SaslFailed
from kastellan.wire.kafka.trouble import Refusal


class Context:
    """Two rounds, then the offer of protection layers; wrapping is a letter in front."""

    def __init__(self, *, broken: bool = False) -> None:
        self.heard: list[bytes | None] = []
        self.complete = False
        self.broken = broken

    def step(self, token: bytes | None = None) -> bytes | None:
        self.heard.append(token)
        if self.broken and token is not None:
            raise RuntimeError("Clock skew too great")
        self.complete = len(self.heard) == 2
        return b"ticket" if token is None else None

    def unwrap(self, message: bytes) -> SimpleNamespace:
        return SimpleNamespace(message=message.removeprefix(b"w"))

    def wrap(self, message: bytes, encrypt: bool) -> SimpleNamespace:  # noqa: FBT001  # as the library has it
        assert not encrypt
        return SimpleNamespace(message=b"w" + message)


def test_a_login_goes_through_all_its_messages():
    context = Context()
    turns = KerberosTurns(context, context.step() or b"")
    assert turns.first() == b"ticket"
    assert turns.next(b"answer") == b""
    assert turns.next(b"w\x07\x00\x10\x00") == b"w\x01\x00\x00\x00"
    assert turns.next(b"") is None
    assert context.heard == [None, b"answer"]


@pytest.mark.parametrize("offer", [b"w\x06\x00\x10\x00", b"w", b"w\x01"])
def test_a_peer_that_wants_a_layer_of_its_own_or_sends_less_is_refused(offer):
    context = Context()
    turns = KerberosTurns(context, context.step() or b"")
    turns.next(b"answer")
    with pytest.raises(SaslFailed, match="no Kerberos login without protection"):
        turns.next(offer)


def test_what_kerberos_says_is_in_the_sentence():
    context = Context(broken=True)
    turns = KerberosTurns(context, context.step() or b"")
    with pytest.raises(SaslFailed, match=r"\(Clock skew too great\); compare clocks"):
        turns.next(b"answer")


def library(monkeypatch, **more: object) -> dict[str, object]:
    made: dict[str, object] = {}
    module = ModuleType("gssapi")

    def name(text: str, kind: str) -> tuple[str, str]:
        return text, kind

    def credentials(**given: object) -> str:
        made["credentials"] = given
        return "credentials"

    def context(**given: object) -> Context:
        made["context"] = given
        return Context()

    parts = {
        "Name": name,
        "NameType": SimpleNamespace(kerberos_principal="principal", hostbased_service="service"),
        "MechType": SimpleNamespace(kerberos="krb5"),
        "Credentials": credentials,
        "SecurityContext": context,
        **more,
    }
    for key, value in parts.items():
        setattr(module, key, value)
    monkeypatch.setitem(sys.modules, "gssapi", module)
    return made


def begun(login: KerberosLogin):
    return asyncio.run(KerberosMethod(login).begin(Endpoint("kafka-1", 9092, 1), Deadline.after(10)))


def test_the_ticket_is_for_the_service_at_the_brokers_name_and_a_key_table_stays_in_memory(monkeypatch):
    made = library(monkeypatch)
    assert isinstance(begun(KerberosLogin(service="kafka", principal="me/host@R", keytab="/k")), KerberosTurns)
    assert made["context"] == {
        "name": ("kafka@kafka-1", "service"),
        "creds": "credentials",
        "usage": "initiate",
        "mech": "krb5",
    }
    given = made["credentials"]
    assert isinstance(given, dict)
    assert given["name"] == ("me/host@R", "principal")
    assert given["store"]["client_keytab"] == "/k"
    assert given["store"]["ccache"].startswith("MEMORY:")
    assert KerberosMethod(KerberosLogin(service="kafka", principal="me/host@R")).user == "me"


def test_without_a_ticket_one_sentence(monkeypatch):
    def none(**_: object) -> None:
        raise RuntimeError("No Kerberos credentials available")

    library(monkeypatch, Credentials=none)
    found = begun(KerberosLogin(service="kafka"))
    assert isinstance(found, Refusal)
    assert (
        found.reason
        == "no Kerberos ticket for kafka/kafka-1 could be had (No Kerberos credentials available); try kinit and kvno"
    )


def test_without_the_extra_the_sentence_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gssapi", None)
    with pytest.raises(MissingTool, match=r"pip install 'kastellan\[kerberos\]'"):
        KerberosMethod(KerberosLogin(service="kafka"))
