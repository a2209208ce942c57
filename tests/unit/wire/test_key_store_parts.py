"""The readers below the key stores: DER, PEM and the bags of PKCS12, also of bytes that are cut or garbled."""

from __future__ import annotations

from typing import Any, cast

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_pem_private_key
from cryptography.hazmat.primitives.serialization import pkcs12 as library
from hypothesis import given
from hypothesis import strategies as st

from kastellan.testing.certificates import Authority
from kastellan.wire.tls.der import SEQUENCE, DerError, element_of, object_id
from kastellan.wire.tls.pem import PemError, blocks, java_certificates, why_java_refuses_key
from kastellan.wire.tls.pkcs12 import UnknownEncryption, read_bags
from tests.unit.wire import stores_of_keytool as keytool

AUTHORITY = Authority()
ISSUED = AUTHORITY.issue("client")
ENCRYPTIONS = {
    "AES": library.PBES.PBESv2SHA256AndAES256CBC,
    "3DES": library.PBES.PBESv1SHA1And3KeyTripleDESCBC,
}


def store(encryption: library.PBES) -> bytes:
    hidden = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1_000).key_cert_algorithm(encryption).hmac_hash(hashes.SHA256())
    key = load_pem_private_key(ISSUED.key.encode(), None)
    own, authority = (x509.load_der_x509_certificate(der) for der in (ISSUED.der, AUTHORITY.der))
    return library.serialize_key_and_certificates(b"My Key", cast("Any", key), own, [authority], hidden.build(b"storepw"))


@pytest.mark.parametrize("name", ENCRYPTIONS)
def test_the_bags_of_a_store_are_read_under_either_encryption(name: str) -> None:
    bags = read_bags(store(ENCRYPTIONS[name]), "storepw")
    assert [(key.alias, key.encrypted) for key in bags.keys] == [("my key", True)]
    assert {bag.der for bag in bags.certificates} == {ISSUED.der, AUTHORITY.der}
    assert [bag.key_id == bags.keys[0].key_id for bag in bags.certificates if bag.der == ISSUED.der] == [True]
    assert not any(bag.trusted for bag in bags.certificates)


def test_what_keytool_marks_as_trusted_is_seen() -> None:
    bags = read_bags(keytool.TRUST_P12, "trustpw")
    assert bags.keys == ()
    assert [bag.trusted for bag in bags.certificates] == [True] * len(bags.certificates)


@pytest.mark.parametrize("step", range(40))
def test_a_store_that_is_cut_is_refused_and_nothing_else_happens(step: int) -> None:
    data = store(ENCRYPTIONS["AES"])
    with pytest.raises((DerError, UnknownEncryption, ValueError, IndexError)):
        read_bags(data[: len(data) * step // 40], "storepw")


@given(st.binary(max_size=60))
def test_any_bytes_are_an_element_or_refused(data: bytes) -> None:
    try:
        element = element_of(data)
        element.children()
    except DerError:
        return
    assert data.startswith(element.encoded)


def test_an_element_of_another_tag_is_refused() -> None:
    with pytest.raises(DerError):
        element_of(b"\x04\x00", SEQUENCE)
    with pytest.raises(DerError):
        object_id(element_of(b"\x06\x00"))


@pytest.mark.parametrize(
    ("text", "password", "reason"),
    [
        (ISSUED.key, None, None),
        (ISSUED.key, "pw", "its key is not encrypted and there is a password for it (ssl.key.password); remove one"),
        (ISSUED.key * 2, None, "it does not hold exactly one private key in lines of its own"),
        (ISSUED.key.replace("PRIVATE", "RSA PRIVATE"), None, "its key is not PKCS#8 (convert it with openssl pkcs8 -topk8)"),
    ],
)
def test_why_java_refuses_a_key(text: str, password: str | None, reason: str | None) -> None:
    assert why_java_refuses_key(text, password) == reason


def test_java_reads_the_last_of_several_certificates_in_one_line() -> None:
    both = AUTHORITY.pem + ISSUED.certificate
    assert java_certificates(both) == (AUTHORITY.der, ISSUED.der)
    assert java_certificates(" ".join(both.split("\n"))) == (ISSUED.der,)
    assert len(blocks(" ".join(both.split("\n")))) == 2
    with pytest.raises(PemError, match="has a broken CERTIFICATE block"):
        blocks("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----")
