"""An authority for tests: certificates with the names, dates and faults that a test asks for, made in milliseconds."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import tempfile
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes, CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_LOOPBACK: Final = ("localhost", "127.0.0.1")
_AGE: Final = dt.timedelta(days=2)
_LIFE: Final = dt.timedelta(days=30)


class Issued(msgspec.Struct, frozen=True):
    """A certificate with its key, as PEM."""

    certificate: str
    key: str

    @property
    def der(self) -> bytes:
        """The certificate, DER."""
        return ssl.PEM_cert_to_DER_cert(self.certificate)


class Authority:
    """Issues certificates; `pem` is what a truststore holds."""

    def __init__(self, name: str = "Test Authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._certificate_of_authority = self._certificate(
            self._name, self._key.public_key(), (), dt.datetime.now(dt.UTC) + _LIFE, authority=True
        )
        self.pem = self._certificate_of_authority.public_bytes(Encoding.PEM).decode()
        self.der = self._certificate_of_authority.public_bytes(Encoding.DER)

    def issue(
        self,
        name: str,
        names: tuple[str, ...] = _LOOPBACK,
        *,
        ends: dt.datetime | None = None,
        key: CertificateIssuerPrivateKeyTypes | None = None,
    ) -> Issued:
        """A certificate whose subject is `CN=name,O=Kastellan` and which is good for these DNS names and addresses.

        `key` is the subject's private key; an EC key is made when there is none.
        """
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Kastellan"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        )
        certificate = self._certificate(
            subject, key.public_key(), names, ends or dt.datetime.now(dt.UTC) + _LIFE, authority=False
        )
        hidden = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return Issued(certificate.public_bytes(Encoding.PEM).decode(), hidden)

    def server(self, issued: Issued, *, wants_client: bool = False) -> ssl.SSLContext:
        """A server's context; with `wants_client` a client has to present a certificate of this authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "server.pem"
            path.write_text(issued.key + issued.certificate, encoding="ascii")
            context.load_cert_chain(path)
        if wants_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=self.pem)
        return context

    def _certificate(
        self, subject: x509.Name, key: CertificatePublicKeyTypes, names: tuple[str, ...], ends: dt.datetime, *, authority: bool
    ) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(min(ends, dt.datetime.now(dt.UTC)) - _AGE)
            .not_valid_after(ends)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_general(text) for text in names]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
