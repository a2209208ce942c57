"""Kerberos as it is: a KDC, a broker, the system's own library; and Kafka's own tool says of the same file whether it is good."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kastellan import lab as labs
from kastellan.app.observe import observe
from kastellan.app.resolve_settings import resolve_settings
from kastellan.app.wiring import source_for
from kastellan.config.security import KerberosLogin
from kastellan.engine.requests import request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unreachable
from kastellan.lab.model import KEYS, write_private
from kastellan.lab.runtime import provide_runtime
from kastellan.lab.security import kdc
from kastellan.lab.security.logins import REALM
from kastellan.model.tables.brokers import Brokers
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.kerberos import KerberosExchange, KerberosMechanism
from kastellan.wire.kafka.sasl.mechanism import SaslFailed
from tests.lab.conftest import SESSION_MS

pytest.importorskip("confluent_kafka")
pytest.importorskip("gssapi", reason="Kerberos is not tried: gssapi is not installed; pip install 'kastellan[kerberos]'")
pytestmark = pytest.mark.timeout(300)

MODULE = "com.sun.security.auth.module.Krb5LoginModule required"
TIMEOUT_S = 20
HOUR_S = 3_600


class Ran(NamedTuple):
    """How a program ended."""

    code: int
    out: str
    err: str


def ran(command: list[str], **more: str) -> Ran:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KASTELLAN_")}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env={**clean, "XDG_CONFIG_HOME": "/nowhere", **more}
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def kastellan(*arguments: str | Path, timeout_s: float = TIMEOUT_S, **more: str) -> Ran:
    """The binary, with no context and no cluster in its environment."""
    return ran([str(Path(sys.executable).with_name("kastellan")), *map(str, arguments), "--timeout", f"{timeout_s:g}"], **more)


def java(lab: labs.Lab, file: Path, krb5_conf: Path | None = None) -> Ran:
    """What Kafka's own tool says with this file."""
    command = provide_runtime(lambda _: None).tool_command(
        "org.apache.kafka.tools.TopicCommand",
        ["--bootstrap-server", lab.bootstrap, "--command-config", str(file), "--list", "--exclude-internal"],
    )
    return ran(command, JAVA_TOOL_OPTIONS=f"-Djava.security.krb5.conf={krb5_conf or lab.krb5_conf}")


@pytest.fixture
def edited(kerberos: labs.Lab, tmp_path: Path) -> Callable[..., Path]:
    """A client's file with some keys set otherwise."""

    def edit(principal: str = "viewer", **values: str) -> Path:
        keys = {key.replace("_", "."): value for key, value in values.items()}
        lines = kerberos.command_config(principal).read_text().splitlines()
        kept = [each for each in lines if each.partition("=")[0] not in keys]
        path = tmp_path / "client.properties"
        write_private(path, "\n".join([*kept, *(f"{key}={value}" for key, value in keys.items())]) + "\n")
        return path

    return edit


@pytest.fixture
def ticket(kerberos: labs.Lab, tmp_path: Path) -> Path:
    """A ticket cache of the viewer, as kinit would leave it."""
    return made_ticket(kerberos, tmp_path / "tickets")


def made_ticket(lab: labs.Lab, cache: Path, service: str = "") -> Path:
    """A cache with a ticket for the KDC, and one for a service if that is wanted."""
    gssapi: Any = import_module("gssapi")
    store = {"client_keytab": str(lab.dir / KEYS / "viewer.keytab"), "ccache": f"FILE:{cache}"}
    mechanism = gssapi.MechType.kerberos
    credentials = gssapi.Credentials(usage="initiate", mechs=[mechanism], store=store)
    assert credentials.lifetime
    if service:
        name = gssapi.Name(service, gssapi.NameType.hostbased_service)
        gssapi.SecurityContext(name=name, creds=credentials, usage="initiate", mech=mechanism).step()
    return cache


def short_tickets(lab: labs.Lab, folder: Path, seconds: int) -> Path:
    """A krb5.conf of the lab's realm with tickets that soon end."""
    path = folder / "short.conf"
    path.write_text(kdc.krb5_conf(lab.kdc).replace("[realms]", f" ticket_lifetime = {seconds}s\n[realms]"))
    return path


def by_cache(cache: Path) -> str:
    return f'{MODULE} useTicketCache=true ticketCache="{cache}";'


def by_table(table: Path, principal: str = f"viewer@{REALM}") -> str:
    return f'{MODULE} useKeyTab=true storeKey=true keyTab="{table}" principal="{principal}";'


def told(lab_file: Path, *parts: str, code: int = 1, **more: Any) -> str:
    """The one sentence in which a doctor ends, which has these parts."""
    got = kastellan("doctor", "--command-config", lab_file, **more)
    assert (got.code, got.out, len(got.err.splitlines())) == (code, "", 1), got
    for each in parts:
        assert each in got.err, got.err
    return got.err


