from __future__ import annotations

import pytest

from kastellan.config.client_properties import client_properties
from kastellan.config.security import (
    KerberosLogin,
    MskIamLogin,
    OAuthLogin,
    PlainLogin,
    Protocol,
    ScramLogin,
    SecuritySettings,
    Store,
    Tls,
    mechanism_name,
)
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

PACKAGE = "org.apache.kafka.common.security"
PLAIN = f'{PACKAGE}.plain.PlainLoginModule required username="alice" password="hunter2";'
SCRAM = f'{PACKAGE}.scram.ScramLoginModule required username="alice" password="hunter2";'
OAUTH = f"{PACKAGE}.oauthbearer.OAuthBearerLoginModule"
KRB5 = "com.sun.security.auth.module.Krb5LoginModule"


def told(*lines: str):
    return client_properties("\n".join(lines).encode(), "f")


def refused(*lines: str) -> str:
    with pytest.raises(BadInput) as error:
        told(*lines)
    assert "hunter2" not in error.value.message
    assert "\n" not in error.value.message
    assert error.value.message.startswith(("f ", "sasl.jaas.config of f "))
    return error.value.message


def test_plaintext_settings_are_taken_and_the_rest_is_listed():
    found = told("bootstrap.servers=a:1,b:2", "request.timeout.ms=2500", "client.id=x", "acks=all", "security.protocol=plaintext")
    assert (found.bootstrap, found.request_timeout_s, found.client_id) == ("a:1,b:2", 2.5, "x")
    assert (found.ignored, found.untranslated, found.notes) == (("acks",), (), ())
    assert found.security == SecuritySettings()
    assert list(found.sentences("f")) == ["not used of f: acks"]


def test_tls_with_files_of_any_kind():
    found = told(
        "security.protocol=SSL",
        "ssl.truststore.type=JKS",
        "ssl.truststore.location=/t.jks",
        "ssl.truststore.password=hunter2",
        "ssl.keystore.location=/k.p12",
        "ssl.keystore.password=hunter2",
        "ssl.key.password=hunter3",
        "ssl.endpoint.identification.algorithm=",
        "ssl.enabled.protocols=TLSv1.3",
        "ssl.protocol=TLSv1.3",
    )
    assert found.security.tls == Tls(
        Store("/t.jks", None, Secret("hunter2"), None, "ssl.truststore.location of f", "JKS"),
        Store("/k.p12", None, Secret("hunter2"), Secret("hunter3"), "ssl.keystore.location of f", "JKS"),
        check_names=False,
        versions=("TLSv1.3",),
    )
    assert (found.ignored, found.untranslated) == (("ssl.protocol",), ())
    assert "hunter" not in repr(found)


def test_tls_with_certificates_in_the_file_itself():
    found = told(
        "security.protocol=SSL",
        "ssl.truststore.certificates=-----BEGIN CERTIFICATE----- AA -----END CERTIFICATE-----",
        "ssl.keystore.key=KEY",
        "ssl.keystore.certificate.chain=CHAIN",
    )
    assert found.security.tls.trust is not None
    assert found.security.tls.identity is not None
    assert found.security.tls.identity.text == Secret("KEY\nCHAIN")
    assert found.security.tls.check_names
    assert "KEY" not in repr(found)
    assert "ssl.keystore.certificate.chain" in refused("security.protocol=SSL", "ssl.keystore.key=hunter2")
    assert "without ssl.keystore.key" in refused("security.protocol=SSL", "ssl.keystore.certificate.chain=hunter2")


