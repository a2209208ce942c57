"""The same way in, said to Kafka's own clients and to librdkafka; and what a secured node says of its listeners."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kastellan.kernel.errors import BadInput
from kastellan.lab.model import Lab, LabSpec, layout
from kastellan.lab.properties import server_properties
from kastellan.lab.security import entrance, kdc, logins
from kastellan.lab.security.listeners import server_lines
from kastellan.lab.security.principals import CLIENTS, WRONG


def lab_of(security: str, directory: Path) -> Lab:
    spec = LabSpec(brokers=1, racks=1, security=security).validate()
    return Lab(
        name="x",
        dir=directory,
        cluster_id="c",
        kafka="4",
        spec=spec,
        nodes=layout(spec, directory, [1, 2], [3]),
        issuer="http://127.0.0.1:9" if security == "oauth" else "",
        kdc="127.0.0.1:8" if security == "kerberos" else "",
    )


@pytest.fixture(scope="module", params=["sasl_ssl", "mtls", "oauth", "kerberos"])
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    lab = lab_of(request.param, tmp_path_factory.mktemp("lab"))
    entrance.prepare(lab)
    return lab


def values(path: Path) -> dict[str, str]:
    lines = [each for each in path.read_text().splitlines() if not each.startswith("#")]
    return {key: value for key, _, value in (each.partition("=") for each in lines)}


def test_every_principal_has_a_file_that_nobody_else_reads(prepared: Lab) -> None:
    for name in (*CLIENTS, WRONG):
        path = prepared.command_config(name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        host = "localhost" if prepared.kdc else "127.0.0.1"
        assert values(path)["bootstrap.servers"] == f"{host}:1"
        for key, value in values(path).items():
            if key.endswith("store.location"):
                assert Path(value).is_file()
    secrets = set(entrance.passwords(prepared).values())
    assert len(secrets) == len(CLIENTS)
    assert values(prepared.command_config("admin")) != values(prepared.command_config("viewer"))


def test_who_comes_with_the_wrong_secret_is_the_viewer_otherwise(prepared: Lab) -> None:
    right, wrong = (values(prepared.command_config(each)) for each in ("viewer", WRONG))
    assert right.keys() == wrong.keys()
    assert len({key for key in right if right[key] != wrong[key]}) == 1


def test_a_server_knows_what_its_clients_bring(prepared: Lab) -> None:
    node = prepared.nodes[0]
    lines = server_lines(prepared.spec, node, entrance.passwords(prepared), prepared.issuer)
    text = server_properties(prepared.spec, node, prepared.nodes, lines)
    assert "super.users=User:broker;User:admin\n" in text
    assert "CLIENTS:PLAINTEXT" not in text
    for path in (lines["ssl.keystore.location"], lines["ssl.truststore.location"]):
        assert Path(path).is_file()
    offered = lines.get("listener.name.clients.sasl.enabled.mechanisms", "").split(",")
    files = prepared.command_config("admin").parent.glob("*.properties")
    used = {values(each).get("sasl.mechanism", "") for each in files}
    assert used - {""} == set(offered) - {""}


def test_a_login_shows_no_secret_and_both_sides_say_the_same() -> None:
    login = logins.Login(how="PLAIN", principal="viewer", authority=Path("/ca.pem"), secret="hush")
    assert "hush" not in repr(login)
    assert 'username="viewer" password="hush"' in logins.properties(login)["sasl.jaas.config"]
    assert logins.librdkafka(login) == {
        "security.protocol": "sasl_ssl",
        "ssl.ca.location": "/ca.pem",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "viewer",
        "sasl.password": "hush",
    }


def test_kerberos_is_told_to_java_by_the_file_and_to_other_programs_by_a_remark(tmp_path: Path) -> None:
    lab = lab_of("kerberos", tmp_path)
    entrance.prepare(lab)
    text = lab.command_config("viewer").read_text()
    assert f"# Needs KRB5_CONFIG={tmp_path}/krb5.conf\n" in text
    found = values(lab.command_config("viewer"))
    assert (found["sasl.mechanism"], found["sasl.kerberos.service.name"]) == ("GSSAPI", "kafka")
    assert f'keyTab="{tmp_path}/keys/viewer.keytab" principal="viewer@KASTELLAN.LAB";' in found["sasl.jaas.config"]
    lines = server_lines(lab.spec, lab.nodes[0], entrance.passwords(lab), "")
    assert 'principal="kafka/localhost@KASTELLAN.LAB";' in lines["listener.name.clients.gssapi.sasl.jaas.config"]
    # librdkafka, as it is mostly built, cannot do it: applications of the lab come by the listener of the brokers.
    options = entrance.librdkafka(lab, "viewer")
    assert (options["bootstrap.servers"], options["security.protocol"]) == ("127.0.0.1:2", "ssl")


def test_a_realm_is_described_for_one_kdc_and_asks_no_name_service() -> None:
    text = kdc.krb5_conf("127.0.0.1:8")
    assert "  kdc = 127.0.0.1:8\n" in text
    assert "default_realm = KASTELLAN.LAB\n" in text
    assert "dns_lookup_kdc = false\n" in text
    assert "kdc.port=8\n" in kdc.kdc_properties("127.0.0.1:8")


def test_applications_are_told_the_same_way_as_others_where_they_can_go_it(prepared: Lab) -> None:
    if prepared.kdc:
        return
    assert entrance.librdkafka(prepared, "viewer")["bootstrap.servers"] == prepared.bootstrap
    inner = entrance.librdkafka(prepared, "viewer", logins.TLS)["bootstrap.servers"]
    assert inner == (prepared.bootstrap if prepared.spec.security == "mtls" else prepared.inner_bootstrap)


def test_a_lab_in_plain_text_prepares_nothing(tmp_path: Path) -> None:
    lab = lab_of("plaintext", tmp_path)
    entrance.prepare(lab)
    assert list(tmp_path.iterdir()) == []
    assert entrance.login(lab) is None
    assert server_lines(lab.spec, lab.nodes[0], {}, "") == {}


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (LabSpec(security="tls"), "--security 'tls' is not one of plaintext, sasl_ssl, mtls, oauth, kerberos"),
        (LabSpec(security="mtls", reauthenticate_ms=1000), "--reauthenticate is for clients that log in by SASL"),
    ],
)
def test_what_cannot_be_is_one_sentence(spec: LabSpec, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        spec.validate()
