"""What a connection needs before its first request: TLS context and login, built once for all connections of a client."""

from __future__ import annotations

import ssl
from typing import Self

from kastellan.config.security import (
    KerberosLogin,
    MskIamLogin,
    OAuthLogin,
    Protocol,
    SecuritySettings,
    Tls,
)
from kastellan.wire.kafka.sasl.login import SaslLogin
from kastellan.wire.tls.context import client_context, subjects_of

__all__ = ["Protocol", "Security"]


class Security:
    """TLS context and login of one client; it remembers a refused login."""

    def __init__(self, settings: SecuritySettings) -> None:
        """Raises BadInput for a file that cannot be used, MissingTool for a mechanism that needs an extra."""
        self.settings = settings
        self.context: ssl.SSLContext | None = client_context(settings.tls) if settings.protocol.tls else None
        self.login: SaslLogin | None = (
            SaslLogin(settings.login) if settings.protocol.sasl and settings.login is not None else None
        )

    @classmethod
    def of(cls, settings: SecuritySettings | None) -> Self:
        """The security that settings describe; plaintext without any."""
        return cls(settings or SecuritySettings())

    def curious(self) -> ssl.SSLContext:
        """A context that accepts any certificate, to read one that was refused."""
        return client_context(self.settings.tls, accept_any=True)

    @property
    def tls(self) -> Tls:
        """The TLS settings."""
        return self.settings.tls

    @property
    def principal(self) -> str:
        """Who we are, as far as it can be known from here; the broker may map names by rules of its own."""
        login = self.settings.login if self.settings.protocol.sasl else None
        if login is None:
            subjects = subjects_of(self.settings.tls) if self.settings.protocol.tls else ()
            if len(subjects) > 1:
                return f"User:(the subject of one of {len(subjects)} certificates)"
            return f"User:{subjects[0]}" if subjects else "User:ANONYMOUS"
        if self.login is not None and self.login.user is not None:
            return f"User:{self.login.user}"
        return _unnamed_principal(login)


def _unnamed_principal(login: object) -> str:
    if isinstance(login, MskIamLogin):
        return "User:(an IAM identity)"
    if isinstance(login, OAuthLogin):
        return "User:(the subject of a token)"
    if isinstance(login, KerberosLogin):
        return "User:(the owner of a Kerberos ticket)"
    return "User:(unknown)"
