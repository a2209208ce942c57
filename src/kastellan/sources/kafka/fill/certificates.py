"""TLS handshakes to certificates."""

from __future__ import annotations

from collections.abc import Mapping

from kastellan.model.tables.certificates import Certificate, Certificates
from kastellan.wire.tls.handshake_errors import certificate_facts


def certificates(presented: Mapping[int, tuple[tuple[str, bytes] | None, int]]) -> Certificates:
    """What each broker presented (its address and DER, empty without TLS), with the Answer by which it was met."""
    return Certificates(_certificate(broker, told, answer) for broker, (told, answer) in sorted(presented.items()))


def _certificate(broker: int, told: tuple[str, bytes] | None, answer: int) -> Certificate:
    if told is None:
        return Certificate(broker=broker, answer=answer)
    address, der = told
    found = certificate_facts(der) if der else None
    if found is None:
        return Certificate(broker=broker, address=address, tls=bool(der), answer=answer)
    return Certificate(
        broker=broker,
        address=address,
        tls=True,
        subject=found.subject,
        issuer=found.issuer,
        names=",".join(found.names),
        not_before_ms=int(found.not_before.timestamp() * 1000),
        not_after_ms=int(found.not_after.timestamp() * 1000),
        self_signed=found.subject == found.issuer,
        answer=answer,
    )
