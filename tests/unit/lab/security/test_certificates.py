"""Certificates that TLS libraries accept, those that they must not, and files that nobody else reads."""

from __future__ import annotations

import ipaddress
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from kastellan.lab.security.certificates import Authority, Span, signing_key

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def chain(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode())


def verify(authority: Authority, pem: str, name: x509.GeneralName, at: datetime = NOW) -> None:
    store = Store(chain(authority.pem()))
    leaf, *rest = chain(pem)
    assert isinstance(name, (x509.DNSName, x509.IPAddress))
    PolicyBuilder().store(store).time(at).build_server_verifier(name).verify(leaf, rest)


def refused(authority: Authority, pem: str, name: x509.GeneralName, at: datetime = NOW) -> bool:
    try:
        verify(authority, pem, name, at)
    except VerificationError:
        return True
    return False


def test_a_broker_is_who_it_says_on_loopback_and_nowhere_else() -> None:
    authority = Authority.new("lab", NOW)
    pem = authority.issue("broker", Span.fresh(NOW), serves=True)
    assert pem.startswith("-----BEGIN PRIVATE KEY-----")
    verify(authority, pem, x509.DNSName("localhost"))
    verify(authority, pem, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    assert refused(authority, pem, x509.DNSName("example.org"))
    assert refused(Authority.new("lab", NOW), pem, x509.DNSName("localhost"))


def test_it_ends_when_it_says() -> None:
    authority = Authority.new("lab", NOW)
    fresh = authority.issue("broker", Span.fresh(NOW, days=10), serves=True)
    assert not refused(authority, fresh, x509.DNSName("localhost"), NOW + timedelta(days=9))
    assert refused(authority, fresh, x509.DNSName("localhost"), NOW + timedelta(days=11))
    assert refused(authority, authority.issue("broker", Span.in_the_past(NOW), serves=True), x509.DNSName("localhost"))


def test_a_client_serves_nobody() -> None:
    authority = Authority.new("lab", NOW)
    leaf = chain(authority.issue("viewer", Span.fresh(NOW), serves=False))[0]
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert leaf.subject.rfc4514_string() == "CN=viewer"


def test_an_authority_that_was_saved_goes_on_signing(tmp_path: Path) -> None:
    authority = Authority.new("lab", NOW)
    authority.save(tmp_path)
    again = Authority.load(tmp_path)
    verify(authority, again.issue("broker", Span.fresh(NOW), serves=True), x509.DNSName("localhost"))
    assert stat.S_IMODE((tmp_path / "ca.key.pem").stat().st_mode) == 0o600
    assert "PRIVATE KEY" not in (tmp_path / "ca.pem").read_text()
    assert "BEGIN PRIVATE KEY" in signing_key()