async def seen_twice(file: Path, between: Callable[[], bool]) -> tuple[str, list[int]]:
    """As whom we look, and how many brokers tell themselves, again and again by the same connections until the time is over."""
    source = source_for(resolve_settings({"command_config": str(file)}, (), {"KASTELLAN_CONTEXTS": "/nowhere"}).cluster())
    counts: list[int] = []
    principal = ""
    try:
        while not counts or not between():
            snapshot = await observe(source, request_tables("brokers"), Deadline.after(30))
            table = snapshot.table(Brokers)
            assert table is not None
            principal = snapshot.vantage.principal
            counts.append(sum(bool(each.reached) for each in table.rows))
    finally:
        await source.close()
    return principal, counts


def test_kafkas_own_tool_is_let_in_and_refused_by_the_same_files(kerberos: labs.Lab) -> None:
    good, bad = (kerberos.command_config(each) for each in ("viewer", "wrong-password"))
    listed = java(kerberos, good)
    assert (listed.code, listed.out.split()) == (0, ["orders"]), listed
    assert java(kerberos, bad).code != 0
    ours = kastellan("get", "topics", "--command-config", good, "-o", "ndjson")
    assert (ours.code, '"orders"' in ours.out) == (0, True), ours
    told(bad, "no Kerberos ticket for kafka/localhost was issued", "compare principal and keyTab in sasl.jaas.config")


def test_a_ticket_that_is_there_lets_both_in_and_says_who_we_are(kerberos: labs.Lab, edited, ticket: Path) -> None:
    file = edited(sasl_jaas_config=by_cache(ticket))
    assert asyncio.run(seen_twice(file, lambda: True)) == ("User:viewer", [1])
    listed = java(kerberos, file)
    assert (listed.code, listed.out.split()) == (0, ["orders"]), listed
    # The cache that everybody's tickets are in, named by the environment.
    usual = edited(sasl_jaas_config=f"{MODULE} useTicketCache=true;")
    got = kastellan("get", "topics", "--command-config", usual, "-o", "ndjson", KRB5CCNAME=f"FILE:{ticket}")
    assert (got.code, '"orders"' in got.out) == (0, True), got


