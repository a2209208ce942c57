from __future__ import annotations

import base64
import datetime as dt
import ssl
from typing import Any, cast

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from kastellan.config.security import Store, Tls
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret
from kastellan.testing.certificates import Authority
from kastellan.wire.tls.context import client_context, store_notes, subjects_of
from kastellan.wire.tls.handshake_errors import certificate_facts, meaning
from kastellan.wire.tls.jks import JksError, read_jks
from kastellan.wire.tls.stores import read_identities, read_trusted
from tests.unit.wire import stores_of_keytool as keytool

AUTHORITY = Authority()
ISSUED = AUTHORITY.issue("client")


def file(folder, content: bytes | str, password: str | None = None, key_password: str | None = None) -> Store:
    path = folder / "store"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    secrets = [Secret(each) if each is not None else None for each in (password, key_password)]
    return Store(str(path), None, *secrets, place="ssl.keystore.location of f")


def refused(store: Store, of=read_identities) -> str:
    with pytest.raises(BadInput) as error:
        of(store)
    for each in ("storepw", "keypw12", "trustpw", "wrong"):
        assert each not in error.value.message
    assert "ssl.keystore.location of f" in error.value.message
    return error.value.message


@pytest.mark.parametrize(
    ("content", "password", "key_password", "subject"),
    [
        (keytool.KEY_JKS, "storepw", "keypw12", "CN=jks client,O=Kastellan"),
        (keytool.KEY_P12, "storepw", None, "CN=p12 client,O=Kastellan"),
        ((ISSUED.key + ISSUED.certificate).encode(), None, None, "CN=client,O=Kastellan"),
    ],
    ids=["jks", "pkcs12", "pem"],
)
def test_a_client_identity_comes_from_any_kind_of_store(tmp_path, content, password, key_password, subject):
    settings = Tls(identity=file(tmp_path, content, password, key_password))
    assert subjects_of(settings) == (subject,)
    client_context(settings)  # OpenSSL checks that key and certificate belong together
    assert "PRIVATE" not in repr(read_identities(settings.identity or Store()))


@pytest.mark.parametrize(
    ("content", "password"),
    [
        (keytool.TRUST_JKS, "trustpw"),
        (keytool.TRUST_JKS, None),
        (keytool.KEY_JKS, "storepw"),
        (keytool.TRUST_P12, "trustpw"),
        (keytool.DER, None),
        ((AUTHORITY.pem + ISSUED.certificate).encode(), None),
    ],
    ids=["jks", "jks without password", "jks with a key", "pkcs12", "der", "pem"],
)
def test_trusted_certificates_come_from_any_kind_of_store(tmp_path, content, password):
    store = file(tmp_path, content, password)
    found = read_trusted(store).certificates
    assert all(x509.load_der_x509_certificate(each) for each in found)
    context = client_context(Tls(trust=store))
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_pem_on_one_line_as_properties_files_hold_it_is_read():
    one_line = " ".join((ISSUED.key + ISSUED.certificate).split("\n"))
    assert read_identities(Store(None, Secret(one_line), place="x")).identities[0].first == ISSUED.der
    assert read_trusted(Store(None, Secret(AUTHORITY.pem.replace("\n", "")), place="x")).certificates == (AUTHORITY.der,)


def test_an_encrypted_pem_key_opens_with_its_password_and_never_asks_a_terminal(tmp_path):
    key = load_pem_private_key(ISSUED.key.encode(), None)
    hidden = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"storepw")).decode()
    client_context(Tls(identity=file(tmp_path, hidden + ISSUED.certificate, None, "storepw")))
    assert "there is no ssl.key.password; add it" in refused(file(tmp_path, hidden + ISSUED.certificate))
    with pytest.raises(BadInput, match="its key does not open with its password"):
        client_context(Tls(identity=file(tmp_path, hidden + ISSUED.certificate, None, "wrong")))


