"""Key stores and trust stores: what a Java client trusts and presents, Kastellan does too, or says what a Java client refuses."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.config.client_properties import client_properties
from kastellan.config.security import Store, Tls
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret
from kastellan.testing.certificates import Authority, Issued
from kastellan.wire.tls.client_key import CertificateRequest, candidate_of, choose_key
from kastellan.wire.tls.context import client_context, store_notes
from kastellan.wire.tls.stores import read_identities, read_trusted
from tests.contract.config.java import JavaClient

ONE, TWO = Authority("One"), Authority("Two")
CLIENT = ONE.issue("client")
RSA = ONE.issue("rsa client", key=rsa.generate_private_key(65537, 2048))
OTHER = TWO.issue("other client")
SERVER = ONE.issue("server")
ED = ONE.issue("ed client", key=ed25519.Ed25519PrivateKey.generate())
SECRET = "store password"


def digest(der: bytes) -> str:
    return hashlib.sha256(der).hexdigest()


def chain(issued: Issued, authority: Authority = ONE) -> str:
    return issued.certificate + authority.pem


def encoded(issued: Issued, form: PrivateFormat, password: str | None = None) -> str:
    key = load_pem_private_key(issued.key.encode(), None)
    hidden = BestAvailableEncryption(password.encode()) if password is not None else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, hidden).decode()


def by_openssl(issued: Issued, *options: str) -> str:
    return subprocess.run(
        ["openssl", "pkcs8", "-topk8", *options, "-passout", f"pass:{SECRET}", "-provider", "legacy", "-provider", "default"],
        input=issued.key, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip


def p12(issued: Issued | None, *others: bytes, password: str = SECRET, name: bytes | None = b"Me") -> bytes:
    key = load_pem_private_key(issued.key.encode(), None) if issued is not None else None
    own = x509.load_pem_x509_certificate(issued.certificate.encode()) if issued is not None else None
    more = [x509.load_der_x509_certificate(der) for der in others]
    return pkcs12.serialize_key_and_certificates(name, cast("Any", key), own, more, BestAvailableEncryption(password.encode()))


class Stores:
    """Key stores that Java writes."""

    def __init__(self, java: JavaClient) -> None:
        self._java = java

    def make(
        self, kind: str, keys: dict[str, tuple[Issued, Authority]], trusted: dict[str, bytes], password: str = SECRET
    ) -> bytes:
        entries: list[dict[str, object]] = []
        for alias, (issued, authority) in keys.items():
            key = load_pem_private_key(issued.key.encode(), None).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
            parts = [base64.b64encode(der).decode() for der in (issued.der, authority.der)]
            entries.append({"alias": alias, "key": base64.b64encode(key).decode(), "chain": parts})
        names = [{"alias": alias, "der": base64.b64encode(der).decode()} for alias, der in trusted.items()]
        answer = self._java.ask(store=kind, password=password, keys=entries, trusted=names)
        assert answer["verdict"] == "accepted", answer
        return base64.b64decode(answer["bytes"])


@pytest.fixture
def stores(java: JavaClient) -> Stores:
    return Stores(java)


def compare(java: JavaClient, text: str, issuers: tuple[Authority, ...] = (), types: tuple[str, ...] = ("EC", "RSA")) -> str:
    """Fails where the two differ without a word; returns how both ended: what was presented, or refused, or noted."""
    names = [x509.load_der_x509_certificate(authority.der).subject.public_bytes() for authority in issuers]
    asked = {"issuers": [base64.b64encode(name).decode() for name in names]} if names else {}
    answer = java.read(text.encode(), types=list(types), **asked)
    accepted = answer["verdict"] == "accepted"
    try:
        found = client_properties(text.encode(), "f")
        tls = found.security.tls
        client_context(tls)
        trusted = sorted(digest(der) for der in read_trusted(tls.trust).certificates) if tls.trust is not None else None
        presented = presented_by(tls, CertificateRequest(tuple(names), types))
    except BadInput as error:
        return refused(error.message, accepted=accepted)
    notes = [note for note in (*found.notes, *store_notes(tls)) if note.startswith("a Java client")]
    if any("Java 17 and older" in note for note in notes):
        return "noted"
    if not accepted:
        assert notes, f"Java refuses it ({answer['reason']}), taken here without a word"
        return "noted"
    if notes:
        assert all(note.startswith("a Java client reads") for note in notes), (
            f"Java takes it, and the note says otherwise: {notes}"
        )
        return "noted"
    assert trusted == answer.get("trusted")
    assert presented == answer.get("chain")
    return "same"


def refused(message: str, *, accepted: bool) -> str:
    assert not accepted, f"Java takes it; refused here: {message}"
    assert SECRET not in message
    return "refused"


def presented_by(tls: Tls, request: CertificateRequest) -> list[str] | None:
    identities = read_identities(tls.identity).identities if tls.identity is not None else ()
    alias = choose_key([candidate_of(identity) for identity in identities], request)
    chosen = next((identity for identity in identities if identity.alias == alias), None)
    return [digest(der) for der in chosen.certificates] if chosen is not None else None


def trust_cases(stores: Stores) -> Iterator[tuple[str, bytes | str, str, str]]:
    """Name, content, settings beside the location, how it ends."""
    password = f"ssl.truststore.password={SECRET}\n"
    both = {"one": ONE.der, "Two": TWO.der}
    jks, pkcs = stores.make("JKS", {}, both), stores.make("PKCS12", {}, both)
    yield "jks", jks, password, "same"
    yield "jks without password", jks, "", "same"
    yield "jks as PKCS12", jks, password + "ssl.truststore.type=pkcs12\n", "same"
    yield "jks with another password", jks, "ssl.truststore.password=other\n", "refused"
    yield "jks as PEM", jks, "ssl.truststore.type=PEM\n", "noted"
    yield "pkcs12", pkcs, password + "ssl.truststore.type=PKCS12\n", "same"
    yield "pkcs12 of no type", pkcs, password, "same"
    yield "pkcs12 without password", pkcs, "ssl.truststore.type=PKCS12\n", "refused"
    yield "pkcs12 with another password", pkcs, "ssl.truststore.password=other\n", "refused"
    yield "pkcs12 with a key and an authority", stores.make("PKCS12", {"me": (OTHER, TWO)}, {"one": ONE.der}), password, "same"
    yield "jks with a key and an authority", stores.make("JKS", {"me": (OTHER, TWO)}, {"one": ONE.der}), password, "same"
    yield "pkcs12 with a key alone", stores.make("PKCS12", {"me": (OTHER, TWO)}, {}), password, "same"
    yield "pkcs12 without trusted attributes", p12(None, ONE.der), password, "noted"
    yield "pem", ONE.pem + TWO.pem, "ssl.truststore.type=PEM\n", "same"
    yield "pem between words", f"# one\nsubject=x\n{ONE.pem}\nmore\n{TWO.pem}", "ssl.truststore.type=PEM\n", "same"
    yield "pem in one line", " ".join(ONE.pem.split("\n")), "ssl.truststore.type=PEM\n", "same"
    yield "two in one line", " ".join((ONE.pem + TWO.pem).split("\n")), "ssl.truststore.type=PEM\n", "noted"
    yield "pem without any white space", ONE.pem.replace("\n", ""), "ssl.truststore.type=PEM\n", "noted"
    yield "pem with DOS line ends", ONE.pem.replace("\n", "\r\n"), "ssl.truststore.type=PEM\n", "same"
    yield "pem as OpenSSL marks it", ONE.pem.replace("CERTIFICATE", "X509 CERTIFICATE"), "ssl.truststore.type=PEM\n", "same"
    yield "pem of no type", ONE.pem, "", "noted"
    yield "pem of type pem", ONE.pem, "ssl.truststore.type=pem\n", "noted"
    yield "pem with a store password", ONE.pem, password + "ssl.truststore.type=PEM\n", "noted"
    yield "der", ONE.der, "", "noted"
    yield "nothing", "", "ssl.truststore.type=PEM\n", "refused"
    yield "words", "no certificate", "ssl.truststore.type=PEM\n", "refused"
    yield "a key alone", CLIENT.key, "ssl.truststore.type=PEM\n", "refused"


def test_trust_stores_are_opened_as_java_opens_them(java: JavaClient, stores: Stores, tmp_path: Path) -> None:
    ends: dict[str, tuple[str, str]] = {}
    for name, content, beside, end in trust_cases(stores):
        path = tmp_path / "trust"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ends[name] = (compare(java, f"security.protocol=SSL\nssl.truststore.location={path}\n{beside}"), end)
    assert {name: found for name, (found, end) in ends.items() if found != end} == {}


def key_cases(stores: Stores) -> Iterator[tuple[str, bytes | str, str, str]]:
    store, key = f"ssl.keystore.password={SECRET}\n", f"ssl.key.password={SECRET}\n"
    pem = "ssl.keystore.type=PEM\n"
    one = {"Me": (CLIENT, ONE)}
    yield "jks", stores.make("JKS", one, {}), store, "same"
    yield "pkcs12", stores.make("PKCS12", one, {}), store + "ssl.keystore.type=PKCS12\n", "same"
    yield "pkcs12 and its password twice", stores.make("PKCS12", one, {}), store + key, "same"
    yield "pkcs12 of another key password", stores.make("PKCS12", one, {}), store + "ssl.key.password=x\n", "refused"
    yield "jks of another key password", stores.make("JKS", one, {}), store + "ssl.key.password=x\n", "refused"
    yield "jks of an empty key password", stores.make("JKS", one, {}), store + "ssl.key.password=\n", "noted"
    yield "pkcs12 of the library", p12(CLIENT, ONE.der), store, "same"
    yield "pkcs12 without a name", p12(CLIENT, ONE.der, name=None), store, "same"
    yield "pkcs12 without a password", stores.make("PKCS12", one, {}), "", "refused"
    yield "authorities alone in jks", stores.make("JKS", {}, {"one": ONE.der}), store, "same"
    yield "authorities alone in pkcs12", stores.make("PKCS12", {}, {"one": ONE.der}), store, "same"
    yield "pem", CLIENT.key + chain(CLIENT), pem, "same"
    yield "pem with the key last", chain(CLIENT) + CLIENT.key, pem, "same"
    yield "pem RSA", RSA.key + chain(RSA), pem, "same"
    yield "pem Ed25519", ED.key + chain(ED), pem, "noted"
    yield "pem of no type", CLIENT.key + chain(CLIENT), store, "noted"
    yield "pem with a store password", CLIENT.key + chain(CLIENT), pem + store, "noted"
    yield "pem with a key password that nothing needs", CLIENT.key + chain(CLIENT), pem + key, "noted"
    yield "encrypted pem", encoded(CLIENT, PrivateFormat.PKCS8, SECRET) + chain(CLIENT), pem + key, "noted"
    yield "encrypted pem without password", encoded(CLIENT, PrivateFormat.PKCS8, SECRET) + chain(CLIENT), pem, "refused"
    yield (
        "encrypted pem with another",
        encoded(CLIENT, PrivateFormat.PKCS8, SECRET) + chain(CLIENT),
        pem + "ssl.key.password=x\n",
        "refused",
    )
    yield "PBE-MD5-DES", by_openssl(RSA, "-v1", "PBE-MD5-DES") + chain(RSA), pem + key, "same"
    yield "PBE-SHA1-3DES", by_openssl(RSA, "-v1", "PBE-SHA1-3DES") + chain(RSA), pem + key, "same"
    yield "PKCS1", encoded(RSA, PrivateFormat.TraditionalOpenSSL) + chain(RSA), pem, "noted"
    yield "SEC1", encoded(CLIENT, PrivateFormat.TraditionalOpenSSL) + chain(CLIENT), pem, "noted"
    yield "traditionally encrypted", encoded(RSA, PrivateFormat.TraditionalOpenSSL, SECRET) + chain(RSA), pem + key, "noted"
    yield "two keys in pem", CLIENT.key + RSA.key + chain(CLIENT), pem, "noted"
    yield "chain in one line", CLIENT.key + " ".join(chain(CLIENT).split("\n")), pem, "noted"
    yield "key without chain", CLIENT.key, pem, "refused"
    yield "chain without key", chain(CLIENT), pem, "refused"


def test_key_stores_are_opened_as_java_opens_them(java: JavaClient, stores: Stores, tmp_path: Path) -> None:
    ends: dict[str, tuple[str, str]] = {}
    for name, content, beside, end in key_cases(stores):
        path = tmp_path / "keys"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        ends[name] = (compare(java, f"security.protocol=SSL\nssl.keystore.location={path}\n{beside}"), end)
    assert {name: found for name, (found, end) in ends.items() if found != end} == {}


def several(count: int) -> dict[str, tuple[Issued, Authority]]:
    authorities = (ONE, TWO)
    return {
        f"Key {number}": (authorities[number % 2].issue(f"client {number}"), authorities[number % 2]) for number in range(count)
    }


@pytest.mark.parametrize("kind", ["PKCS12", "JKS"])
def test_of_several_keys_the_one_is_presented_whose_issuer_the_broker_asks_for(
    java: JavaClient, stores: Stores, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "keys"
    text = f"security.protocol=SSL\nssl.keystore.location={path}\nssl.keystore.password={SECRET}\nssl.keystore.type={kind}\n"
    stranger = Authority("Stranger")
    path.write_bytes(stores.make(kind, several(13 if kind == "JKS" else 3), {"authority": ONE.der}))
    for issuers in ((ONE,), (TWO,), (TWO, ONE), (), (stranger,)):
        assert compare(java, text, issuers) == "same"
    path.write_bytes(stores.make(kind, {**several(2), "rsa": (RSA, ONE)}, {}))
    for issuers in ((ONE,), (TWO,), ()):
        for types in (("EC", "RSA"), ("RSA", "EC"), ("RSA",)):
            assert compare(java, text, issuers, types) == "same"


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_a_java_server_gets_the_certificate_of_the_issuer_that_it_asks_for(
    java: JavaClient, stores: Stores, tmp_path: Path, version: str
) -> None:
    path = tmp_path / "keys"
    path.write_bytes(stores.make("PKCS12", {"one": (CLIENT, ONE), "two": (OTHER, TWO)}, {}))
    place = Store(str(path), None, Secret(SECRET), place="ssl.keystore.location of f")
    context = client_context(Tls(Store(None, Secret(ONE.pem), place="the test"), place))
    server = base64.b64encode(stores.make("PKCS12", {"server": (SERVER, ONE)}, {})).decode()
    stranger = Authority("Stranger")
    # One context for all: what one broker asks for says nothing to the next one.
    for authority, subject in ((ONE, "CN=client"), (TWO, "CN=other client"), (ONE, "CN=client"), (stranger, None)):
        trusted = base64.b64encode(stores.make("PKCS12", {}, {"authority": authority.der})).decode()
        port = java.ask(serve=version, password=SECRET, keys=server, trusted=trusted)["port"]
        asyncio.run(knock(port, context))
        answer = java.next()
        assert answer.get("peer", "").startswith(subject or ""), answer
        assert ("peer" in answer) is (subject is not None), answer


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_choice_between_keys_leaves_the_check_of_the_server_as_it_is(
    stores: Stores, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    path = tmp_path / "keys"
    path.write_bytes(stores.make("JKS", {"one": (CLIENT, ONE), "two": (OTHER, TWO)}, {}))
    place = Store(str(path), None, Secret(SECRET), place="ssl.keystore.location of f")
    context = client_context(Tls(Store(None, Secret(ONE.pem), place="the test"), place))
    for authority, names, accepted in (
        (ONE, ("localhost",), True),
        (TWO, ("localhost",), False),
        (ONE, ("elsewhere.example",), False),
    ):
        server = ONE.server(authority.issue("broker", names), wants_client=True)
        server.minimum_version = server.maximum_version = version
        with tls_server(server) as port:
            assert is_accepted(port, context) is accepted


async def knock(port: int, context: ssl.SSLContext) -> None:
    """One connection, by the same way as to a broker, until the server closes it."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def test_any_aliases_are_walked_in_the_order_of_java(java: JavaClient, stores: Stores, tmp_path: Path) -> None:
    issued = ONE.issue("client")
    others = [ONE.issue(f"client {number}") for number in range(20)]

    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=6),
            min_size=2,
            max_size=20,
            unique_by=str.lower,
        )
    )
    def same(aliases: list[str]) -> None:
        path = tmp_path / "keys"
        path.write_bytes(
            stores.make("JKS", {alias: (own, ONE) for alias, own in zip(aliases, [issued, *others], strict=False)}, {})
        )
        text = f"security.protocol=SSL\nssl.keystore.location={path}\nssl.keystore.password={SECRET}\n"
        assert compare(java, text) == "same"

    same()