def test_a_session_that_ends_is_prolonged_with_a_new_ticket_where_the_old_one_has_expired(
    kerberos: labs.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRB5_CONFIG", str(short_tickets(kerberos, tmp_path, SESSION_MS // 2_000)))
    begun: list[object] = []
    begin = KerberosMechanism.begin

    async def counted(method: KerberosMechanism, *arguments: Any) -> Any:
        begun.append(method)
        return await begin(method, *arguments)

    monkeypatch.setattr(KerberosMechanism, "begin", counted)
    over = Deadline.after(2.5 * SESSION_MS / 1_000)
    principal, counts = asyncio.run(seen_twice(kerberos.command_config("viewer"), lambda: over.passed))
    assert principal == "User:viewer"
    assert set(counts) == {1}
    assert len(begun) >= 3


def test_no_ticket_an_expired_one_and_none_at_all(kerberos: labs.Lab, edited, tmp_path: Path, monkeypatch, eventually) -> None:
    nowhere = edited(sasl_jaas_config=by_cache(tmp_path / "none"))
    told(nowhere, "No credentials cache found", "get a ticket by kinit")
    usual = edited(sasl_jaas_config=f"{MODULE} useTicketCache=true;")
    told(usual, f"{tmp_path / 'none'}", "get a ticket by kinit", KRB5CCNAME=f"FILE:{tmp_path / 'none'}")
    monkeypatch.setenv("KRB5_CONFIG", str(short_tickets(kerberos, tmp_path, 2)))
    expired = edited(sasl_jaas_config=by_cache(made_ticket(kerberos, tmp_path / "tickets")))
    eventually(lambda: kastellan("get", "brokers", "--command-config", expired).code == 1, "that the ticket ends")
    told(expired, "expired", "get a ticket by kinit")


def test_a_key_table_that_is_not_there_or_has_other_keys(kerberos: labs.Lab, edited, tmp_path: Path) -> None:
    keys = kerberos.dir / KEYS
    told(edited(sasl_jaas_config=by_table(tmp_path / "none")), f"{tmp_path}/none cannot be read", "correct keyTab", code=2)
    told(edited(sasl_jaas_config=by_table(keys / "ca.pem")), "is no key table", code=2)
    other = edited(sasl_jaas_config=by_table(keys / "admin.keytab"))
    told(other, f"key table {keys}/admin.keytab has no key of viewer@{REALM}", "compare principal and keyTab")
    stranger = tmp_path / "stranger.keytab"
    stranger.write_bytes((keys / "viewer.keytab").read_bytes().replace(b"viewer", b"absent"))
    told(edited(sasl_jaas_config=by_table(stranger, f"absent@{REALM}")), "not found in Kerberos database", "compare principal")


def test_another_service_and_a_realm_that_nobody_knows(kerberos: labs.Lab, edited, tmp_path: Path) -> None:
    another = edited(sasl_kerberos_service_name="broker")
    told(another, "ticket for broker/localhost", "not found in Kerberos database", "check sasl.kerberos.service.name")
    viewer = kerberos.command_config("viewer")
    unknown = tmp_path / "unknown.conf"
    unknown.write_text(kdc.krb5_conf(kerberos.kdc).replace(REALM, "NOWHERE.EXAMPLE"))
    told(viewer, "Cannot find KDC for realm", "check the realm in krb5.conf", KRB5_CONFIG=str(unknown))
    none = edited(sasl_jaas_config=by_table(kerberos.dir / KEYS / "viewer.keytab", "viewer"))
    told(none, "realm", "krb5.conf", KRB5_CONFIG=str(tmp_path / "absent.conf"))


@pytest.fixture
def deaf() -> Iterator[str]:
    """An address where connections are made and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


def test_a_kdc_that_is_gone_or_silent_is_told_in_time(kerberos: labs.Lab, tmp_path: Path, deaf: str) -> None:
    viewer, conf = kerberos.command_config("viewer"), tmp_path / "krb5.conf"
    conf.write_text(kdc.krb5_conf("127.0.0.1:1"))
    told(viewer, "Cannot contact any KDC", "the network to its KDC", KRB5_CONFIG=str(conf))
    conf.write_text(kdc.krb5_conf(deaf))
    told(viewer, "came in time: a KDC is silent", "krb5.conf", KRB5_CONFIG=str(conf), timeout_s=3)


def test_a_kdc_that_comes_back_is_asked_again_soon(kerberos: labs.Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "krb5.conf"
    conf.write_text(kdc.krb5_conf("127.0.0.1:1"))
    monkeypatch.setenv("KRB5_CONFIG", str(conf))

    async def collect_or_load() -> list[str]:
        settled = resolve_settings(
            {"command_config": str(kerberos.command_config("viewer"))}, (), {"KASTELLAN_CONTEXTS": "/nowhere"}
        )
        source = source_for(settled.cluster())
        reasons: list[str] = []
        deadline = Deadline.after(40)  # less than the pause after a login that was refused
        try:
            while not deadline.passed:
                try:
                    await observe(source, request_tables("brokers"), Deadline.after(10))
                except Unreachable as failed:
                    reasons.append(failed.message)
                    conf.write_text(kdc.krb5_conf(kerberos.kdc))
                    await asyncio.sleep(0.2)
                else:
                    return reasons
        finally:
            await source.close()
        pytest.fail(f"not let in again: {reasons}")

    assert "Cannot contact any KDC" in asyncio.run(collect_or_load())[0]


def test_clocks_that_are_apart_are_told_by_the_kdc_and_by_the_broker(kerberos: labs.Lab, edited, tmp_path: Path) -> None:
    for name, service in (("kdc", ""), ("broker", "kafka@localhost")):
        cache = made_ticket(kerberos, tmp_path / name, service)
        raw = bytearray(cache.read_bytes())
        # A cache keeps how far the KDC's clock was ahead of ours when the ticket was got.
        assert raw[:8] == b"\5\4\0\x0c\0\1\0\x08"
        struct.pack_into(">i", raw, 8, HOUR_S)
        cache.write_bytes(raw)
        file = edited(sasl_jaas_config=by_cache(cache))
        told(
            file,
            *(["Clock skew too great", "compare the clocks"] if not service else ["refused the login", "compare the clocks"]),
        )


@pytest.mark.parametrize("nonsense", [b"", b"\0", b"garbage", b"\x60" + b"\xff" * 40])
def test_a_peer_that_answers_a_ticket_with_nonsense_is_told_so(kerberos: labs.Lab, nonsense: bytes) -> None:
    """The broker is any host of this name; the ticket for it is good."""
    login = resolve_settings({"command_config": str(kerberos.command_config("viewer"))}, (), {"KASTELLAN_CONTEXTS": "/nowhere"})
    settings = login.cluster().security.login
    assert isinstance(settings, KerberosLogin)
    turns = asyncio.run(KerberosMechanism(settings).begin(Endpoint("localhost", 1, 1), Deadline.after(30), Progress()))
    assert isinstance(turns, KerberosExchange)
    assert turns.first()
    with pytest.raises(SaslFailed, match="did not complete the Kerberos login"):
        turns.next(nonsense)


def test_a_probe_names_the_login_as_the_layer_that_broke(kerberos: labs.Lab, edited) -> None:
    good = kastellan("probe", kerberos.bootstrap, "--command-config", kerberos.command_config("viewer"))
    assert (good.code, "User:viewer by GSSAPI; offered: GSSAPI; the session lasts" in good.out) == (0, True), good
    bad = kastellan("probe", kerberos.bootstrap, "--command-config", edited(sasl_kerberos_service_name="broker"))
    assert bad.code == 10, bad
    assert "check sasl.kerberos.service.name" in bad.out
