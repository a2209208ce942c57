"""What a command logs: nothing unless it is asked to, then structured lines, and never a secret."""

from __future__ import annotations

import json

import pytest

from kastellan.testing.fake_broker import fake_cluster, fake_model
from kastellan.testing.fake_broker_security import FakeGuard

PASSWORD = "hunter2-S3cr3t"


@pytest.fixture
def properties(tmp_path):
    path = tmp_path / "client.properties"
    login = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="ann" password="{PASSWORD}";'
    path.write_text(f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.jaas.config={login}\n")
    return path


@pytest.mark.parametrize("password", [PASSWORD, "another"])
def test_logs_are_json_lines_on_request_and_hold_no_secret(kastellan, properties, tmp_path, password):
    with fake_cluster(fake_model(brokers=3, topics=4), FakeGuard(users={"ann": password})) as fake:
        arguments = ("doctor", "--bootstrap-server", fake.bootstrap, "--command-config", properties, "--timeout", "10")
        env = {"KASTELLAN_STATE": str(tmp_path / "state"), "KASTELLAN_NO_HISTORY": "0"}
        silent = kastellan(*arguments, **env)
        logged = kastellan("--log-level", "debug", "--log-format", "json", *arguments, **env)
        by_variable = kastellan(*arguments, KASTELLAN_LOG="debug", KASTELLAN_LOG_FORMAT="json", **env)
    assert PASSWORD not in silent.out + silent.err + logged.out + logged.err + by_variable.out + by_variable.err
    assert "snapshot collected" not in silent.err
    assert logged.code == by_variable.code == silent.code
    for ran in (logged, by_variable):
        events = [json.loads(line)["event"] for line in ran.err.splitlines() if line.startswith("{")]
        expected = {"snapshot collected", "run finished", "snapshot saved"} if password == PASSWORD else {"run failed"}
        assert set(events) >= expected


def test_a_level_that_does_not_exist_is_refused(kastellan):
    ran = kastellan("--log-level", "loud", "explain")
    assert ran.code == 2
    assert "debug" in ran.err
