"""No way of showing a value shows a secret: every struct and exception between a properties file and the socket is tried.

The classes are found by walking the modules, so that a new one is covered. A field counts as secret when its type is one of the
secret types, when it holds bytes, or when its name says so; a class that may show such a field is listed with its reason.
"""

from __future__ import annotations

import asyncio
import base64
import enum
import importlib
import json
import logging
import pickle
import pkgutil
import sys
import traceback
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import pytest

from kastellan.config.client_properties import client_properties
from kastellan.config.config_providers import Surroundings
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import KastellanError
from kastellan.kernel.secret import Secret, SecretBytes
from kastellan.wire.kafka.connection import Connection, Frame
from kastellan.wire.kafka.endpoint import parse_endpoints
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.exchange import authenticate
from kastellan.wire.kafka.sasl.mechanisms import mechanism_for

MARK = "hunter2-0123456789"
DEEPEST = 6
ROOMS = ("kastellan.config", "kastellan.wire", "kastellan.kernel", "kastellan.app", "kastellan.ports")
TELLING = ("password", "secret", "token", "credential", "passphrase", "private", "keytab_key", "signature")
NOT_TELLING = ("_url", "_file", "_path", "_s", "_ms", "_class", "_cache")
MAY_SHOW: Mapping[str, str] = {
    "Frame.data": "what a broker answered",
    "Reply.data": "what a broker answered",
    "HttpAnswer.body": "what a server answered: it is parsed at once and not kept",
    "EncodedRequest.body": "a question about the cluster; the body of a login is SecretBytes, which the login below shows",
    "Candidate.issuers": "names in certificates",
    "CertificateRequest.issuers": "names in certificates",
    "KeyEntry.chain": "certificates",
    "Jks.certificates": "certificates",
    "KeyBag.key_id": "the number of a key",
    "CertificateBag.key_id": "the number of a key",
    "CertificateBag.der": "a certificate",
    "Identity.certificates": "certificates",
    "Trusted.certificates": "certificates",
}
"""Fields that hold bytes, or are called like a secret, and are none."""


def modules(rooms: tuple[str, ...]) -> Iterator[types.ModuleType]:
    for room in rooms:
        module = importlib.import_module(room)
        yield module
        for found in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{room}."):
            yield importlib.import_module(found.name)


def structs(rooms: tuple[str, ...]) -> list[type[msgspec.Struct]]:
    found = {
        value
        for module in modules(rooms)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
    }
    return sorted(found, key=lambda struct: f"{struct.__module__}.{struct.__qualname__}")


def planted(struct: type[msgspec.Struct], depth: int = 0) -> msgspec.Struct:
    """A value of this type with the mark in every place that may hold a secret."""
    hints = typing.get_type_hints(struct, include_extras=False)
    values = {name: planted_value(hints[name], f"{struct.__name__}.{name}", depth) for name in struct.__struct_fields__}
    return struct(**values)


def planted_value(hint: Any, place: str, depth: int) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Secret:
        return Secret(MARK)
    if hint in {bytes, SecretBytes}:
        return b"x" if place in MAY_SHOW else hint(MARK.encode())
    if hint is str:
        return MARK if is_telling(place) and place not in MAY_SHOW else "x"
    if origin is not None:
        return planted_in(origin, arguments, place, depth)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return planted(hint, depth + 1) if depth < DEEPEST else None
    return (
        next(iter(hint)) if isinstance(hint, type) and issubclass(hint, enum.Enum) else {int: 1, float: 1.0, bool: True}.get(hint)
    )


def planted_in(origin: Any, arguments: tuple[Any, ...], place: str, depth: int) -> Any:
    if origin in {types.UnionType, typing.Union}:
        kinds = [kind for kind in arguments if kind is not type(None)]
        return planted_value(min(kinds, key=lambda kind: kind not in {Secret, bytes, SecretBytes}), place, depth)
    if origin in {tuple, list, frozenset}:
        return origin([planted_value(arguments[0], place, depth)] if arguments else [])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {planted_value(arguments[0], place, depth): planted_value(arguments[1], place, depth)}
    return arguments[0] if origin is typing.Literal else None


def is_telling(place: str) -> bool:
    name = place.rpartition(".")[2].lower()
    return any(word in name for word in TELLING) and not name.endswith(NOT_TELLING)


def shown(value: object) -> Iterator[tuple[str, str]]:
    """Every way in which a value becomes text."""
    ways: dict[str, Callable[[], object]] = {
        "repr": lambda: repr(value),
        "str": lambda: str(value),
        "format": lambda: f"{value}",
        "percent": lambda: "%s %r" % (value, value),  # noqa: UP031
        "in a list": lambda: repr([value]),
        "json": lambda: json.dumps(value, default=str),
        "msgspec json": lambda: msgspec.json.encode(value).decode(),
        "msgspec msgpack": lambda: msgspec.msgpack.encode(value).decode("latin-1"),
        "pickle": lambda: pickle.dumps(value).decode("latin-1"),
        "exception": lambda: "".join(traceback.format_exception(ValueError(value))),
    }
    for name, way in ways.items():
        try:
            yield name, str(way())
        except (TypeError, pickle.PicklingError, AttributeError, msgspec.MsgspecError):
            continue


