from __future__ import annotations

import pytest

from kastellan.config.client_properties import client_properties, properties
from kastellan.kernel.errors import BadInput


def test_plaintext_settings_are_taken_and_the_rest_is_listed():
    told = client_properties(
        b"bootstrap.servers=a:1,b:2\nrequest.timeout.ms=2500\nclient.id=x\nacks=all\nsecurity.protocol=plaintext\n", "f"
    )
    assert told.bootstrap == "a:1,b:2"
    assert told.request_timeout_s == 2.5
    assert told.ignored == ("acks", "client.id")


@pytest.mark.parametrize(
    "line",
    [
        'sasl.jaas.config=org.apache.X required username="u" password="hunter2";',
        "security.protocol=SASL_SSL",
        "ssl.truststore.password=hunter2",
    ],
)
def test_a_security_setting_is_refused_by_name_and_its_value_is_not_told(line):
    with pytest.raises(BadInput) as refused:
        client_properties(line.encode(), "client.properties")
    assert line.partition("=")[0] in refused.value.message
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\x00", b"request.timeout.ms=soon", b"request.timeout.ms=0", b"a=\\u00zz", b"x" * 2_000_000]
)
def test_what_is_no_properties_file_is_refused_in_one_sentence(data):
    with pytest.raises(BadInput) as refused:
        client_properties(data, "f")
    assert "\n" not in refused.value.message


def test_java_notation():
    text = "! no\n a\\ b = c d \nkey\\:1:value\\tx\nlast=one\\\\\nempty\n\n x  y\n"
    assert list(properties(text, "f")) == [("a b", "c d "), ("key:1", "value\tx"), ("last", "one\\"), ("empty", ""), ("x", "y")]
