"""Certificates made on the spot: an authority of the lab's own, brokers' and clients' certificates. EC P-256, as PEM.

A holder's file is its private key (PKCS 8), its certificate and the authority's, which is what Kafka calls a PEM key store
and what OpenSSL reads as it is. Import this module late: its library is an extra.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kastellan.lab.model import write_private

_HOSTS, _ADDRESSES = ("localhost",), ("127.0.0.1",)
_AUTHORITY_DAYS, _DAYS = 3650, 365
_CLOCKS_APART = timedelta(minutes=5)
_RSA_BITS, _RSA_EXPONENT = 2048, 65537
AUTHORITY, _AUTHORITY_KEY = "ca.pem", "ca.key.pem"


class Span(msgspec.Struct, frozen=True):
    """From when until when a certificate is valid."""

    begin: datetime
    end: datetime

    @classmethod
    def fresh(cls, now: datetime, days: int = _DAYS) -> Span:
        """Valid now, and for so many days."""
        return cls(now - _CLOCKS_APART, now + timedelta(days=days))

    @classmethod
    def in_the_past(cls, now: datetime, hours: int = 1) -> Span:
        """Was valid until so many hours ago."""
        return cls(now - timedelta(days=_DAYS), now - timedelta(hours=hours))


class Authority:
    """Signs certificates. Its own is trusted by everybody in the lab."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def new(cls, name: str, now: datetime) -> Authority:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        unsigned = (
            _builder(name, Span.fresh(now, _AUTHORITY_DAYS), key)
            .issuer_name(_name(name))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
        )
        return cls(key, unsigned.sign(key, hashes.SHA256()))

    @classmethod
    def load(cls, folder: Path) -> Authority:
        """The one that `save` put there."""
        key = load_pem_private_key((folder / _AUTHORITY_KEY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            msg = f"{folder / _AUTHORITY_KEY} holds no EC key"
            raise TypeError(msg)
        return cls(key, x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes()))

    def save(self, folder: Path) -> None:
        """Write its certificate and its key."""
        (folder / AUTHORITY).write_text(self.pem())
        write_private(folder / _AUTHORITY_KEY, _pem_of_key(self._key))

    def pem(self) -> str:
        """Its certificate: what others trust."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue(self, common_name: str, span: Span, *, serves: bool) -> str:
        """A holder's file. One that `serves` is good for a server on this machine's loopback; each is good for a client."""
        key = ec.generate_private_key(ec.SECP256R1())
        uses = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if serves else [])]
        unsigned = (
            _builder(common_name, span, key)
            .issuer_name(self._certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if serves:
            names = [*map(x509.DNSName, _HOSTS), *(x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES)]
            unsigned = unsigned.add_extension(x509.SubjectAlternativeName(names), critical=False)
        signed = unsigned.sign(self._key, hashes.SHA256())
        return _pem_of_key(key) + signed.public_bytes(Encoding.PEM).decode() + self.pem()


def signing_key() -> str:
    """A new RSA key that signs tokens, as PEM."""
    return _pem_of_key(rsa.generate_private_key(public_exponent=_RSA_EXPONENT, key_size=_RSA_BITS))


def _builder(common_name: str, span: Span, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .serial_number(x509.random_serial_number())
        .not_valid_before(span.begin)
        .not_valid_after(span.end)
        .public_key(key.public_key())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _pem_of_key(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
