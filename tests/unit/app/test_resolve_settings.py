"""Which value counts, who told it, and that nobody's credentials go to another's cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.app.resolve_settings import resolve_settings
from kastellan.config.effective import EffectiveValue
from kastellan.config.security import PlainLogin, Protocol
from kastellan.kernel.errors import BadInput, UsageError
from kastellan.kernel.secret import Secret


@pytest.fixture
def world(tmp_path):
    """A contexts file with `prod` as the current one, and the properties that it points to."""
    properties = tmp_path / "prod.properties"
    properties.write_text(
        "bootstrap.servers=file:1\nrequest.timeout.ms=9000\nclient.id=us\nsecurity.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
        'sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="alice" password="hunter2";\n'
    )
    properties.chmod(0o600)
    contexts = tmp_path / "contexts.toml"
    contexts.write_text(
        'current = "prod"\n[context.prod]\nbootstrap = "context:1"\ncommand_config = "prod.properties"\n'
        'resolve = ["a:1=b:2"]\ncontrollers = "c:9"\n[context.dev]\nbootstrap = "dev:1"\ntimeout = 3\n'
    )
    contexts.chmod(0o600)
    return {"KASTELLAN_CONTEXTS": str(contexts)}


def told(settled, name: str) -> list[tuple[str, str]]:
    return [(each.value, each.origin) for each in settled.values if each.name == name]


def test_the_current_context_counts_when_nothing_else_names_a_cluster(world, tmp_path):
    settled = resolve_settings({}, (), world)
    target = settled.cluster()
    where = f"context prod ({tmp_path}/contexts.toml)"
    assert (target.bootstrap, target.controllers, target.client_id) == ("context:1", "c:9", "us")
    assert target.security.login == PlainLogin("alice", Secret("hunter2"))
    assert target.controller_security == target.security
    assert target.resolve == {"a:1": "b:2"}
    assert settled.timeout_s == 9
    assert told(settled, "context") == [("prod", f"{tmp_path}/contexts.toml")]
    assert told(settled, "bootstrap") == [("context:1", where)]
    assert told(settled, "timeout") == [("9", f"{tmp_path}/prod.properties")]
    assert told(settled, "sasl.user") == [("alice", f"{tmp_path}/prod.properties")]
    assert told(settled, "resolve") == [("a:1=b:2", where)]
    assert "hunter2" not in repr(settled)
    assert settled.notes == ()


@pytest.mark.parametrize("typed", [{"bootstrap": "flag:1"}, {"context": "dev"}])
def test_another_cluster_gets_no_credentials_of_the_current_context(world, typed):
    target = resolve_settings(typed, (), world).cluster()
    assert target.security.protocol is Protocol.PLAINTEXT
    assert target.security.login is None
    assert target.controllers is None
    assert target.resolve == {}


def test_a_context_that_is_named_lends_what_the_flags_do_not_tell(world):
    settled = resolve_settings({"context": "prod", "bootstrap": "flag:1", "timeout": "2"}, ("a:1=z:3",), world)
    target = settled.cluster()
    assert (target.bootstrap, settled.timeout_s) == ("flag:1", 2)
    assert target.security.login is not None
    assert target.resolve == {"a:1": "z:3"}
    assert told(settled, "bootstrap") == [("flag:1", "--bootstrap-server")]


def test_the_environment_goes_before_the_context_and_says_so(world):
    settled = resolve_settings({"bootstrap": "env:1", "context": "prod"}, (), {**world, "KASTELLAN_BOOTSTRAP_SERVER": "env:1"})
    assert told(settled, "bootstrap") == [("env:1", "KASTELLAN_BOOTSTRAP_SERVER")]
    assert told(settled, "context") == [("prod", "--context")]


def test_without_anything_there_is_no_cluster_and_defaults_say_so(tmp_path):
    settled = resolve_settings({}, (), {"KASTELLAN_CONTEXTS": str(tmp_path / "absent")})
    assert settled.values == (
        EffectiveValue("timeout", "5", "default"),
        EffectiveValue("security.protocol", "PLAINTEXT", "default"),
    )
    with pytest.raises(UsageError, match="which cluster"):
        settled.cluster()


def test_controllers_have_credentials_of_their_own(world, tmp_path):
    own = tmp_path / "controllers.properties"
    own.write_text("security.protocol=SSL\n")
    target = resolve_settings({"context": "prod", "controller_config": str(own)}, (), world).cluster()
    assert target.security.protocol is Protocol.SASL_PLAINTEXT
    assert target.controller_security.protocol is Protocol.SSL


def test_credentials_that_others_may_read_are_told(world, tmp_path):
    (tmp_path / "prod.properties").chmod(0o644)
    (note,) = resolve_settings({}, (), world).notes
    assert note.endswith(f"holds credentials, and others on this machine may read it: chmod 600 {tmp_path}/prod.properties")


def test_a_proxy_is_shown_without_its_password(world):
    settled = resolve_settings({"context": "dev", "proxy": "socks5://u:hunter2@h:1"}, (), world)
    proxy = settled.cluster().proxy
    assert proxy is not None
    assert proxy.password == Secret("hunter2")
    assert told(settled, "proxy") == [("socks5://h:1", "--proxy")]
    assert "hunter2" not in repr(settled)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"context": "absent"}, "--context names the context 'absent'; there are: dev, prod"),
        ({"context": "dev", "timeout": "0"}, "--timeout is 0; give"),
        ({"context": "dev", "timeout": "nan"}, "--timeout is nan; give"),
        ({"context": "dev", "command_config": "/absent"}, "cannot read /absent (--command-config)"),
        ({"context": "dev", "proxy": "x"}, "--proxy is no proxy"),
    ],
)
def test_what_cannot_be_used_is_told_with_its_place(world, typed, sentence):
    with pytest.raises(BadInput) as refused:
        resolve_settings(typed, (), world)
    assert sentence in refused.value.message


def test_who_runs_the_cluster_may_be_stated_and_the_flag_goes_before_the_context(world):
    with Path(world["KASTELLAN_CONTEXTS"]).open("a") as file:
        file.write('provider = "msk"\n')
    of_context = resolve_settings({"context": "dev"}, (), world)
    assert of_context.provider is not None
    assert (of_context.provider.id, of_context.provider.stated) == ("msk", True)
    assert told(of_context, "provider")[0][0] == "msk"
    by_flag = resolve_settings({"context": "dev", "provider": "none"}, (), world)
    assert by_flag.provider is not None
    assert by_flag.provider.id == "none"
    assert told(by_flag, "provider") == [("none", "--provider")]
    assert resolve_settings({"context": "prod"}, (), world).provider is None


def test_a_provider_without_a_profile_is_refused_with_its_place(world):
    with pytest.raises(BadInput, match="KASTELLAN_PROVIDER names the provider 'aiven'; there are: msk, "):
        resolve_settings({"bootstrap": "a:1", "provider": "aiven"}, (), {**world, "KASTELLAN_PROVIDER": "aiven"})
    with Path(world["KASTELLAN_CONTEXTS"]).open("a") as file:
        file.write('provider = "aiven"\n')
    with pytest.raises(BadInput, match=r"context dev \(.*contexts.toml\) names the provider 'aiven'"):
        resolve_settings({"context": "dev"}, (), world)


def test_a_command_that_needs_longer_waits_longer_where_nobody_said_how_long(world):
    quiet = resolve_settings({"bootstrap": "flag:1"}, (), {})
    assert (quiet.patience_s(None), quiet.patience_s(20)) == (5, 20)
    said = resolve_settings({"bootstrap": "flag:1", "timeout": "2"}, (), world)
    assert (said.patience_s(None), said.patience_s(20)) == (2, 2)


@pytest.mark.parametrize("text", ["[::1]:9092=[::1]:9093", " SSL://[::1]:9092 = [::1]:9093 "])
def test_ipv6_addresses_are_mapped_as_they_are_printed(text):
    settled = resolve_settings({"bootstrap": "[::1]:9092"}, (text,), {})
    assert settled.cluster().resolve == {"[::1]:9092": "[::1]:9093"}


@pytest.mark.parametrize("text", ["::1:9092=a:1", "a:1", "a=b:1", "a:1=b:x"])
def test_a_mapping_that_is_no_pair_of_addresses_is_refused(text):
    with pytest.raises(BadInput, match=r"^--resolve"):
        resolve_settings({"bootstrap": "a:1"}, (text,), {})