@pytest.mark.parametrize(
    ("lines", "login", "mechanism"),
    [
        (["sasl.mechanism=PLAIN", f"sasl.jaas.config={PLAIN}"], PlainLogin("alice", Secret("hunter2")), "PLAIN"),
        (
            ["sasl.mechanism=SCRAM-SHA-256", f"sasl.jaas.config={SCRAM}"],
            ScramLogin("SCRAM-SHA-256", "alice", Secret("hunter2")),
            "SCRAM-SHA-256",
        ),
        (
            ["sasl.mechanism=SCRAM-SHA-512", f"sasl.jaas.config={SCRAM[:-1]} tokenauth=true;"],
            ScramLogin("SCRAM-SHA-512", "alice", Secret("hunter2"), token=True),
            "SCRAM-SHA-512",
        ),
        (
            [
                "sasl.mechanism=OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url=https://idp/token",
                f'sasl.jaas.config={OAUTH} required clientId="me" clientSecret="hunter2" scope=s extension_a="b";',
                "sasl.login.read.timeout.ms=1500",
            ],
            OAuthLogin(
                token_url="https://idp/token",
                client_id="me",
                client_secret=Secret("hunter2"),
                scope="s",
                extensions={"a": "b"},
                read_timeout_s=1.5,
            ),
            "OAUTHBEARER",
        ),
        (
            [
                "sasl.mechanism=OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url=https://idp/token",
                "sasl.oauthbearer.client.credentials.client.id=me",
                "sasl.oauthbearer.client.credentials.client.secret=hunter2",
                "sasl.oauthbearer.scope=s",
                "sasl.oauthbearer.jwt.retriever.class=a.ClientCredentialsJwtRetriever",
                f"sasl.jaas.config={OAUTH} required ;",
            ],
            OAuthLogin(token_url="https://idp/token", client_id="me", client_secret=Secret("hunter2"), scope="s"),
            "OAUTHBEARER",
        ),
        (
            [
                "sasl.mechanism=OAUTHBEARER",
                "sasl.oauthbearer.token.endpoint.url=file:///run/token",
                f"sasl.jaas.config={OAUTH} required ;",
            ],
            OAuthLogin(token_file="/run/token"),
            "OAUTHBEARER",
        ),
        (
            [
                "sasl.mechanism=OAUTHBEARER",
                f'sasl.jaas.config={OAUTH} required unsecuredLoginStringClaim_sub="me";',
            ],
            OAuthLogin(unsigned_subject="me"),
            "OAUTHBEARER",
        ),
        (
            [
                "sasl.kerberos.service.name=kafka",
                f'sasl.jaas.config={KRB5} required useKeyTab=true keyTab="/k" principal="p@R";',
            ],
            KerberosLogin(service="kafka", principal="p@R", keytab="/k"),
            "GSSAPI",
        ),
        (
            [
                "sasl.kerberos.service.name=kafka",
                f'sasl.jaas.config={KRB5} required useTicketCache=true ticketCache="/t" keyTab="/k";',
            ],
            KerberosLogin(service="kafka", ticket_cache="/t"),
            "GSSAPI",
        ),
        (
            [
                "sasl.mechanism=AWS_MSK_IAM",
                "sasl.client.callback.handler.class=software.amazon.msk.auth.iam.IAMClientCallbackHandler",
                'sasl.jaas.config=software.amazon.msk.auth.iam.IAMLoginModule required awsProfileName="p";',
            ],
            MskIamLogin(profile="p"),
            "AWS_MSK_IAM",
        ),
    ],
)
def test_each_mechanism_becomes_a_login(lines, login, mechanism):
    found = told("security.protocol=SASL_SSL", *lines)
    assert found.security == SecuritySettings(Protocol.SASL_SSL, Tls(), login)
    assert (found.ignored, found.untranslated, found.notes) == ((), (), ())
    assert mechanism_name(login) == mechanism
    assert "hunter2" not in repr(found)