@pytest.mark.parametrize("names", [("localhost", "127.0.0.1"), ("elsewhere.example",)], ids=["its name", "another name"])
@pytest.mark.parametrize("algorithm", ["https", "HTTPS", "", "none", "http", "LDAPS"])
def test_the_name_of_a_broker_is_checked_as_in_java(
    java: JavaClient, tmp_path: Path, names: tuple[str, ...], algorithm: str
) -> None:
    (tmp_path / "ca.pem").write_text(ONE.pem, encoding="ascii")
    text = (
        f"security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.location={tmp_path}/ca.pem\n"
        f"ssl.endpoint.identification.algorithm={algorithm}\n"
    )
    with tls_server(ONE.server(ONE.issue("broker", names))) as port:
        accepted = java.read(text.encode(), connect=port)["verdict"] == "accepted"
        found = client_properties(text.encode(), "f")
        own = is_accepted(port, client_context(found.security.tls))
    notes = [note for note in found.notes if note.startswith("a Java client refuses")]
    if notes:
        assert not accepted
    else:
        assert own is accepted


def is_accepted(port: int, context: ssl.SSLContext) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as plain:
        try:
            context.wrap_socket(plain, server_hostname="localhost").close()
        except ssl.SSLCertVerificationError:
            return False
        return True


