"""GSSAPI (RFC 4752): a Kerberos ticket for the broker's service name. Needs the extra `kerberos`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, Protocol

from kastellan.config.security import KerberosLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool
from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.sasl.turns import SaslFailed
from kastellan.wire.kafka.trouble import Refusal

_AUTHENTICATION_ONLY: Final = 1
_OFFER_BYTES: Final = 4


class Context(Protocol):
    """The part of a GSS security context that a login uses; `gssapi.SecurityContext` has it."""

    @property
    def complete(self) -> bool:
        """Both sides are known to each other."""
        ...

    def step(self, token: bytes | None = None) -> bytes | None:
        """The next token to send."""
        ...

    def unwrap(self, message: bytes) -> Any:  # noqa: ANN401
        """What was wrapped, as `.message`."""
        ...

    def wrap(self, message: bytes, encrypt: bool) -> Any:  # noqa: ANN401, FBT001
        """A wrapped message, as `.message`."""
        ...


class KerberosTurns:
    """One login. The first token was made already, because that asks the KDC."""

    hint = ""

    def __init__(self, context: Context, first: bytes) -> None:
        self._context, self._first, self._settled = context, first, False

    def first(self) -> bytes:
        """The ticket."""
        return self._first

    def next(self, challenge: bytes) -> bytes | None:
        """Tokens until both sides are known, then the choice of no protection beyond that, which is all that Kafka offers."""
        try:
            return None if self._settled else self._answer(challenge)
        except SaslFailed:
            raise
        except Exception as error:  # noqa: BLE001  # the library's errors are known only where it is installed
            raise SaslFailed(
                f"did not complete the Kerberos login ({_said(error)}); compare clocks, realm and service name"
            ) from None

    def _answer(self, challenge: bytes) -> bytes:
        if not self._context.complete:
            return self._context.step(challenge) or b""
        offer = bytes(self._context.unwrap(challenge).message)
        if len(offer) != _OFFER_BYTES or not offer[0] & _AUTHENTICATION_ONLY:
            raise SaslFailed("offers no Kerberos login without protection of its own; Kafka's own listeners do")
        self._settled = True
        return bytes(self._context.wrap(bytes((_AUTHENTICATION_ONLY, 0, 0, 0)), False).message)


class KerberosMethod:
    """Logins by GSSAPI: a ticket per broker, made from a key table or the ticket cache."""

    def __init__(self, login: KerberosLogin) -> None:
        """Raises MissingTool without the extra."""
        self._login = login
        self._make = _library(login)
        self.user: str | None = login.principal.partition("@")[0].partition("/")[0] if login.principal else None

    async def begin(self, endpoint: Endpoint, deadline: Deadline) -> KerberosTurns | Refusal:
        """A login at this broker; the KDC is asked on a thread."""
        try:
            async with asyncio.timeout_at(deadline.at_s):
                context, first = await asyncio.to_thread(self._begun, endpoint.host)
        except TimeoutError:
            return Refusal(
                Trouble.UNAUTHENTICATED, "the Kerberos KDC did not answer in time; check krb5.conf and the network to it"
            )
        except Exception as error:  # noqa: BLE001  # the library's errors are known only where it is installed
            name = f"{self._login.service}/{endpoint.host}"
            return Refusal(
                Trouble.UNAUTHENTICATED, f"no Kerberos ticket for {name} could be had ({_said(error)}); try kinit and kvno"
            )
        return KerberosTurns(context, first)

    def forget(self) -> None:
        """Tickets are kept by Kerberos itself."""

    def _begun(self, host: str) -> tuple[Context, bytes]:
        context = self._make(host)
        return context, context.step() or b""


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__


def _library(login: KerberosLogin) -> Callable[[str], Context]:
    try:
        library: Any = import_module("gssapi")
    except (ImportError, OSError):
        raise MissingTool("sasl.mechanism GSSAPI needs the extra kerberos; pip install 'kastellan[kerberos]'") from None

    def make(host: str) -> Context:
        store = {name: value for name, value in (("client_keytab", login.keytab), ("ccache", login.ticket_cache)) if value}
        if login.keytab and not login.ticket_cache:
            store["ccache"] = f"MEMORY:kastellan-{os.getpid()}"  # a ticket made here is nobody else's
        own = library.Name(login.principal, library.NameType.kerberos_principal) if login.principal else None
        credentials = library.Credentials(name=own, usage="initiate", store=store or None)
        service = library.Name(f"{login.service}@{host}", library.NameType.hostbased_service)
        return library.SecurityContext(name=service, creds=credentials, usage="initiate", mech=library.MechType.kerberos)

    return make
