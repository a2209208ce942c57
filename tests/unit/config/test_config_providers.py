"""References of config providers: resolved as Kafka does it, and never passed on as they are."""

from __future__ import annotations

import pytest

from kastellan.config.client_properties import client_properties
from kastellan.config.config_providers import Surroundings, resolve_references
from kastellan.config.security import PlainLogin
from kastellan.kernel.errors import BadInput

PACKAGE = "org.apache.kafka.common.config.provider"
PROVIDERS = (
    "config.providers=file,dir,env,vault\n"
    f"config.providers.file.class={PACKAGE}.FileConfigProvider\n"
    f"config.providers.dir.class={PACKAGE}.DirectoryConfigProvider\n"
    f"config.providers.env.class={PACKAGE}.EnvVarConfigProvider\n"
    "config.providers.vault.class=com.example.VaultConfigProvider\n"
)
FILES = {"/run/s.properties": b"pw=hunter2\\u0041\numlaut=\xc3\xbc\n", "/run/dir/pw": b"hunter2", "/run/big": b"x" * 2_000_000}


def read(path: str) -> bytes:
    if path not in FILES:
        raise FileNotFoundError(2, "No such file or directory")
    return FILES[path]


SURROUNDINGS = Surroundings({"PW": "hunter2", "OTHER": "x"}, read)


def login(reference: str, more: str = PROVIDERS) -> PlainLogin:
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    text = f'sasl.jaas.config={module} required username="u" password="{reference}";\n'
    found = client_properties(
        (f"security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n{text}" + more).encode(), "f", SURROUNDINGS
    ).security.login
    assert isinstance(found, PlainLogin)
    return found


@pytest.mark.parametrize(
    ("reference", "password"),
    [
        ("${file:/run/s.properties:pw}", "hunter2A"),
        ("a${file:/run/s.properties:umlaut}b${env:PW}", "aübhunter2"),
        ("${dir:/run/dir:pw}", "hunter2"),
        ("${env:PW}", "hunter2"),
        ("$PW {x} ${plain}", "$PW {x} ${plain}"),
    ],
)
def test_kafkas_own_providers_are_asked(reference: str, password: str) -> None:
    assert login(reference).password.reveal() == password


@pytest.mark.parametrize(
    ("reference", "sentence"),
    [
        ("${vault:secret/kafka:pw}", "the config provider 'vault', whose class only Java can run; use one of FileConfigProvider"),
        ("${other:pw}", "the config provider 'other', which config.providers does not name"),
        ("${file:/run/none:pw}", "cannot read /run/none (No such file or directory)"),
        ("${file:/run/s.properties:nothing}", "and there is no 'nothing'; add it"),
        ("${file:/run/big:pw}", "it is larger than 1 MiB"),
        ("${dir:/run/dir:none}", "cannot read /run/dir/none"),
        ("${env:NONE}", "and there is no 'NONE'"),
        ("${env:path:PW}", "with a path, and the environment has none"),
    ],
)
def test_a_reference_that_cannot_be_resolved_is_refused_and_never_sent(reference: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        login(reference)
    assert refused.value.message.startswith("f sets sasl.jaas.config to a reference to the config provider ")
    assert sentence in refused.value.message
    assert "hunter2" not in refused.value.message


def test_without_config_providers_a_reference_is_refused() -> None:
    with pytest.raises(BadInput, match=r"which config\.providers does not name"):
        login("${file:/run/s.properties:pw}", "")


FROM_FILE, FROM_ENVIRONMENT = "${file:/run/s.properties:pw}", "${env:PW}"


@pytest.mark.parametrize(
    ("reference", "limit"),
    [
        (FROM_FILE, "file.param.allowed.paths=/run"),
        (FROM_FILE, "file.param.allowed.paths=/etc,/run/s.properties"),
        (FROM_ENVIRONMENT, "env.param.allowlist.pattern=^P.*"),
    ],
)
def test_what_the_limits_of_a_provider_allow_is_read(reference: str, limit: str) -> None:
    assert login(reference, f"{PROVIDERS}config.providers.{limit}\n").password.reveal().startswith("hunter2")


@pytest.mark.parametrize(
    ("reference", "limit"), [(FROM_FILE, "file.param.allowed.paths=/ru"), (FROM_ENVIRONMENT, "env.param.allowlist.pattern=^X.*")]
)
def test_what_the_limits_of_a_provider_forbid_is_refused(reference: str, limit: str) -> None:
    with pytest.raises(BadInput):
        login(reference, f"{PROVIDERS}config.providers.{limit}\n")


def test_a_reference_in_a_setting_that_nobody_reads_is_no_reason_to_stop() -> None:
    found = client_properties(b"client.id=x\nvalue.converter=${vault:a:b}\n", "f")
    assert (found.client_id, found.ignored) == ("x", ("value.converter",))


def test_values_and_failures_do_not_print() -> None:
    values = {"a": "${env:PW}", "config.providers": "env", "config.providers.env.class": f"{PACKAGE}.EnvVarConfigProvider"}
    resolved = resolve_references(values, "f", SURROUNDINGS)
    assert resolved.values["a"] == "hunter2"
    assert "hunter2" not in repr(resolved) + repr(SURROUNDINGS)
