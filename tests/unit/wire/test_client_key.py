"""Which of several keys is presented, and how a broker's request for a certificate is read."""

from __future__ import annotations

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from kastellan.testing.certificates import Authority
from kastellan.wire.tls.client_key import Candidate, CertificateRequest, certificate_request, choose_key
from kastellan.wire.tls.der import DerError

NAME = x509.load_der_x509_certificate(Authority("One").der).subject.public_bytes()
OTHER = x509.load_der_x509_certificate(Authority("Two").der).subject.public_bytes()


def sized(data: bytes, width: int) -> bytes:
    return len(data).to_bytes(width, "big") + data


NAMES = sized(sized(NAME, 2) + sized(OTHER, 2), 2)
SCHEMES = bytes.fromhex("0403080404010999")
TLS_1_2 = b"\x0d" + sized(sized(b"\x01\x40", 1) + sized(SCHEMES, 2) + NAMES, 3)
TLS_1_3 = b"\x0d" + sized(
    sized(b"", 1) + sized(b"\x00\x0d" + sized(sized(SCHEMES, 2), 2) + b"\x00\x2f" + sized(NAMES, 2) + b"\x00\x05\x00\x00", 2), 3
)


@pytest.mark.parametrize(("message", "version"), [(TLS_1_2, 0x0303), (TLS_1_3, 0x0304)], ids=["TLS 1.2", "TLS 1.3"])
def test_issuers_and_kinds_of_keys_are_read(message, version):
    assert certificate_request(message, version) == CertificateRequest((NAME, OTHER), ("EC", "RSA"))


@pytest.mark.parametrize(("message", "version"), [(TLS_1_2, 0x0303), (TLS_1_3, 0x0304)], ids=["TLS 1.2", "TLS 1.3"])
def test_a_message_that_is_cut_or_garbled_is_refused_and_nothing_else_happens(message, version):
    for end in range(4, len(message)):
        try:
            certificate_request(message[:end], version)
        except DerError:
            continue


@given(st.binary(max_size=80), st.sampled_from([0x0303, 0x0304]))
def test_any_bytes_are_read_or_refused(data, version):
    try:
        certificate_request(data, version)
    except DerError:
        return


def test_the_kind_that_the_broker_prefers_goes_before_the_order_of_aliases():
    keys = [Candidate("a", "RSA", frozenset({NAME})), Candidate("b", "EC", frozenset({NAME, OTHER}))]
    assert choose_key(keys, CertificateRequest((), ("EC", "RSA"))) == "b"
    assert choose_key(keys, CertificateRequest((NAME,), ("RSA", "EC"))) == "a"
    assert choose_key(keys, CertificateRequest((OTHER,), ("RSA", "EC"))) == "b"
    assert choose_key(keys, CertificateRequest((OTHER,), ("RSA",))) is None