@contextlib.contextmanager
def tls_server(context: ssl.SSLContext) -> Iterator[int]:
    """A server on loopback that shakes hands and ends the connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(OSError), context.wrap_socket(self.request, server_side=True) as session:
                session.recv(1)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            serving.join()


def test_keys_in_the_file_itself(java: JavaClient) -> None:
    def line(key: str, text: str) -> str:
        joined = "\\n".join(text.strip().splitlines())
        return f"{key}={joined}\n"

    head = "security.protocol=SSL\n"
    own = line("ssl.keystore.key", CLIENT.key) + line("ssl.keystore.certificate.chain", chain(CLIENT))
    trust = line("ssl.truststore.certificates", ONE.pem + TWO.pem)
    assert compare(java, f"{head}ssl.keystore.type=PEM\nssl.truststore.type=PEM\n{own}{trust}") == "same"
    assert compare(java, f"{head}{own}") == "noted"
    assert compare(java, f"{head}{trust}") == "noted"
    assert compare(java, f"{head}ssl.truststore.type=PEM\nssl.truststore.password=x\n{trust}") == "noted"
    assert compare(java, f"{head}ssl.keystore.type=PEM\nssl.keystore.password=x\n{own}") == "noted"
    assert compare(java, f"{head}ssl.keystore.type=PEM\nssl.keystore.location=/nowhere\n{own}") == "refused"
