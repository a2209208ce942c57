"""The sentences of the Java client are those that Kafka's own client says, of the release that the lab has.

One Java process tries every failure against peers on loopback. It needs a JDK, because the client's program is compiled.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import re
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kastellan.kernel.errors import KastellanError
from kastellan.lab.jars import provide_kafka
from kastellan.lab.java import find_java
from kastellan.sources.kafka.client_messages import Failure, sentences
from kastellan.testing.certificates import Authority
from kastellan.testing.fake_broker import FakeCluster, FakeGuard, fake_model
from tests.contract.wire.kit import free_port
from tests.contract.wire.peers import Behaviour, peer

pytestmark = pytest.mark.timeout(200)
SOURCE = Path(__file__).with_name("Say.java")
LOGGING = """\
rootLogger.level=WARN
rootLogger.appenderRef.console.ref=console
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%m%n%ex{1}
logger.network.name=org.apache.kafka.clients.NetworkClient
logger.network.level=INFO
"""
IN_TIME = "default.api.timeout.ms=2000\nrequest.timeout.ms=1500\nretries=1\nsocket.connection.setup.timeout.ms=700\n"
AUTHORITY = Authority()
USERS = {"alice": "hunter2"}
SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule"
PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
KAFKAS_TLS_ALERT = b"\x15\x03\x03\x00\x02\x02\x50"
"""What a listener of Kafka 4.3 with TLS answers to a plaintext client before it closes: internal_error."""


def says(answer: bytes) -> Behaviour:
    async def behaviour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()

    return behaviour


def tls() -> str:
    return "security.protocol=SSL\nssl.truststore.type=PEM\nssl.truststore.certificates=" + AUTHORITY.pem.strip().replace(
        "\n", "\\n"
    )


def sasl(mechanism: str, module: str = SCRAM, password: str = "wrong") -> str:
    login = f'{module} required username="alice" password="{password}";'
    return f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\nsasl.jaas.config={login}"


def guarded(**certificate: Any) -> FakeGuard:
    return FakeGuard(AUTHORITY.server(AUTHORITY.issue("broker", **certificate)), mechanisms=())


@contextlib.asynccontextmanager
async def full() -> AsyncIterator[str]:
    """An address that answers no connect: its queue is full."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def said_in(folder: Path, java: Path, jars: str) -> dict[tuple[Failure, str], str]:
    """What Java's client prints of each failure, by the failure and the mechanism of the login."""
    async with contextlib.AsyncExitStack() as stack:

        async def cluster(guard: FakeGuard | None = None) -> FakeCluster:
            return await stack.enter_async_context(FakeCluster(fake_model(brokers=1), guard))

        async def broker(guard: FakeGuard | None = None) -> str:
            return f"localhost:{(await cluster(guard)).port(1)}"

        async def speaker(answer: bytes) -> str:
            return (await stack.enter_async_context(peer(says(answer)))).address

        advertising = await cluster()
        advertising.model.nodes[1].port = free_port()
        past = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
        plaintext, login = await broker(), await broker(FakeGuard(users=USERS))
        cases = {
            (Failure.UNRESOLVED, ""): ("no-such-host.invalid:9092", ""),
            (Failure.REFUSED, ""): (f"127.0.0.1:{free_port()}", ""),
            (Failure.NO_ANSWER, ""): (await stack.enter_async_context(full()), ""),
            (Failure.TLS_WANTED, ""): (await speaker(KAFKAS_TLS_ALERT), ""),
            (Failure.TLS_NOT_SPOKEN, ""): (plaintext, tls()),
            (Failure.NOT_TLS, ""): (await speaker(b"HTTP/1.1 400 Bad Request\r\n\r\n"), tls()),
            (Failure.EXPIRED, ""): (await broker(guarded(ends=past)), tls()),
            (Failure.UNKNOWN_ISSUER, ""): (await broker(guarded()), "security.protocol=SSL"),
            (Failure.OTHER_NAME, ""): (await broker(guarded(names=("elsewhere",))), tls()),
            (Failure.SASL_WANTED, ""): (login, ""),
            (Failure.NO_SASL, ""): (plaintext, sasl("SCRAM-SHA-512")),
            (Failure.MECHANISM, ""): (await broker(FakeGuard(users=USERS, mechanisms=("PLAIN",))), sasl("SCRAM-SHA-512")),
            (Failure.CREDENTIALS, "SCRAM-SHA-512"): (login, sasl("SCRAM-SHA-512")),
            (Failure.CREDENTIALS, "PLAIN"): (login, sasl("PLAIN", PLAIN)),
            (Failure.ADVERTISED, ""): (f"localhost:{advertising.port(1)}", ""),
            (Failure.NOT_KAFKA, ""): (await speaker(b"HTTP/1.1 400 Bad Request\r\n\r\n"), ""),
        }
        files = {case: folder / f"{case[0].name}{case[1]}.properties" for case in cases}
        for case, (address, settings) in cases.items():
            files[case].write_text(f"{IN_TIME}bootstrap.servers={address}\n{settings}\n")
        logging = folder / "log4j2.properties"
        logging.write_text(LOGGING)
        command = (str(java), "-Xmx96m", f"-Dlog4j2.configurationFile={logging}", "-cp", jars, str(SOURCE))
        process = await asyncio.create_subprocess_exec(
            *command, *map(str, files.values()), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        try:
            output = (await process.communicate())[0].decode()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        _, *parts = output.split("=== ")
        return dict(zip(cases, parts, strict=True))


@pytest.fixture(scope="module")
def java_says(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Failure, str], str]:
    try:
        java, jars = find_java().program, provide_kafka(lambda _: None).class_path
    except KastellanError as missing:
        pytest.skip(f"Kafka's own client is not asked: {missing.message}")
    if not java.resolve().with_name("javac").exists():
        pytest.skip("Kafka's own client is not asked: this Java has no compiler; install a JDK to run the comparison")
    return asyncio.run(said_in(tmp_path_factory.mktemp("java"), java, jars))


def fragments(sentence: str) -> list[str]:
    """What the client has to say word by word: of several alternatives the first."""
    parts = re.split(r"\.\.\.|; then |: (?=No |\.\.\.)", sentence.partition("; or, ")[0])
    return [part.strip() for part in parts if part.strip(" :'[]")]


NOT_ON_A_FAKE = {Failure.CLIENT_CERTIFICATE: "a peer in Python closes before its alert is read; a broker of the lab says it"}


@pytest.mark.xdist_group("java says")
@pytest.mark.parametrize("failure", [failure for failure in Failure if failure not in NOT_ON_A_FAKE])
def test_java_says_so(failure, java_says):
    cases = {mechanism: output for (of, mechanism), output in java_says.items() if of is failure}
    assert cases, failure
    for mechanism, output in cases.items():
        missing = [part for part in fragments(sentences(failure, mechanism)["java"]) if part not in output]
        assert not missing, output
