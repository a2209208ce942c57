"""Clusters by name: from adding one to looking at it."""

from __future__ import annotations

import json

import pytest

from kastellan.testing.fake_broker import FakeGuard, fake_cluster, fake_model


@pytest.fixture
def guarded(tmp_path):
    """A fake cluster that wants a password, and the properties by which one gets in."""
    with fake_cluster(fake_model(), FakeGuard(users={"alice": "hunter2"})) as fake:
        file = tmp_path / "client.properties"
        file.write_text(
            f"bootstrap.servers={fake.bootstrap}\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n"
            "sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required "
            'username="alice" password="hunter2";\n'
        )
        file.chmod(0o600)
        yield fake, file


def test_a_context_is_added_tested_chosen_and_used(guarded, kastellan, tmp_path):
    fake, file = guarded
    env = {"KASTELLAN_CONTEXTS": str(tmp_path / "contexts.toml")}
    assert kastellan("context", "add", "prod", "--command-config", file, "--notes", "ask us", **env).code == 0
    tested = kastellan("context", "test", "prod", **env)
    assert (tested.code, tested.err) == (0, "")
    assert f"brokers {fake.bootstrap}: 3 nodes of cluster fake-cluster-0123456789" in tested.out
    assert tested.out.rstrip().endswith("as User:alice")
    assert kastellan("get", "brokers", **env).code == 2
    assert kastellan("context", "use", "prod", **env).code == 0
    seen = kastellan("get", "brokers", "-o", "json", **env)
    assert [each["broker"] for each in json.loads(seen.out)["rows"]] == [1, 2, 3]
    listed = kastellan("context", "list", **env)
    assert "*" in listed.out
    assert "ask us" in listed.out
    told = kastellan("config", "view", "--show-origin", **env)
    assert f"prod  ({tmp_path}/contexts.toml)" in told.out
    assert f"alice  ({file})" in told.out
    document = json.loads(kastellan("config", "view", "-o", "json", **env).out)
    assert {"name": "sasl.user", "value": "alice", "origin": str(file)} in document["values"]
    for each in (tested, seen, listed, told):
        assert "hunter2" not in each.out + each.err
    assert "hunter2" not in (tmp_path / "contexts.toml").read_text()


def test_a_wrong_password_ends_in_one_sentence_and_one_try(guarded, kastellan):
    fake, file = guarded
    file.write_text(file.read_text().replace("hunter2", "hunter3"))
    for command in ("doctor", "lag"):
        ran = kastellan(command, "--command-config", file)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1), ran.err
        assert "refused the login by SCRAM-SHA-512" in ran.err
        assert "hunter3" not in ran.err
    assert fake.guard.refused == 2
