"""The place of TLS and SASL: what a connection does before its first request.

Only PLAINTEXT works in this version; the other protocols are refused in one sentence, never half done.
"""

from __future__ import annotations

import ssl
from enum import StrEnum

import msgspec

from kastellan.kernel.errors import BadInput


class Protocol(StrEnum):
    """Kafka's `security.protocol`."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class Security(msgspec.Struct, frozen=True):
    """How a connection proves itself to the broker and the broker to us."""

    protocol: Protocol = Protocol.PLAINTEXT

    @classmethod
    def of(cls, protocol: str) -> Security:
        """The security for a `security.protocol` as written in client.properties.

        Raises BadInput for a word that Kafka does not know and for one that is not built yet.
        """
        try:
            known = Protocol(protocol.strip().upper())
        except ValueError:
            msg = f"security.protocol={protocol!r} is not one of {', '.join(Protocol)}"
            raise BadInput(msg) from None
        if known is not Protocol.PLAINTEXT:
            msg = f"security.protocol={known} is not supported by this version; use a PLAINTEXT listener"
            raise BadInput(msg)
        return cls(known)

    def ssl_context(self) -> ssl.SSLContext | None:
        """The TLS settings of a new connection; None for a protocol without TLS."""
        return None


PLAINTEXT = Security()
