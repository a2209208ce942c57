"""Files of other clients are named as what they are, with the lines to write instead, and none of their values."""

from __future__ import annotations

import pytest

from kastellan.config.client_properties import client_properties
from kastellan.kernel.errors import BadInput

PLAIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SASL = "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n"
JAAS = f'`sasl.jaas.config={PLAIN} required username="USER" password="PASSWORD";`'


def refused(data: str | bytes) -> str:
    with pytest.raises(BadInput) as error:
        client_properties(data.encode() if isinstance(data, str) else data, "f")
    assert "hunter2" not in error.value.message
    assert "\n" not in error.value.message
    return error.value.message


@pytest.mark.parametrize(
    ("text", "name", "lines"),
    [
        (
            "security.protocol=SASL_SSL\nsasl.mechanisms=PLAIN\nsasl.username=hunter2\nsasl.password=hunter2\nssl.ca.location=/ca\n",
            "librdkafka",
            ("`sasl.mechanism=PLAIN`", JAAS, "`ssl.truststore.type=PEM`", "`ssl.truststore.location=CA.pem`"),
        ),
        ("metadata.broker.list=a:1\n", "librdkafka", ("`bootstrap.servers=HOST:PORT`",)),
        (
            "bootstrap_servers=a:1\nsecurity_protocol=SASL_SSL\nsasl_mechanism=PLAIN\nsasl_plain_username=me\nsasl_plain_password=hunter2\n",
            "a Python client (kafka-python)",
            ("`bootstrap.servers=HOST:PORT`", "`security.protocol=SASL_SSL`", JAAS),
        ),
        (
            "spring.kafka.bootstrap-servers=a:1\nspring.kafka.properties.security.protocol=SASL_SSL\nspring.kafka.ssl.trust-store-location=f\n",
            "Spring Boot",
            ("`bootstrap.servers=HOST:PORT`", "`security.protocol=...`", "`ssl.truststore.location=FILE`"),
        ),
        (
            "spring.kafka.producer.properties[sasl.mechanism]=PLAIN\n",
            "Spring Boot",
            ("`sasl.mechanism=...`",),
        ),
        (
            "spring:\n  kafka:\n    bootstrap-servers: a:1\n    properties:\n      sasl.jaas.config: hunter2\n",
            "Spring Boot (YAML)",
            ("`bootstrap.servers=HOST:PORT`", JAAS),
        ),
        (
            "KAFKA_BOOTSTRAP_SERVERS=a:1\nKAFKA_SECURITY_PROTOCOL=SASL_SSL\nexport KAFKA_SASL_JAAS_CONFIG=hunter2\n",
            "a container's environment",
            ("`bootstrap.servers=...`", "`security.protocol=...`", "`sasl.jaas.config=...`"),
        ),
        (
            "bootstrap.servers=a:1\nproducer.security.protocol=SASL_SSL\nconsumer.override.sasl.jaas.config=hunter2\n",
            "the clients of a Connect worker",
            ("`security.protocol=...`", "`sasl.jaas.config=...`"),
        ),
    ],
)  # fmt: skip
def test_another_clients_file_is_named_with_the_lines_to_write(text: str, name: str, lines: tuple[str, ...]) -> None:
    message = refused(text)
    assert message.startswith(f"f is written for {name}")
    assert "and a Java client's properties are read here; write instead " in message
    for line in lines:
        assert line in message


@pytest.mark.parametrize(
    "text",
    [
        "security.protocol=SSL\nproducer.security.protocol=SSL\nproducer.acks=all\n",
        "bootstrap.servers=a:1\nacks=all\nproducer.linger.ms=5\nlog_level=7\n",
        f"{SASL}sasl.username=a\nsasl.jaas.config={PLAIN} required username=a password=b;",
        "bootstrap.servers=a:1\nKAFKA_HEAP_OPTS=-Xmx1g\n",
    ],
)
def test_a_file_that_says_the_same_to_a_java_client_is_taken(text: str) -> None:
    assert client_properties(text.encode(), "f").ignored


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("bootstrap.servers=a:1\n".encode("utf-16"), "is written in UTF-16; save it as plain ASCII"),
        (b"\xfe\xed\xfe\xed\0\0\0\2", "is a key store; give the properties file that names it"),
        (b"\x30\x82\x01\x02\x02\x01\x03", "is a key store"),
        (b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n", "is a PEM file; give a properties file that names it"),
        (b'{"bootstrap.servers": "a:1"}', "is JSON; write one KEY=VALUE a line"),
        (b"KafkaClient {\n  x.PlainLoginModule required;\n};\n", "is a JAAS file (java.security.auth.login.config)"),
        (b"a=\0", "is not text"),
        (b"password=C:\\users\\hunter2", "a backslash of a path or a password is written twice"),
    ],
)
def test_what_is_no_properties_file_is_named(data: bytes, sentence: str) -> None:
    assert sentence in refused(data)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"\xef\xbb\xbfbootstrap.servers=a:1\n", "f begins with a byte order mark"),
        (b"security.protocol=SSL\nssl.truststore.location=C:\\a\\t.jks\n", "ssl.truststore.location of f has a backslash that"),
        (b"security.protocol=SSL\nssl.truststore.location=C:\\a\\s.jks\n", "ssl.truststore.location of f has a single backslash"),
        (b"client.id=gr\xc3\xbcn\n", "client.id of f is written in UTF-8, and Java reads properties as Latin-1"),
        (b"request.timeout.ms=0\n", "request.timeout.ms of f is 0"),
    ],
)  # fmt: skip
def test_what_is_most_likely_not_meant_is_noted_with_its_cause(data: bytes, note: str) -> None:
    found = client_properties(data, "f")
    assert any(sentence.startswith(note) for sentence in found.notes), found.notes


def test_a_byte_order_mark_does_not_hide_the_first_key() -> None:
    assert client_properties(b"\xef\xbb\xbfbootstrap.servers=a:1\n", "f").bootstrap == "a:1"


@pytest.mark.parametrize(
    "data",
    [
        "# für uns\nclient.id=x\n".encode("latin-1"),
        b"client.id=x\\u00fc\n",
        b"client.id=\xfc\n",
        b"security.protocol=SSL\nssl.truststore.location=/t \t\n",
    ],
)
def test_latin_1_and_blanks_are_no_reason_for_a_note(data: bytes) -> None:
    assert client_properties(data, "f").notes == ()
