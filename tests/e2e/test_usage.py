"""Every bad flag, file or host: one sentence, and the documented exit code."""

from __future__ import annotations

import socket

import pytest

BAD = {
    "no such command": (["doktor"], 2, "doktor"),
    "demo of a fault that does not exist": (["demo", "--fault", "flood"], 2, "broker_killed"),
    "no such option": (["doctor", "--colour"], 2, "--colour"),
    "no cluster": (["doctor"], 2, "--bootstrap-server"),
    "lag without a cluster": (["lag"], 2, "--bootstrap-server"),
    "get what": (["get", "shoes", "--bundle", "{healthy}"], 2, "shoes"),
    "describe no such kind": (["describe", "groupp", "x", "--bundle", "{healthy}"], 2, "near are group"),
    "describe no such group": (["describe", "group", "biling", "--bundle", "{healthy}"], 2, "near are billing"),
    "describe nothing": (["describe"], 2, "kastellan describe --help"),
    "get a mistyped kind": (["get", "topcs", "--bundle", "{healthy}"], 2, "near are topics"),
    "get producers of all": (["get", "producers", "--bundle", "{healthy}"], 2, "name one topic"),
    "get by a column that is not there": (
        ["get", "topics", "--where", "partitionz>2", "--bundle", "{healthy}"],
        2,
        "near are partitions",
    ),
    "get by no condition": (["get", "topics", "--where", "many", "--bundle", "{healthy}"], 2, "no condition"),
    "get by a word for a number": (["get", "topics", "--where", "partitions>many", "--bundle", "{healthy}"], 2, "is a number"),
    "get no rows": (["get", "topics", "--limit", "0", "--bundle", "{healthy}"], 2, "--limit 0"),
    "two clusters": (["doctor", "--bundle", "{healthy}", "--bootstrap-server", "localhost:1"], 2, "--bundle"),
    "address without a port": (["doctor", "--bootstrap-server", "localhost"], 2, "localhost"),
    "port that is none": (["doctor", "--bootstrap-server", "localhost:kafka"], 2, "localhost:kafka"),
    "port out of range": (["doctor", "--bootstrap-server", "localhost:99999"], 2, "99999"),
    "empty address": (["doctor", "--bootstrap-server", ","], 2, "--bootstrap-server"),
    "resolve that maps nothing": (["doctor", "--bootstrap-server", "localhost:1", "--resolve", "a:1"], 2, "a:1"),
    "time-out of zero": (["doctor", "--bootstrap-server", "localhost:1", "--timeout", "0"], 2, "--timeout"),
    "time-out in words": (["doctor", "--bootstrap-server", "localhost:1", "--timeout", "soon"], 2, "soon"),
    "time-out that is no number": (["doctor", "--bootstrap-server", "localhost:1", "--timeout", "nan"], 2, "--timeout"),
    "no such check": (["doctor", "--only", "nonsense", "--bundle", "{healthy}"], 2, "nonsense"),
    "no such check to skip": (["doctor", "--skip", "nonsense", "--bundle", "{healthy}"], 2, "nonsense"),
    "setting without a value": (
        ["doctor", "--set", "storage.log_dir_nearly_full.used_percent", "--bundle", "{healthy}"],
        2,
        "--set",
    ),
    "setting out of bounds": (
        ["doctor", "--set", "storage.log_dir_nearly_full.used_percent=1000", "--bundle", "{healthy}"],
        2,
        "used_percent",
    ),
    "no such setting": (["doctor", "--set", "storage.log_dir_nearly_full.colour=1", "--bundle", "{healthy}"], 2, "colour"),
    "fail on what": (["doctor", "--fail-on", "sometimes", "--bundle", "{healthy}"], 2, "sometimes"),
    "form that is none": (["doctor", "-o", "yaml", "--bundle", "{healthy}"], 2, "yaml"),
    "watch a file": (["doctor", "--watch", "--bundle", "{healthy}"], 2, "--watch"),
    "watch too often": (["doctor", "--watch", "0.01", "--bootstrap-server", "localhost:1"], 2, "--watch"),
    "watch a document": (["doctor", "--watch", "-o", "junit", "--bootstrap-server", "localhost:1"], 2, "junit"),
    "absent waivers": (["doctor", "--waivers", "{folder}/absent", "--bundle", "{healthy}"], 2, "absent"),
    "waivers that are none": (["doctor", "--waivers", "{text}", "--bundle", "{healthy}"], 2, "TOML"),
    "key without redaction": (["doctor", "--key-file", "{text}", "--bundle", "{healthy}"], 2, "--redact"),
    "key that is none": (["doctor", "--redact", "--key-file", "{folder}", "--bundle", "{healthy}"], 2, "no file"),
    "a provider without a profile": (["doctor", "--provider", "aiven", "--bundle", "{healthy}"], 2, "there are: msk, "),
    "the same of a live cluster": (["preflight", "--provider", "aiven", "--bootstrap-server", "localhost:1"], 2, "'aiven'"),
    "restart of whom": (["may-restart", "9", "--bundle", "{healthy}"], 2, "'9'"),
    "absent file": (["doctor", "--bundle", "{folder}/absent"], 2, "absent"),
    "folder for a file": (["doctor", "--bundle", "{folder}"], 2, "directory"),
    "text for a snapshot": (["doctor", "--bundle", "{text}"], 2, "snapshot save"),
    "absent properties": (["doctor", "--command-config", "{folder}/absent"], 2, "absent"),
    "properties that let nobody in": (["doctor", "--command-config", "{secure}"], 2, "sasl.jaas.config"),
    "a truststore that is not there": (
        ["doctor", "--command-config", "{tls}", "--bootstrap-server", "localhost:1"],
        2,
        "ssl.truststore.location",
    ),
    "properties without servers": (["doctor", "--command-config", "{text}"], 2, "--bootstrap-server"),
    "no such context": (["doctor", "--context", "prod"], 2, "kastellan context add NAME"),
    "bundle and context": (["doctor", "--bundle", "{healthy}", "--context", "prod"], 2, "--bundle"),
    "proxy that is none": (["doctor", "--bootstrap-server", "localhost:1", "--proxy", "bastion:1080"], 2, "--proxy is no proxy"),
    "controllers without a port": (
        ["get", "quorum", "--bootstrap-server", "localhost:1", "--bootstrap-controller", "localhost"],
        2,
        "--bootstrap-controller",
    ),
    "controllers with an absent file": (
        ["get", "quorum", "--bootstrap-server", "localhost:1", "--controller-config", "{folder}/no"],
        2,
        "--controller-config",
    ),
    "use what context": (["context", "use", "prod"], 2, "there are: none yet"),
    "test what context": (["context", "test"], 2, "kastellan context list"),
    "add an empty context": (["context", "add", "prod"], 2, "--command-config"),
    "add a context of no name": (["context", "add", "a b", "--bootstrap-server", "h:1"], 2, "cannot be the name of a context"),
    "save to a folder": (["snapshot", "save", "{folder}", "--bootstrap-server", "localhost:1"], 2, "directory"),
    "save nowhere": (["snapshot", "save", "{folder}/no/such", "--bootstrap-server", "localhost:1"], 2, "does not exist"),
    "save a saved one": (["snapshot", "save", "{folder}/x", "--bundle", "{healthy}"], 2, "--bundle"),
    "show what": (["snapshot", "show", "{text}"], 2, "snapshot save"),
    "explain what": (["explain", "replication.underreplicated"], 2, "replication.under_replicated"),
    "schema of what": (["schema", "kastellan.rows/9"], 2, "kastellan.rows/2"),
    "no such topic": (["get", "topics", "order", "--bundle", "{healthy}"], 2, "near are orders"),
    "no such group": (["lag", "billin", "--bundle", "{healthy}"], 2, "near are billing"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_command_line_gets_one_sentence_and_exit_code_2(name, kastellan, bundles, tmp_path):
    arguments, code, told = BAD[name]
    text, secure = tmp_path / "text", tmp_path / "client.properties"
    text.write_text("just some text\n")
    secure.write_text('security.protocol=SASL_SSL\nsasl.jaas.config=x required password="hunter2";\n')
    tls = tmp_path / "tls.properties"
    tls.write_text("security.protocol=SSL\nssl.truststore.location=/absent\nssl.truststore.password=hunter2\n")
    places = {**bundles, "folder": tmp_path, "text": text, "secure": secure, "tls": tls}
    ran = kastellan(*(each.format(**places) for each in arguments))
    assert ran.code == code, ran
    assert ran.out == ""
    sentences = [each for each in ran.err.splitlines() if not each.startswith("kastellan: not used of")]
    assert len(sentences) == 1, ran.err
    assert sentences[0].startswith("kastellan: ")
    assert told in sentences[0]
    assert "hunter2" not in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", ["doctor", "preflight", "probe"])
def test_kerberos_without_its_extra_is_one_sentence_that_says_what_to_install(command, kastellan, tmp_path):
    # On a machine that has the extra this file stands before it.
    (tmp_path / "gssapi.py").write_text("raise ModuleNotFoundError('no such thing')")
    file = tmp_path / "client.properties"
    file.write_text(
        "security.protocol=SASL_PLAINTEXT\nsasl.kerberos.service.name=kafka\nbootstrap.servers=127.0.0.1:1\n"
        "sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useTicketCache=true;\n"
    )
    file.chmod(0o600)
    ran = kastellan(command, "--command-config", file, PYTHONPATH=str(tmp_path))
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (1, "", 1), ran
    assert "sasl.mechanism GSSAPI needs the extra kerberos; pip install 'kastellan[kerberos]'" in ran.err


@pytest.mark.parametrize("command", [["doctor"], ["lag"], ["get", "brokers"], ["snapshot", "save", "{file}"]])
def test_a_host_where_nothing_listens_is_one_sentence_from_here(command, kastellan, tmp_path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        ran = kastellan(*(each.format(file=tmp_path / "x") for each in command), "--bootstrap-server", address)
    assert ran.code == 1, ran
    assert ran.out == ""
    assert len(ran.err.splitlines()) == 1
    assert address in ran.err
    assert "from here" in ran.err


def test_a_host_name_that_does_not_exist_is_one_sentence(kastellan):
    host = "a" * 70 + ".invalid"  # too long for a name: no name service is asked
    ran = kastellan("doctor", "--bootstrap-server", f"{host}:9092")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert host in ran.err


def test_a_peer_that_says_nothing_ends_within_the_deadline(kastellan):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        ran = kastellan("doctor", "--bootstrap-server", f"127.0.0.1:{silent.getsockname()[1]}", "--timeout", "2")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err


def test_the_environment_names_a_cluster_and_a_file_goes_before_it(kastellan, bundles):
    ran = kastellan("doctor", KASTELLAN_BOOTSTRAP_SERVER="127.0.0.1:1")
    assert ran.code == 1
    assert "127.0.0.1:1" in ran.err
    assert kastellan("doctor", "--bundle", bundles["healthy"], KASTELLAN_BOOTSTRAP_SERVER="127.0.0.1:1").code == 0


def test_properties_that_are_not_used_are_listed_on_stderr(kastellan, tmp_path):
    file = tmp_path / "client.properties"
    file.write_text("bootstrap.servers=127.0.0.1:1\nclient.id=me\nacks=all\n")
    ran = kastellan("doctor", "--command-config", file)
    assert ran.code == 1
    assert f"not used of {file}: acks\n" in ran.err
    assert "127.0.0.1:1" in ran.err


@pytest.mark.parametrize(
    "words", [["--help"], ["-h"], ["doctor", "--help"], ["get", "-h"], ["snapshot", "--help"], ["--version"]]
)
def test_help_and_version_are_data(words, kastellan):
    ran = kastellan(*words)
    assert ran.code == 0
    assert ran.err == ""
    assert "kastellan" in ran.out


def test_no_arguments_is_help_and_usage(kastellan):
    ran = kastellan()
    assert ran.code == 2
    assert "doctor" in ran.out + ran.err
