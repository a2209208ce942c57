"""What a secured lab hands out: keys, secrets, and a client.properties for each principal; and the issuer that it runs.

Everything is below the lab's directory, readable by its owner alone, and goes with it.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool, Unavailable
from kastellan.lab import processes
from kastellan.lab.model import CLIENTS, KERBEROS, KEYS, MTLS, OAUTH, Lab, write_private
from kastellan.lab.security import listeners, logins
from kastellan.lab.security.logins import Login
from kastellan.lab.security.principals import ADMIN, BROKER, NOBODY, VIEWER, WRONG, new_secrets
from kastellan.lab.security.principals import CLIENTS as PRINCIPALS
from kastellan.lab.tools import child_environment

_SECRETS, _SIGNING_KEY, _TOKEN = "secrets.json", "issuer.key.pem", "viewer.jwt"
_START_S, _POLL_S = 60.0, 0.05
_TOKEN_LIVES_S = 30 * 24 * 3_600
_SEVERAL_WAYS = (ADMIN, VIEWER)
_KEYS_OF: Mapping[str, str] = {logins.TLS: "pem", logins.GSSAPI: "keytab"}


def prepare(lab: Lab) -> None:
    """Make the keys, the secrets and the clients' files. Raises `MissingTool` without the library that makes them."""
    if not lab.spec.is_secured:
        return
    if importlib.util.find_spec("cryptography") is None:
        msg = "a secured lab needs cryptography, which is not installed; install it with: pip install 'kastellan[lab]'"
        raise MissingTool(msg)
    from kastellan.lab.security.certificates import Authority, Span, signing_key  # noqa: PLC0415 - an extra

    keys = lab.dir / KEYS
    for folder in (keys, lab.dir / CLIENTS):
        folder.mkdir(mode=0o700)
    fresh = Span.fresh(datetime.now(UTC))
    authority, stranger = (Authority.new(name, fresh.begin) for name in (f"{lab.name} lab", "a stranger"))
    authority.save(keys)
    write_private(keys / "broker.pem", authority.issue(BROKER, fresh, serves=True))
    for name in PRINCIPALS:
        write_private(keys / f"{name}.pem", authority.issue(name, fresh, serves=False))
    write_private(keys / f"{WRONG}.pem", stranger.issue(VIEWER, fresh, serves=False))
    write_private(keys / _SECRETS, msgspec.json.encode(new_secrets()).decode())
    if lab.spec.security == OAUTH:
        write_private(keys / _SIGNING_KEY, signing_key())
        write_private(keys / _TOKEN, _long_token(lab))
    for name, login in _logins(lab):
        servers = lab.inner_bootstrap if _is_inner(lab, login) else lab.bootstrap
        values = {"bootstrap.servers": servers, **logins.properties(login)}
        write_private(lab.command_config(name), "".join(_remarks(lab, login)) + logins.text(values))


def passwords(lab: Lab) -> Mapping[str, str]:
    """The clients' secrets; none in a lab in plain text."""
    if not lab.spec.is_secured:
        return {}
    return msgspec.json.decode((lab.dir / KEYS / _SECRETS).read_bytes(), type=dict[str, str])


def login(lab: Lab, principal: str = ADMIN, how: str | None = None) -> Login | None:
    """How this principal logs in (by `how`, else in the lab's own first way); None in a lab in plain text."""
    if not lab.spec.is_secured:
        return None
    keys = lab.dir / KEYS
    way = how or {MTLS: logins.TLS, OAUTH: logins.OAUTH, KERBEROS: logins.GSSAPI}.get(lab.spec.security, logins.SCRAM_512)
    name, secret = (VIEWER, "not the secret") if principal == WRONG else (principal, passwords(lab)[principal])
    return Login(
        how=way,
        principal=name,
        authority=keys / "ca.pem",
        secret=secret,
        keys=keys / f"{principal}.{_KEYS_OF[way]}" if way in _KEYS_OF else None,
        token_endpoint=f"{lab.issuer}/token" if way == logins.OAUTH else "",
    )


