"""GSSAPI (RFC 4752): a Kerberos ticket for the broker's service name. Needs the extra `kerberos`."""

from __future__ import annotations

import asyncio
import os
import re
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

from kastellan.config.security import KerberosLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, MissingTool
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.secret import SecretBytes
from kastellan.wire.daemon_thread import aside
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.mechanism import SaslFailed
from kastellan.wire.kafka.trouble import Refusal

_AUTHENTICATION_ONLY: Final = 1
_OFFER_BYTES: Final = 4
_KEYTAB: Final = (b"\x05\x01", b"\x05\x02")
"""How a key table begins."""
_SHOWN: Final = 200
_CACHES: Final = count(1)
_MAJOR_AND_MINOR: Final = re.compile(r"Major \(\d+\): (?P<major>.*), Minor \(\d+\): (?P<minor>.*)")
_SAYS_NOTHING: Final = ("Success", "Unknown error", "Unknown code")
_NO_TICKET: Final = re.compile(
    r"expired|no kerberos credentials|no credentials|credentials? cache|matching credential", re.IGNORECASE
)
_NO_KDC: Final = re.compile(r"find KDC|any KDC|resolve", re.IGNORECASE)
_KRB5_CONF: Final = "krb5.conf (the file that KRB5_CONFIG names, else /etc/krb5.conf)"
_REMEDIES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), remedy)
    for pattern, remedy in (
        (r"clock skew|not yet valid", "compare the clocks of this machine, of the KDC and of the broker"),
        (r"default realm|configuration file", f"set default_realm in {_KRB5_CONF}, or write the realm behind the principal"),
        (_NO_KDC.pattern, f"check the realm in {_KRB5_CONF} and the network to its KDC"),
        (
            r"server .*not found|server not found",
            "check sasl.kerberos.service.name and the broker's name (no address has a ticket), and ask the KDC for it by kvno",
        ),
        (
            r"client .*not found|preauth|password|decrypt|keytab|key table|suitable key",
            "compare principal and keyTab in sasl.jaas.config with what the KDC has (klist -kt, kinit -kt)",
        ),
        (
            _NO_TICKET.pattern,
            "get a ticket by kinit, or name a key table in sasl.jaas.config (useKeyTab, keyTab, principal)",
        ),
    )
)
_REMEDY: Final = "try the same by kinit and kvno"


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


class KerberosExchange:
    """One login. The first token was made already, because that asks the KDC."""

    hint = ""

    def __init__(self, context: Context, first: bytes) -> None:
        self._context, self._first, self._settled = context, first, False

    def first(self) -> SecretBytes:
        """The ticket."""
        return SecretBytes(self._first)

    def next(self, challenge: bytes) -> SecretBytes | None:
        """Tokens until both sides are known, then the choice of no protection beyond that, which is all that Kafka offers."""
        try:
            return None if self._settled else SecretBytes(self._answer(challenge))
        except SaslFailed:
            raise
        except Exception as error:  # noqa: BLE001  # the library's errors are known only where it is installed
            raise SaslFailed(
                f"did not complete the Kerberos login ({_library_message(error)})", "compare clocks, realm and service name"
            ) from None

    def _answer(self, challenge: bytes) -> bytes:
        if not self._context.complete:
            return self._context.step(challenge) or b""
        offer = bytes(self._context.unwrap(challenge).message)
        if len(offer) != _OFFER_BYTES or not offer[0] & _AUTHENTICATION_ONLY:
            raise SaslFailed("offers no Kerberos login without protection of its own", "Kafka's own listeners do")
        self._settled = True
        return bytes(self._context.wrap(bytes((_AUTHENTICATION_ONLY, 0, 0, 0)), False).message)