def test_an_issuer_is_trusted_by_the_truststore_of_the_file_also_without_tls_to_the_brokers():
    found = told(
        "security.protocol=SASL_PLAINTEXT",
        "sasl.mechanism=OAUTHBEARER",
        "ssl.truststore.location=/t.pem",
        "sasl.oauthbearer.token.endpoint.url=https://idp/token",
        f'sasl.jaas.config={OAUTH} required clientId="me" clientSecret="hunter2";',
    )
    login = found.security.login
    assert isinstance(login, OAuthLogin)
    assert login.trust is not None
    assert login.trust.path == "/t.pem"
    assert found.security.tls == Tls()
    assert found.notes == ()


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["security.protocol=TLS"], "security.protocol to something that is not one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"),
        (["security.protocol=SASL_SSL", "sasl.mechanism=hunter2"], "sasl.mechanism to something that is not one of PLAIN"),
        (["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN"], "uses PLAIN without sasl.jaas.config"),
        (
            ["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN", 'sasl.jaas.config=X required password="hunter2";'],
            "is not PlainL",
        ),
        (
            [
                "security.protocol=SASL_SSL",
                "sasl.mechanism=PLAIN",
                'sasl.jaas.config=PlainLoginModule required password="hunter2";',
            ],
            "has no username",
        ),
        (["security.protocol=SASL_SSL", f"sasl.jaas.config={KRB5} required;"], "without sasl.kerberos.service.name"),
        (
            [
                *("security.protocol=SASL_SSL", "sasl.kerberos.service.name=kafka"),
                f'sasl.jaas.config={KRB5} required useKeyTab=true principal="me";',
            ],
            "has useKeyTab and no keyTab",
        ),
        (
            ["security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", f"sasl.jaas.config={OAUTH} required;"],
            "without sasl.oauthbearer.token.endpoint.url",
        ),
        (
            [
                *("security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", "sasl.oauthbearer.token.endpoint.url=https://i"),
                f'sasl.jaas.config={OAUTH} required clientSecret="hunter2";',
            ],
            "no clientId",
        ),
        (
            [
                *("security.protocol=SASL_SSL", "sasl.mechanism=OAUTHBEARER", "sasl.login.callback.handler.class=my.Handler"),
                f"sasl.jaas.config={OAUTH} required;",
            ],
            "sets sasl.login.callback.handler.class to code of its own",
        ),
        (["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN", "sasl.client.callback.handler.class=my.H"], "only Java can run"),
        (["security.protocol=SSL", "ssl.keystore.type=BCFKS"], "sets ssl.keystore.type to a kind that Kastellan cannot read"),
        (["security.protocol=SSL", "ssl.enabled.protocols=SSLv3"], "not among TLSv1, TLSv1.1, TLSv1.2, TLSv1.3"),
        (["request.timeout.ms=soon"], "no number of milliseconds"),
        (["a=\\u00zz"], "a \\u escape"),
    ],
)
def test_what_lets_nobody_in_is_refused_by_name_and_no_value_is_told(lines, sentence):
    assert sentence in refused(*lines)


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"x" * 2_000_000])
def test_what_is_no_properties_file_is_refused_in_one_sentence(data):
    with pytest.raises(BadInput) as error:
        client_properties(data, "f")
    assert "\n" not in error.value.message


def test_what_a_java_client_would_carry_out_and_we_do_not_is_named():
    found = told("security.protocol=SSL", "ssl.cipher.suites=X", "ssl.engine.factory.class=hunter2", "metadata.max.age.ms=1")
    assert found.untranslated == ("ssl.cipher.suites", "ssl.engine.factory.class")
    assert found.ignored == ("metadata.max.age.ms",)
    sentences = list(found.sentences("f"))
    assert sentences[1] == "not carried out of f, which a Java client would: ssl.cipher.suites, ssl.engine.factory.class"
    assert "hunter2" not in "".join(sentences)


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (
            ["sasl.mechanism=PLAIN", f"sasl.jaas.config={PLAIN}"],
            "security.protocol of f is not set, which is PLAINTEXT: its sasl.*",
        ),
        (
            ["security.protocol=SSL", f"sasl.jaas.config={PLAIN}"],
            "security.protocol of f is SSL: its sasl.* settings have no effect",
        ),
        (
            [
                "security.protocol=SASL_PLAINTEXT",
                "sasl.mechanism=PLAIN",
                f"sasl.jaas.config={PLAIN}",
                "ssl.truststore.location=x",
            ],
            "security.protocol of f is SASL_PLAINTEXT: its ssl.* settings have no effect",
        ),
    ],
)
def test_credentials_that_are_not_used_are_noticed(lines, note):
    (found,) = told(*lines).notes
    assert found.startswith(note)


def test_a_scram_name_that_no_broker_takes_is_noticed():
    jaas = f'{PACKAGE}.scram.ScramLoginModule required username="pr\\u00fcfer" password="hunter2";'
    (note,) = told("security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", f"sasl.jaas.config={jaas}").notes
    assert note.startswith("the username in sasl.jaas.config of f is not ASCII, and brokers refuse such names in SCRAM")
