"""Kastellan's own client on secured clusters: in by every way, as whom, and one sentence where a door stays shut."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kastellan import lab as labs
from kastellan.app.observe import observe
from kastellan.app.resolve_settings import resolve_settings
from kastellan.app.wiring import source_for
from kastellan.engine.requests import request_tables
from kastellan.kernel.deadline import Deadline
from kastellan.lab.model import CLIENTS
from kastellan.model.tables.brokers import Brokers

pytest.importorskip("confluent_kafka")
pytestmark = pytest.mark.timeout(400)


def kastellan(*arguments: str | Path) -> tuple[int, str, str]:
    """The binary, with no context and no cluster in its environment."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("KASTELLAN_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("kastellan")), *map(str, arguments), "--timeout", "30"],
        capture_output=True, text=True, timeout=150, check=False, env={**clean, "XDG_CONFIG_HOME": "/nowhere"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def files(lab: labs.Lab) -> dict[str, Path]:
    """The clients' files of a lab, by name."""
    return {each.stem: each for each in sorted((lab.dir / CLIENTS).glob("*.properties"))}


async def seen(file: Path) -> tuple[str, int]:
    """As whom we look with this file, and how many brokers tell themselves."""
    settled = resolve_settings({"command_config": str(file)}, (), {"KASTELLAN_CONTEXTS": "/nowhere"})
    assert settled.notes == ()
    source = source_for(settled.cluster())
    try:
        snapshot = await observe(source, request_tables("brokers"), Deadline.after(30))
    finally:
        await source.close()
    table = snapshot.table(Brokers)
    assert table is not None
    return snapshot.vantage.principal, sum(bool(each.reached) for each in table.rows)


def test_kastellan_gets_in_by_every_way_and_says_as_whom(secured: labs.Lab) -> None:
    for name, file in files(secured).items():
        if name != "wrong-password":
            who = name.partition("-")[0]
            mutual = name.endswith("-tls") or secured.spec.security == "mtls"
            assert asyncio.run(seen(file)) == (f"User:CN={who}" if mutual else f"User:{who}", 1), name


def test_the_doctor_finds_nothing_that_security_hides(secured: labs.Lab) -> None:
    code, out, err = kastellan("doctor", "--command-config", files(secured)["viewer"], "-o", "json", "--fail-on", "never")
    assert (code, err) == (0, "")
    report = json.loads(out)["report"]
    assert report["shape"]["brokers"] == 1
    assert not [each for result in report["results"] for each in result["findings"] if each["severity"] == "error"]


def test_lag_and_get_work_for_who_may_look_and_the_wrong_secret_gets_one_sentence(secured: labs.Lab) -> None:
    viewer = files(secured)["viewer"]
    code, out, _ = kastellan("get", "topics", "-o", "json", "--command-config", viewer)
    assert (code, [each["topic"] for each in json.loads(out)["rows"] if not each["internal"]]) == (0, ["orders"])
    assert kastellan("lag", "--command-config", viewer)[0] == 0
    code, out, err = kastellan("doctor", "--command-config", files(secured)["wrong-password"])
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    told = {
        "mtls": "does not trust the authority of our client certificate",
        "oauth": "check clientId, clientSecret and scope",
        "kerberos": "compare principal and keyTab in sasl.jaas.config",
    }.get(secured.spec.security, "check user and password in sasl.jaas.config")
    assert told in err or "does not accept our client certificate" in err, err
    assert "not the secret" not in err


def test_a_client_that_speaks_otherwise_than_the_listener_is_told_so(secured: labs.Lab) -> None:
    code, _, err = kastellan("get", "brokers", "--bootstrap-server", secured.bootstrap)
    assert (code, "this listener wants TLS (security.protocol SSL or SASL_SSL)" in err) == (1, True), err


def test_the_controllers_are_asked_with_credentials_of_their_own(secured: labs.Lab) -> None:
    found = files(secured)
    own = found.get("admin-tls", found["admin"])
    arguments = ("get", "quorum", "-o", "json", "--command-config", found["viewer"])
    asked = ("--bootstrap-controller", secured.controller_bootstrap, "--controller-config", own)
    code, out, err = kastellan(*arguments, *asked)
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert [(each["node"], each["role"]) for each in document["rows"]] == [(1, "leader")]
    # Without credentials of their own the controllers do not let us in, the brokers are asked, and that is told.
    if secured.spec.security != "mtls":
        code, out, err = kastellan(*arguments, *asked[:2])
        assert (code, err) == (0, "")
        document = json.loads(out)
        assert [each["node"] for each in document["rows"]] == [1]