class KerberosMechanism:
    """Logins by GSSAPI: a ticket per broker, made from a key table or the ticket cache."""

    def __init__(self, login: KerberosLogin) -> None:
        """Raises MissingTool without the extra, BadInput for a key table that cannot be used."""
        self._login = login
        self._library = _library()
        self._store = _store(login)
        self.user: str | None = _user(login.principal) if login.principal else None

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> KerberosExchange | Refusal:
        """A login at this broker; the KDC is asked on a thread."""
        name = f"{self._login.service}/{endpoint.host}"
        progress.instead = silent = _silent(name)
        try:
            async with asyncio.timeout_at(deadline.at_s):
                context, first = await aside(lambda: self._begun(endpoint.host), f"ticket for {name}")
        except TimeoutError:
            return silent
        except Exception as error:  # noqa: BLE001  # the library's errors are known only where it is installed
            message = self._explain(_library_message(error))
            reason = f"no Kerberos ticket for {name} was issued ({message})"
            return Refusal(Trouble.UNAUTHENTICATED, reason, _remedy(message), elsewhere=_NO_KDC.search(message) is not None)
        finally:
            progress.instead = None
        return KerberosExchange(context, first)

    def _explain(self, message: str) -> str:
        """The library looks for tickets where a key table has no key that fits, and then says that there are none."""
        if self._login.keytab is None or self._login.ticket_cache or not _NO_TICKET.search(message):
            return message
        return f"key table {self._login.keytab} has no key of {self._login.principal or 'anybody'}"

    def forget(self) -> None:
        """Tickets are kept by Kerberos itself."""

    def _begun(self, host: str) -> tuple[Context, bytes]:
        library, login = self._library, self._login
        own = library.Name(login.principal, library.NameType.kerberos_principal) if login.principal else None
        mechanism = library.MechType.kerberos
        credentials = library.Credentials(name=own, usage="initiate", mechs=[mechanism], store=self._store or None)
        service = library.Name(f"{login.service}@{host}", library.NameType.hostbased_service)
        context = library.SecurityContext(name=service, creds=credentials, usage="initiate", mech=mechanism)
        first = context.step() or b""
        self.user = self.user or _user(str(credentials.name))
        return context, first


def _silent(name: str) -> Refusal:
    """The refusal for a caller whose deadline passes while the KDC is silent."""
    reason = f"no Kerberos ticket for {name} came in time: a KDC is silent"
    return Refusal(Trouble.UNAUTHENTICATED, reason, f"check the network to it, and {_KRB5_CONF}", elsewhere=True)


def _user(principal: str) -> str:
    """The name that brokers make of a principal, unless they have rules of their own."""
    return principal.partition("@")[0].partition("/")[0]


def _library_message(error: Exception) -> str:
    """The library's words: what Kerberos said where it said something, else what kind of failure it is."""
    text = " ".join(str(error).split())
    match = _MAJOR_AND_MINOR.fullmatch(text)
    if match:
        text = match["major"] if match["minor"].startswith(_SAYS_NOTHING) else match["minor"]
    return text[:_SHOWN].rstrip(".") or type(error).__name__


def _remedy(message: str) -> str:
    return next((remedy for pattern, remedy in _REMEDIES if pattern.search(message)), _REMEDY)


def _library() -> Any:  # noqa: ANN401  # it is an extra
    try:
        return import_module("gssapi")
    except ModuleNotFoundError:
        raise MissingTool(
            "sasl.mechanism GSSAPI needs the extra kerberos; pip install 'kastellan[kerberos]' "
            "(it is compiled: first install a C compiler and libkrb5-dev or krb5-devel)"
        ) from None
    except (ImportError, OSError) as error:
        raise MissingTool(
            f"sasl.mechanism GSSAPI needs the system's Kerberos library, which gssapi did not load ({_library_message(error)}); "
            "install libgssapi-krb5-2 or krb5-libs"
        ) from None


def _store(login: KerberosLogin) -> dict[str, str]:
    """Where the library finds keys and keeps tickets; empty: where everybody's are. Raises BadInput."""
    if login.keytab is None:
        return {"ccache": login.ticket_cache} if login.ticket_cache else {}
    try:
        with Path(login.keytab).open("rb") as opened:
            begin = opened.read(len(_KEYTAB[0]))
    except OSError as error:
        raise BadInput(
            f"the key table {login.keytab} cannot be read ({error.strerror}); correct keyTab in sasl.jaas.config, or its rights"
        ) from None
    if begin not in _KEYTAB:
        raise BadInput(f"{login.keytab} is no key table; correct keyTab in sasl.jaas.config")
    # A cache of its own, so that no other process and no other login of this one uses the ticket.
    own = f"MEMORY:kastellan-{os.getpid()}-{next(_CACHES)}"
    return {"client_keytab": login.keytab, "ccache": login.ticket_cache or own}
