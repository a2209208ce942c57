"""From a login to its mechanism: credentials are fetched when they are needed and not before."""

from __future__ import annotations

import secrets

from kastellan.config.security import KerberosLogin, Login, MskIamLogin, OAuthLogin, PlainLogin, ScramLogin
from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.kerberos import KerberosMechanism
from kastellan.wire.kafka.sasl.mechanism import OneMessage, SaslExchange, SaslMechanism
from kastellan.wire.kafka.sasl.msk import MskMechanism
from kastellan.wire.kafka.sasl.scram import Derivations, Scram
from kastellan.wire.kafka.sasl.tokens import TokenMechanism

_NONCE_BYTES = 24


class _Plain:
    """PLAIN (RFC 4616): the password itself, which only TLS keeps secret."""

    def __init__(self, login: PlainLogin) -> None:
        self._login = login
        self.user: str | None = login.user

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> SaslExchange:  # noqa: ARG002
        parts = ("", self._login.user, self._login.password.reveal())
        return OneMessage("\0".join(parts).encode())

    def forget(self) -> None:
        pass


class _Scram:
    """SCRAM-SHA-256 and SCRAM-SHA-512."""

    def __init__(self, login: ScramLogin) -> None:
        self._login = login
        self._derive = Derivations()
        self.user: str | None = None if login.token else login.user

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> SaslExchange:  # noqa: ARG002
        return Scram(self._login, secrets.token_urlsafe(_NONCE_BYTES), self._derive)

    def forget(self) -> None:
        pass


def mechanism_for(login: Login) -> SaslMechanism:
    """The mechanism of a login. Raises BadInput for files that cannot be used, MissingTool for an extra that is not installed."""
    match login:
        case PlainLogin():
            return _Plain(login)
        case ScramLogin():
            return _Scram(login)
        case OAuthLogin():
            return TokenMechanism(login)
        case KerberosLogin():
            return KerberosMechanism(login)
        case MskIamLogin():
            return MskMechanism(login)
