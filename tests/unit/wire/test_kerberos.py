"""The messages of GSSAPI against a stand-in for the library; the library itself is an extra."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kastellan.config.security import KerberosLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, MissingTool
from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.kerberos import KerberosExchange, KerberosMechanism
from kastellan.wire.kafka.sasl.login import SaslLogin
from kastellan.wire.kafka.sasl.mechanism import SaslFailed
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
    turns = KerberosExchange(context, context.step() or b"")
    assert turns.first() == b"ticket"
    assert turns.next(b"answer") == b""
    assert turns.next(b"w\x07\x00\x10\x00") == b"w\x01\x00\x00\x00"
    assert turns.next(b"") is None
    assert context.heard == [None, b"answer"]


@pytest.mark.parametrize("offer", [b"w\x06\x00\x10\x00", b"w", b"w\x01"])
def test_a_peer_that_wants_a_layer_of_its_own_or_sends_less_is_refused(offer):
    context = Context()
    turns = KerberosExchange(context, context.step() or b"")
    turns.next(b"answer")
    with pytest.raises(SaslFailed, match="no Kerberos login without protection"):
        turns.next(offer)


def test_what_kerberos_says_is_in_the_sentence():
    context = Context(broken=True)
    turns = KerberosExchange(context, context.step() or b"")
    with pytest.raises(SaslFailed, match=r"\(Clock skew too great\)") as failed:
        turns.next(b"answer")
    assert failed.value.remedy.startswith("compare clocks")


def library(monkeypatch, **more: object) -> dict[str, object]:
    made: dict[str, object] = {}
    module = ModuleType("gssapi")

    def name(text: str, kind: str) -> tuple[str, str]:
        return text, kind

    def credentials(**given: object) -> SimpleNamespace:
        made["credentials"] = given
        return SimpleNamespace(name="owner/host@R")

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


def begun(login: KerberosLogin | KerberosMechanism, seconds: float = 10):
    method = login if isinstance(login, KerberosMechanism) else KerberosMechanism(login)
    return asyncio.run(method.begin(Endpoint("kafka-1", 9092, 1), Deadline.after(seconds), Progress()))


def store(made: dict[str, object]) -> dict[str, str]:
    given = made["credentials"]
    assert isinstance(given, dict)
    return given["store"]


@pytest.fixture
def keytab(tmp_path: Path) -> str:
    path = tmp_path / "me.keytab"
    path.write_bytes(b"\x05\x02")
    return str(path)


def test_the_ticket_is_for_the_service_at_the_brokers_name_and_a_key_table_stays_in_memory(monkeypatch, keytab):
    made = library(monkeypatch)
    login = KerberosLogin(service="kafka", principal="me/host@R", keytab=keytab)
    assert isinstance(begun(login), KerberosExchange)
    context, given = made["context"], made["credentials"]
    assert isinstance(context, dict)
    assert isinstance(given, dict)
    assert context["creds"].name == "owner/host@R"
    assert {key: value for key, value in context.items() if key != "creds"} == {
        "name": ("kafka@kafka-1", "service"),
        "usage": "initiate",
        "mech": "krb5",
    }
    assert (given["name"], given["mechs"]) == (("me/host@R", "principal"), ["krb5"])
    assert store(made)["client_keytab"] == keytab
    assert store(made)["ccache"].startswith("MEMORY:")
    assert KerberosMechanism(login).user == "me"


def test_two_logins_of_a_process_do_not_share_their_tickets(monkeypatch, keytab):
    made = library(monkeypatch)
    seen: set[str] = set()
    for principal in ("me@R", "you@R"):
        method = KerberosMechanism(KerberosLogin(service="kafka", principal=principal, keytab=keytab))
        begun(method)
        mine = store(made)["ccache"]
        begun(method)
        assert store(made)["ccache"] == mine, "a login that is done again uses its ticket again"
        seen.add(mine)
    assert len(seen) == 2


def test_a_ticket_that_is_there_is_used_and_tells_who_we_are(monkeypatch):
    made = library(monkeypatch)
    method = KerberosMechanism(KerberosLogin(service="kafka", ticket_cache="/tickets"))
    assert method.user is None
    begun(method)
    assert store(made) == {"ccache": "/tickets"}
    assert method.user == "owner"


FAILURE = "Major (851968): Unspecified GSS failure.  Minor code may provide more information, Minor (2529639068): "


@pytest.mark.parametrize(
    ("said", "told", "remedy"),
    [
        ("No Kerberos credentials available", "(No Kerberos credentials available)", "get a ticket by kinit"),
        (
            f"{FAILURE}No Kerberos credentials available (default cache: FILE:/run/user/1000/a/long/way/to/krb5cc_1000)",
            "(No Kerberos credentials available (default cache: FILE:/run/user/1000/a/long/way/to/krb5cc_1000))",
            "get a ticket by kinit",
        ),
        (
            "Major (720896): The referenced credential has expired, Minor (100001): Success",
            "(The referenced",
            "get a ticket by kinit",
        ),
        (f"{FAILURE}Ticket expired", "(Ticket expired)", "get a ticket by kinit"),
        (f"{FAILURE}Clock skew too great", "(Clock skew too great)", "compare the clocks"),
        (f'{FAILURE}Cannot find KDC for realm "X"', '(Cannot find KDC for realm "X")', "check the realm in krb5.conf"),
        (f"{FAILURE}Cannot contact any KDC for realm 'X'", "(Cannot contact any KDC", "the network to its KDC"),
        (f"{FAILURE}Server broker/kafka-1@X not found in Kerberos database", "(Server", "check sasl.kerberos.service.name"),
        (f"{FAILURE}Client 'me@X' not found in Kerberos database", "(Client 'me@X'", "compare principal and keyTab"),
        (f"{FAILURE}Preauthentication failed", "(Preauthentication failed)", "compare principal and keyTab"),
        (f"{FAILURE}Keytab contains no suitable keys for me@X", "(Keytab", "compare principal and keyTab"),
        (f"{FAILURE}Configuration file does not specify default realm", "(Configuration", "set default_realm in krb5.conf"),
        ("something new", "(something new)", "try the same by kinit and kvno"),
        ("", "(RuntimeError)", "try the same by kinit and kvno"),
    ],
)
def test_without_a_ticket_one_sentence_with_the_words_of_kerberos_and_what_to_do(monkeypatch, said, told, remedy):
    def none(**_: object) -> None:
        raise RuntimeError(said)

    library(monkeypatch, Credentials=none)
    found = begun(KerberosLogin(service="kafka"))
    assert isinstance(found, Refusal)
    assert found.sentence.startswith(f"no Kerberos ticket for kafka/kafka-1 was issued {told}")
    assert remedy in found.sentence.partition("; ")[2]
    assert "Minor" not in found.sentence


def test_a_key_table_without_the_principal_is_not_told_as_a_missing_ticket(monkeypatch, keytab):
    def none(**_: object) -> None:
        raise RuntimeError(f"{FAILURE}No credentials cache found")

    library(monkeypatch, Credentials=none)
    found = begun(KerberosLogin(service="kafka", principal="me@R", keytab=keytab))
    assert isinstance(found, Refusal)
    assert f"(key table {keytab} has no key of me@R); compare principal and keyTab" in found.sentence


def test_a_kdc_out_of_reach_is_no_refused_credential_and_is_asked_again_soon(monkeypatch):
    said = f"{FAILURE}Cannot contact any KDC for realm 'X'"

    def none(**_: object) -> None:
        raise RuntimeError(said)

    library(monkeypatch, Credentials=none)

    async def tried() -> list[Refusal]:
        login = SaslLogin(KerberosLogin(service="kafka"))
        peer: Any = SimpleNamespace(whom="broker 1")
        told = [await login.log_in(peer, Endpoint("kafka-1", 9092, 1), {}, Deadline.after(10)) for _ in range(2)]
        return [each for each in told if isinstance(each, Refusal)]

    first, second = asyncio.run(tried())
    assert (first.trouble, first.elsewhere) == (second.trouble, second.elsewhere) == (Trouble.UNAUTHENTICATED, True)
    assert (second.sentence, second.untried) == ("broker 1 was not asked to let us in", True)
    said = f"{FAILURE}Preauthentication failed"
    first, second = asyncio.run(tried())
    assert (first.elsewhere, second.elsewhere) == (False, False)
    assert (second.reason, second.untried) == ("broker 1 was not asked to let us in, so that no account is locked", True)


def test_a_kdc_that_is_silent_holds_up_nobody_beyond_the_deadline(monkeypatch):
    let_go = threading.Event()

    def hang(**_: object) -> None:
        let_go.wait(60)

    library(monkeypatch, Credentials=hang)
    began = time.monotonic()
    # The end of asyncio.run waits for the threads of its executor: such a thread would hold it up until the KDC answers.
    found = begun(KerberosLogin(service="kafka"), 0.05)
    took_s = time.monotonic() - began
    let_go.set()
    assert isinstance(found, Refusal)
    assert "a KDC is silent" in found.sentence
    assert took_s < 30


def test_without_the_extra_the_sentence_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "gssapi", None)
    with pytest.raises(MissingTool, match=r"pip install 'kastellan\[kerberos\]'.*libkrb5-dev"):
        KerberosMechanism(KerberosLogin(service="kafka"))


def test_an_extra_that_misses_the_systems_library_says_which(monkeypatch, tmp_path: Path):
    (tmp_path / "gssapi.py").write_text("raise ImportError('libgssapi_krb5.so.2: cannot open shared object file')")
    monkeypatch.delitem(sys.modules, "gssapi", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingTool, match=r"did not load \(libgssapi_krb5\.so\.2.*install libgssapi-krb5-2"):
        KerberosMechanism(KerberosLogin(service="kafka"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read (No such file or directory); correct keyTab"), (b"-----BEGIN", "is no key table; correct keyTab")],
)
def test_a_key_table_that_cannot_be_used_is_bad_input(monkeypatch, tmp_path: Path, content, sentence):
    library(monkeypatch)
    path = tmp_path / "k"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput) as told:
        KerberosMechanism(KerberosLogin(service="kafka", principal="me", keytab=str(path)))
    assert str(path) in told.value.message
    assert sentence in told.value.message