@pytest.mark.parametrize(
    ("content", "password", "key_password", "told"),
    [
        (keytool.KEY_JKS, "wrong", None, "does not open with its password"),
        (keytool.KEY_JKS, "storepw", None, "a key that does not open with its password (ssl.key.password)"),
        (keytool.KEY_JKS, None, None, "there is no ssl.keystore.password"),
        (keytool.KEY_P12, "wrong", None, "does not open with its password"),
        (keytool.KEY_P12, None, None, "needs a password; add it"),
        (keytool.KEY_P12[:200], "storepw", None, "is no PKCS12 store"),
        (keytool.JCEKS, "storepw", None, "is a JCEKS store"),
        (b"just text", None, None, "is neither PEM nor PKCS12 nor JKS"),
        (b"\x00\x01\x02\xff", None, None, "is neither PEM nor PKCS12 nor JKS"),
        (AUTHORITY.pem.encode(), None, None, "holds no private key"),
        (ISSUED.key.encode(), None, None, "holds no certificate"),
        (b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----", None, None, "has a broken PRIVATE KEY block"),
    ],
)
def test_what_cannot_be_used_is_told_by_file_and_setting(tmp_path, content, password, key_password, told):
    assert told in refused(file(tmp_path, content, password, key_password))


def test_a_store_of_authorities_alone_presents_no_certificate_and_says_so(tmp_path):
    store = file(tmp_path, keytool.TRUST_P12, "trustpw")
    found = read_identities(store)
    assert found.identities == ()
    assert found.notes[-1].endswith("holds no private key with a certificate: no client certificate is presented")
    client_context(Tls(identity=store))
    assert subjects_of(Tls(identity=store)) == ()


def test_what_java_trusts_in_a_pkcs12_store_is_trusted_and_the_rest_is_counted(tmp_path):
    key = load_pem_private_key(ISSUED.key.encode(), None)
    own, authority = (x509.load_der_x509_certificate(der) for der in (ISSUED.der, AUTHORITY.der))
    hidden = BestAvailableEncryption(b"storepw")
    with_key = pkcs12.serialize_key_and_certificates(b"me", cast("Any", key), own, [authority], hidden)
    found = read_trusted(file(tmp_path, with_key, "storepw"))
    assert found.certificates == (ISSUED.der,)
    assert "1 of its 2 certificates are trusted, as in Java" in found.notes[-1]
    unmarked = pkcs12.serialize_key_and_certificates(None, None, None, [authority], hidden)
    found = read_trusted(file(tmp_path, unmarked, "storepw"))
    assert found.certificates == (AUTHORITY.der,)
    assert "because none of its certificates is marked as trusted; import them with keytool -importcert" in found.notes[-1]


@pytest.mark.parametrize(
    ("content", "kind", "note"),
    [
        (AUTHORITY.pem, "JKS", "it is a PEM file and ssl.truststore.type is not PEM; add ssl.truststore.type=PEM"),
        (keytool.TRUST_P12, "PEM", "ssl.truststore.type is PEM and it is no PEM file; remove that line"),
        (keytool.DER, "JKS", "it is a DER certificate and no store; convert it to PEM"),
        (AUTHORITY.pem.replace("\n", ""), "PEM", "white space is missing behind a BEGIN or END line"),
    ],
)
def test_a_store_that_java_refuses_is_served_with_the_reason(tmp_path, content, kind, note):
    store = msgspec.structs.replace(file(tmp_path, content, "trustpw" if content == keytool.TRUST_P12 else None), kind=kind)
    notes = store_notes(Tls(trust=store))
    assert any(text.startswith("a Java client refuses ") and note in text for text in notes), notes


def test_absent_files_and_stores_without_certificates(tmp_path):
    assert "cannot read" in refused(Store(str(tmp_path / "no"), None, None, None, "ssl.keystore.location of f"))
    assert "holds no certificate" in refused(file(tmp_path, ISSUED.key), read_trusted)
    other = Authority().issue("other")
    with pytest.raises(BadInput, match="its key and chain cannot be used"):
        client_context(Tls(identity=file(tmp_path, other.key + ISSUED.certificate)))


@pytest.mark.parametrize("end", range(0, len(keytool.KEY_JKS), 7))
def test_a_jks_store_that_is_cut_anywhere_is_refused_and_nothing_else_happens(end):
    with pytest.raises(JksError):
        read_jks(keytool.KEY_JKS[:end], "storepw")


def test_any_changed_byte_of_a_jks_store_is_noticed():
    for at in range(4, len(keytool.KEY_JKS)):
        changed = bytearray(keytool.KEY_JKS)
        changed[at] ^= 0x55
        with pytest.raises(JksError):
            read_jks(bytes(changed), "storepw")


def test_a_certificate_says_what_it_is():
    ends = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
    found = certificate_facts(AUTHORITY.issue("broker", ("kafka-1", "10.0.0.1"), ends=ends).der)
    assert found is not None
    assert (found.subject, found.issuer) == ("CN=broker,O=Kastellan", "CN=Test Authority")
    assert (found.names, found.not_after) == (("kafka-1", "10.0.0.1"), ends)
    assert certificate_facts(b"no certificate") is None
    assert certificate_facts(base64.b64decode("MAA=")) is None


def alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (alert("TLSV13_ALERT_CERTIFICATE_REQUIRED"), "wants a client certificate and none was sent"),
        (alert("SSLV3_ALERT_CERTIFICATE_EXPIRED"), "says that our client certificate has expired"),
        (alert("TLSV1_ALERT_UNKNOWN_CA"), "does not trust the authority of our client certificate"),
        (alert("SSLV3_ALERT_HANDSHAKE_FAILURE"), "no cipher in common"),
        (alert("TLSV1_ALERT_PROTOCOL_VERSION"), "none of the TLS versions"),
        (alert("WRONG_VERSION_NUMBER"), "does not speak TLS"),
        (alert("SOMETHING_NEW"), "found no way to speak TLS (something new)"),
        (ConnectionResetError(), "closed the connection in the TLS handshake, as a plaintext listener does"),
    ],
)
def test_each_failure_has_its_sentence(error, told):
    assert told in meaning(error, "kafka-1", None).reason