FORMS = (MARK, base64.b64encode(MARK.encode()).decode()[:-4], MARK.encode().hex())


def leaks(found: list[type[msgspec.Struct]]) -> list[str]:
    return [
        f"{struct.__module__}.{struct.__qualname__} by {way}"
        for struct in found
        for way, text in shown(planted(struct))
        if any(form in text for form in FORMS)
    ]


def test_no_struct_on_the_way_shows_a_secret() -> None:
    found = structs(ROOMS)
    names = {struct.__name__ for struct in found}
    assert {"ClientProperties", "SecuritySettings", "PlainLogin", "EncodedRequest", "Token", "Keys", "Identity"} <= names
    assert leaks(found) == []


def test_every_field_that_may_show_is_there() -> None:
    places = {f"{struct.__name__}.{name}" for struct in structs(ROOMS) for name in struct.__struct_fields__}
    assert MAY_SHOW.keys() <= places


class Leaky(msgspec.Struct):
    """What somebody might add."""

    user: str
    password: str


class LeakyBytes(msgspec.Struct):
    """The same in bytes, one level down."""

    message: bytes


class Outer(msgspec.Struct):
    """Holds one that leaks."""

    inner: LeakyBytes


@pytest.mark.parametrize("struct", [Leaky, LeakyBytes, Outer])
def test_a_leaky_struct_is_found(struct: type[msgspec.Struct]) -> None:
    ways = {leak.rpartition(" by ")[2] for leak in leaks([struct])}
    assert {"repr", "str", "format", "msgspec json", "pickle", "exception"} <= ways


HEAD = "bootstrap.servers=a:1\nsecurity.protocol=SASL_PLAINTEXT\n"
PACKAGE = "org.apache.kafka.common.security"
FILES = {
    "plain": f"{HEAD}sasl.mechanism=PLAIN\n"
    f'sasl.jaas.config={PACKAGE}.plain.PlainLoginModule required username="u" password="{MARK}";\n',
    "scram": f"{HEAD}sasl.mechanism=SCRAM-SHA-512\n"
    f'sasl.jaas.config={PACKAGE}.scram.ScramLoginModule required username="u" password="{MARK}";\n',
    "token": f"{HEAD}sasl.mechanism=OAUTHBEARER\nsasl.oauthbearer.token.endpoint.url=https://idp.invalid/token\n"
    f'sasl.jaas.config={PACKAGE}.oauthbearer.OAuthBearerLoginModule required clientId="c" clientSecret="{MARK}";\n',
}
WRONG = ("sasl.mechanism=NONE\n", "request.timeout.ms=x\n", "sasl.client.callback.handler.class=x\n", "a=\\u12\n")


class Unplugged(Connection):
    """A connection whose requests end in an exception, with everything still on the stack."""

    def __init__(self) -> None:
        self.whom = "a:1"
        self.asked: list[object] = []

    async def ask(self, encoded: Any, deadline: Deadline) -> Any:
        self.asked.append(encoded)
        if len(self.asked) == 1:
            # SaslHandshake: no error, no mechanisms.
            return Frame(b"\0\0\0\0\0\0", 0, 0, 0, 0, 0.0)
        raise ZeroDivisionError


@pytest.mark.parametrize("name", ["plain", "scram"])
def test_a_login_that_crashes_shows_no_secret_in_its_traceback_with_locals(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    settings = client_properties(FILES[name].encode(), "f", Surroundings())
    assert settings.security.login is not None
    mechanism = mechanism_for(settings.security.login)
    connection = Unplugged()

    async def run() -> None:
        deadline = Deadline.after(5)
        exchange = await mechanism.begin(parse_endpoints("a:1")[0], deadline, Progress())
        await authenticate(connection, {17: (0, 1), 36: (0, 2)}, "PLAIN", exchange, deadline)  # pyright: ignore[reportArgumentType]

    with pytest.raises(ZeroDivisionError) as crash:
        asyncio.run(run())
    text = "".join(traceback.TracebackException.from_exception(crash.value, capture_locals=True).format())
    assert "authenticate" in text
    for form in FORMS:
        assert form not in text
        assert form not in caplog.text
    for value in (settings, mechanism, *connection.asked):
        assert [way for way, shape in shown(value) if any(form in shape for form in FORMS)] == []


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("wrong", WRONG)
def test_no_refusal_of_a_file_shows_a_secret(name: str, wrong: str) -> None:
    with pytest.raises(KastellanError) as refused:
        client_properties((FILES[name] + wrong).encode(), "f", Surroundings())
    for _, text in shown(refused.value):
        assert MARK not in text
    # As `--debug` prints it.
    assert MARK not in "".join(traceback.format_exception(refused.value))


def test_python_prints_no_locals_by_itself() -> None:
    assert sys.excepthook is sys.__excepthook__ or "rich" not in repr(sys.excepthook)