def librdkafka(lab: Lab, principal: str = ADMIN, how: str | None = None) -> dict[str, str]:
    """Where and how an application of this principal gets in that is built on librdkafka.

    In a lab with Kerberos it comes by the brokers' own listener and by certificate: most builds of the library cannot do GSSAPI.
    """
    way = how or (logins.TLS if lab.kdc else None)
    client_login = login(lab, principal, way)
    if client_login is None:
        return {"bootstrap.servers": lab.bootstrap}
    servers = lab.inner_bootstrap if _is_inner(lab, client_login) else lab.bootstrap
    return {"bootstrap.servers": servers, **logins.librdkafka(client_login)}


def start_issuer(lab: Lab, lock: int) -> None:
    """Start the issuer of tokens and wait until it answers; nothing where none is needed. Raises `Unavailable`."""
    if not lab.issuer:
        return
    folder, keys = lab.dir / "issuer", lab.dir / KEYS
    port = lab.issuer.rpartition(":")[2]
    processes.spawn(
        [sys.executable, "-m", "kastellan.lab.security.issuer", port, str(keys / _SIGNING_KEY), str(keys / _SECRETS)],
        record=folder / "process", lock=lock, lab_dir=lab.dir, cwd=folder, output=folder / "output.log", env=child_environment(),
    )  # fmt: skip
    deadline = Deadline.after(_START_S)
    identity = processes.wait_recorded(folder / "process", deadline)
    while not _answers(int(port)):
        if deadline.passed or processes.now(identity) is None:
            words = (folder / "output.log").read_text(errors="replace").strip().splitlines()[-1:]
            msg = f"the lab's issuer of tokens did not start: {' '.join(words) or 'it said nothing'}"
            raise Unavailable(msg)
        time.sleep(_POLL_S)


def _answers(port: int) -> bool:
    from http.client import HTTPConnection, HTTPException  # noqa: PLC0415 - for one kind of lab

    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/jwks")
        return connection.getresponse().status == 200  # noqa: PLR2004 - HTTP's own word for it
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _logins(lab: Lab) -> Iterator[tuple[str, Login]]:
    """Every client's file by its name: each principal in the lab's first way, two of them in every way there is."""
    for name in (*PRINCIPALS, WRONG):
        if (first := login(lab, name)) is not None:
            yield name, first
    for name in _SEVERAL_WAYS:
        others = {MTLS: (), OAUTH: (), KERBEROS: ()}.get(lab.spec.security, logins.PASSWORD_MECHANISMS)
        for how in (*others, logins.TLS):
            if (other := login(lab, name, how)) is not None:
                yield f"{name}-{how.lower()}", other
    if lab.spec.security == OAUTH and (first := login(lab, VIEWER)) is not None:
        file = (lab.dir / KEYS / _TOKEN).as_uri()
        yield f"{VIEWER}-token-file", msgspec.structs.replace(first, secret="", token_endpoint=file)


def _is_inner(lab: Lab, login: Login) -> bool:
    """Whether this way leads to the listeners that clients do not use."""
    return login.how == logins.TLS and lab.spec.security != MTLS


def _remarks(lab: Lab, login: Login) -> Iterator[str]:
    if _is_inner(lab, login):
        yield f"# For the brokers' own listener, and for the controllers': --bootstrap-controller {lab.controller_bootstrap}\n"
    if login.how == logins.OAUTH:
        yield f"# Kafka's own tools need KAFKA_OPTS={' '.join(listeners.jvm_options([login.token_endpoint]))}\n"
    if login.how == logins.GSSAPI:
        yield f"# Needs KRB5_CONFIG={lab.krb5_conf}\n"
        yield f"# Kafka's own tools need KAFKA_OPTS=-Djava.security.krb5.conf={lab.krb5_conf}\n"
    if login.principal == NOBODY:
        yield "# Logs in, and has no right to anything.\n"


def _long_token(lab: Lab) -> str:
    from kastellan.lab.security.issuer import Issuer  # noqa: PLC0415 - an extra

    issuer = Issuer(lab.issuer, (lab.dir / KEYS / _SIGNING_KEY).read_text(), passwords(lab))
    return issuer.token(VIEWER, time.time_ns() // 1_000_000_000, _TOKEN_LIVES_S)
