"""From a login to what begins it: each mechanism's credentials, got when they are needed and not before."""

from __future__ import annotations

import secrets
from typing import Protocol

from kastellan.config.security import KerberosLogin, Login, MskIamLogin, OAuthLogin, PlainLogin, ScramLogin
from kastellan.kernel.deadline import Deadline
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.kerberos import KerberosMethod
from kastellan.wire.kafka.sasl.msk import MskMethod
from kastellan.wire.kafka.sasl.plain import plain
from kastellan.wire.kafka.sasl.scram import Derivations, Scram
from kastellan.wire.kafka.sasl.tokens import TokenMethod
from kastellan.wire.kafka.sasl.turns import SaslExchange
from kastellan.wire.kafka.trouble import Refusal

_NONCE_BYTES = 24


class Method(Protocol):
    """How logins of one client begin."""

    @property
    def user(self) -> str | None:
        """The user name, where it is known before or after a login."""
        ...

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> SaslExchange | Refusal:
        """A new login at this endpoint, or why there can be none just now; who else is asked for it tells `progress`."""
        ...

    def forget(self) -> None:
        """What was used last was refused: do not use it again."""
        ...


class _Plain:
    def __init__(self, login: PlainLogin) -> None:
        self._login = login
        self.user: str | None = login.user

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> SaslExchange:  # noqa: ARG002
        return plain(self._login)

    def forget(self) -> None:
        pass


class _Scram:
    def __init__(self, login: ScramLogin) -> None:
        self._login = login
        self._derive = Derivations()
        self.user: str | None = None if login.token else login.user

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> SaslExchange:  # noqa: ARG002
        return Scram(self._login, secrets.token_urlsafe(_NONCE_BYTES), self._derive)

    def forget(self) -> None:
        pass


def method_of(login: Login) -> Method:
    """How this login begins. Raises BadInput for files that cannot be used, MissingTool for an extra that is not installed."""
    match login:
        case PlainLogin():
            return _Plain(login)
        case ScramLogin():
            return _Scram(login)
        case OAuthLogin():
            return TokenMethod(login)
        case KerberosLogin():
            return KerberosMethod(login)
        case MskIamLogin():
            return MskMethod(login)
