"""Kafka's own reader decides: Kastellan makes of a client.properties file what a Java client does, or says why not."""

from __future__ import annotations

import base64
import os
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.config.admin_client_keys import KEYS, LISTS, OF_SECURITY
from kastellan.config.client_properties import ClientProperties, client_properties
from kastellan.config.config_providers import Surroundings, read_file
from kastellan.config.java_properties import properties
from kastellan.config.security import PlainLogin, ScramLogin, mechanism_name
from kastellan.config.settings import items
from kastellan.kernel.errors import BadInput
from tests.contract.config.files import FILES, PLAIN, SCRAM
from tests.contract.config.java import JavaClient

REFUSES = "a Java client refuses f because "
OURS_ALONE = (
    # What Java would send and no broker takes, or what only Java can carry out.
    "has no username",  # empty: Kafka's PLAIN and SCRAM servers refuse it
    "to a reference to the config provider",  # never sent as a password
    "without sasl.kerberos.service.name",  # Java asks only when it logs in, which needs a KDC
    "has useKeyTab and no keyTab",
    "uses OAUTHBEARER without",
    "names a token endpoint and no",
    "names a login module that is not",
    "only Java can run",
    "sets sasl.mechanism to something",  # Java looks for it when it connects
    "is written for",  # another client's file
    "is not text",
    "is written in UTF-16",
    "is a key store",
    "is a PEM file",
    "is JSON",
    "is a JAAS file",
)
"""Reasons for which Kastellan may refuse what a Java client takes at first."""


def ours(data: bytes, surroundings: Surroundings | None = None) -> ClientProperties | str:
    try:
        return client_properties(data, "f", surroundings)
    except BadInput as error:
        return error.message


def difference(java: dict[str, Any], own: ClientProperties | str) -> str | None:
    """In what the two readers differ without a word; None when they agree."""
    accepted = java["verdict"] == "accepted"
    if isinstance(own, str):
        excused = any(reason in own for reason in OURS_ALONE)
        return f"Java takes it; refused here: {own}" if accepted and not excused else None
    notes = [note for note in own.notes if note.startswith(REFUSES)]
    if not accepted:
        return None if notes else f"Java refuses it ({java['reason']}), taken here without a word"
    if notes:
        return f"Java takes it, and the note says otherwise: {notes}"
    return difference_in_values(java, own)


def difference_in_values(java: dict[str, Any], own: ClientProperties) -> str | None:
    values, login = java["values"], own.security.login
    checks = bool(values["ssl.endpoint.identification.algorithm"])
    pairs: dict[str, tuple[object, object]] = {
        "bootstrap.servers": (values["bootstrap.servers"], list(dict.fromkeys(items(own.bootstrap or "")))),
        "client.id": (sent(values["client.id"]), own.client_id or ""),
        "security.protocol": (values["security.protocol"].upper(), own.security.protocol.value),
        "check of names": (checks, own.security.tls.check_names) if own.security.protocol.tls else (None, None),
        "mechanism": (values["sasl.mechanism"] if own.security.protocol.sasl else None, mechanism_name(login) if login else None),
    }
    if isinstance(login, (PlainLogin, ScramLogin)):
        pairs["user"] = (base64.b64decode(java["user"]), login.user.encode())
        pairs["password"] = (base64.b64decode(java["password"]), login.password.reveal().encode())
    timeout_s = values["request.timeout.ms"] / 1_000
    pairs["timeout"] = (timeout_s if timeout_s != 30 else None, own.request_timeout_s or (0 if timeout_s == 0 else None))
    return next((f"{name}: Java has {one!r}, here {other!r}" for name, (one, other) in pairs.items() if one != other), None)


def sasl(jaas: str, mechanism: str = "PLAIN", *more: str) -> str:
    return "\n".join((f"security.protocol=SASL_PLAINTEXT\nsasl.mechanism={mechanism}\nsasl.jaas.config={jaas}", *more))


NAMED = {
    "blanks around values": "client.id = x \t\nsecurity.protocol= PLAINTEXT \nbootstrap.servers = a:1 , b:2 \n",
    "blanks behind a jaas value": sasl(f'{PLAIN} required username="u" password=" p ";  \t '),
    "no other white space is trimmed": "client.id=\\u00a0x\\u3000\n",
    "control characters are trimmed": "client.id=\\u001fx\\u0001\n",
    "latin-1 comment": "# für uns\nclient.id=x\n".encode("latin-1"),
    "latin-1 password": sasl(f'{PLAIN} required username="u" password="grün";').encode("latin-1"),
    "utf-8 password": sasl(f'{PLAIN} required username="u" password="grün";').encode(),
    "surrogate pair": sasl(f'{PLAIN} required username="u" password="\\uD83D\\uDE00";'),
    "half a surrogate pair": sasl(f'{PLAIN} required username="\\uD83D" password="a\\uDE00b";'),
    "octal escapes": sasl(f'{PLAIN} required username="u" password="\\\\101\\\\60\\\\7\\\\477\\\\08";'),
    "letters behind a backslash": sasl(f'{PLAIN} required username="u" password="\\\\a\\\\b\\\\q\\\\"\\\\\\\\";'),
    "unquoted with a slash": sasl(f"{PLAIN} required username=u password=a/b;"),
    "unquoted base64": sasl(f"{PLAIN} required username=u password=abcd==;"),
    "unquoted plain word": sasl(f"{PLAIN} required username=u password=abc-d_e$fä.g-1;"),
    "unquoted punctuation": sasl(f"{PLAIN} required username=u password=a@b;"),
    "unquoted number": sasl(f"{PLAIN} required username=u password=12345;"),
    "unquoted and beginning with a digit": sasl(f"{PLAIN} required username=u password=1abc;"),
    "unquoted and beginning with a minus": sasl(f"{PLAIN} required username=u password=-abc;"),
    "unquoted with a quote": sasl(f"{PLAIN} required username=u password=it's;"),
    "single quotes": sasl(f"{PLAIN} required username='u' password='p\"q';"),
    "quotation open to the end of the line": sasl(f'{PLAIN} required username="u" password="p;'),
    "quotation over a line end": sasl(f'{PLAIN} required username="u" password="p\\nq";'),
    "comments": sasl(f'{PLAIN} required /* a */ username="u" // b\\n password="p" /*c*/;'),
    "module behind a slash": sasl(f'{PLAIN}/x required username="u" password="p";'),
    "two modules": sasl(f'{PLAIN} required username="u" password="p"; {PLAIN} required;'),
    "no semicolon": sasl(f'{PLAIN} required username="u" password="p"'),
    "twice the same option": sasl(f'{PLAIN} required username="u" password="p" password="q";'),
    "option without a name": sasl(f'{PLAIN} required username="u" password="p" = = = "v";'),
    "quoted names": sasl(f'"{PLAIN}" "Required" "username"="u" \'password\'=p;'),
    "characters that are no word": sasl(f'{PLAIN} required username="u" password=a\\u0085b;'),
    "another flag": sasl(f'{PLAIN} OPTIONAL username="u" password="p";'),
    "no flag": sasl(f'{PLAIN} username="u" password="p";'),
    "no user": sasl(f'{PLAIN} required password="p";'),
    "no password": sasl(f'{PLAIN} required username="u";'),
    "empty user": sasl(f'{PLAIN} required username="" password="p";'),
    "empty password": sasl(f'{PLAIN} required username="u" password="";'),
    "empty jaas": sasl(""),
    "module without its package": sasl('PlainLoginModule required username="u" password="p";'),
    "shaded module": sasl(f'kafkashaded.{PLAIN} required username="u" password="p";'),
    "mechanism in small letters": sasl(f'{PLAIN} required username="u" password="p";', "plain"),
    "mechanism with blanks": sasl(f'{PLAIN} required username="u" password="p";', "PLAIN "),
    "no such mechanism": sasl(f'{PLAIN} required username="u" password="p";', "PLAIM"),
    "empty mechanism": sasl(f'{PLAIN} required username="u" password="p";', ""),
    "scram with the module of plain": sasl(f'{PLAIN} required username="u" password="p";', "SCRAM-SHA-256"),
    "plain with the module of scram": sasl(f'{SCRAM} required username="u" password="p";'),
    "scram": sasl(f'{SCRAM} required username="u,=" password="p";', "SCRAM-SHA-512"),
    "scram by token": sasl(f'{SCRAM} required username="u" password="p" tokenauth=TRUE;', "SCRAM-SHA-512"),
    "protocol in small letters": "security.protocol=plaintext",
    "empty protocol": "security.protocol=",
    "no such protocol": "security.protocol=TLS",
    "no time-out": "request.timeout.ms=0",
    "time-out with a sign": "request.timeout.ms=+5",
    "time-out below 0": "request.timeout.ms=-5",
    "time-out in other digits": "request.timeout.ms=\\u0665",
    "time-out with an underscore": "request.timeout.ms=1_000",
    "time-out with a unit": "request.timeout.ms=5s",
    "time-out too large": "request.timeout.ms=2147483648",
    "largest time-out": "request.timeout.ms=2147483647",
    "empty time-out": "request.timeout.ms=",
    "empty name check": "security.protocol=SSL\nssl.endpoint.identification.algorithm=",
    "blank name check": "security.protocol=SSL\nssl.endpoint.identification.algorithm=  ",
    "name check in capitals": "security.protocol=SSL\nssl.endpoint.identification.algorithm=HTTPS",
    "SSLv3 in a list": "security.protocol=SSL\nssl.enabled.protocols=SSLv3,TLSv1.2",
    "SSLv3 alone": "security.protocol=SSL\nssl.enabled.protocols=SSLv3",
    "TLS 1.0 alone": "security.protocol=SSL\nssl.enabled.protocols=TLSv1",
    "no such version": "security.protocol=SSL\nssl.enabled.protocols=TLSv1.4",
    "versions in small letters": "security.protocol=SSL\nssl.enabled.protocols=tlsv1.2",
    "empty versions": "security.protocol=SSL\nssl.enabled.protocols=",
    "an empty item": "bootstrap.servers=a:1,,b:2",
    "an empty item at the end": "bootstrap.servers=a:1,",
    "empty truststore": "security.protocol=SSL\nssl.truststore.location=",
    "empty keystore": "security.protocol=SSL\nssl.keystore.location=\nssl.keystore.password=\nssl.key.password=",
    "password without a truststore": "security.protocol=SSL\nssl.truststore.password=x",
    "key password alone": "security.protocol=SSL\nssl.key.password=",
    "empty algorithm": "security.protocol=SSL\nssl.keymanager.algorithm=",
    "wrong number elsewhere": "retries=many",
    "continued line": "client.id=a\\\n   b\\\r\n#c\\\r\td\n",
    "continued by nothing": "client.id=a\\",
    "a backslash alone": "\\",
    "escaped key": "client\\.id=x\ncli\\u0065nt.id=y\n",
    "colon and blanks": "client.id : x\nrequest.timeout.ms 7\n",
    "form feed": "\fclient.id\f=\fx\f\n",
    "old line ends": "client.id=x\rrequest.timeout.ms=7\r",
    "malformed escape": "client.id=C:\\users\\x",
    "escape with a sign": "client.id=\\u+123",
    "escape with an underscore": "client.id=\\u1_23",
    "backslash before a letter": sasl(f'{PLAIN} required username="DOM\\user" password="p\\d";'),
    "the last of two": "client.id=x\nclient.id=y\n",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_a_named_case_is_read_as_java_reads_it(java: JavaClient, name: str) -> None:
    text = NAMED[name]
    data = text if isinstance(text, bytes) else text.encode()
    assert difference(java.read(data), ours(data)) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mechanism in small letters", "sasl.mechanism is not in capital letters"),
        ("module without its package", f"its login module is not written {PLAIN}"),
        ("scram with the module of plain", f"SCRAM-SHA-256 needs {SCRAM}"),
        ("empty truststore", "ssl.truststore.location is empty; remove the line"),
        ("wrong number elsewhere", "retries is no whole number"),
        ("an empty item", "bootstrap.servers has an empty item"),
    ],
)
def test_what_java_refuses_and_is_served_here_is_noted_with_the_reason(name: str, reason: str) -> None:
    text = NAMED[name]
    found = ours(text if isinstance(text, bytes) else text.encode())
    assert isinstance(found, ClientProperties)
    assert any(note.startswith(REFUSES + reason) for note in found.notes), found.notes


def test_the_table_of_typed_settings_is_that_of_the_class(java: JavaClient) -> None:
    kinds = {"BOOLEAN": "boolean", "SHORT": "short", "INT": "int", "LONG": "long", "DOUBLE": "double"}
    types: dict[str, list[str]] = java.ask(definitions=True)["types"]
    lists = {key for key, (kind, _) in types.items() if kind == "LIST"}
    assert lists == LISTS
    assert {key for key in types if key.startswith(("sasl.", "ssl.", "security."))} == OF_SECURITY
    for key, (kind, rule) in types.items():
        if kind in kinds and key != "request.timeout.ms":
            assert KEYS[key].kind == kinds[kind], key
            lowest, highest = KEYS[key].lowest, KEYS[key].highest
            numbers = [float(text) for text in re.findall(r"-?[\d.]*\d", rule)]
            assert numbers == [bound for bound in (lowest, highest) if bound is not None], key
        elif rule and key not in {"security.protocol", "request.timeout.ms"}:
            assert set(KEYS[key].choices) == set(re.split(r", ", rule.partition("[")[2].rstrip("]"))), key
            assert (KEYS[key].kind == "choice of any case") == ("case insensitive" in rule), key
    assert KEYS.keys() <= types.keys()


def test_references_are_resolved_by_kafkas_three_providers(java: JavaClient, tmp_path, monkeypatch) -> None:
    (tmp_path / "secrets.properties").write_text("pw = from a file \\u0041\nblank=\n", encoding="utf-8")
    (tmp_path / "pw").write_text("from a folder")
    provider = "org.apache.kafka.common.config.provider"
    for reference, name, kind, secret in [
        (f"${{file:{tmp_path}/secrets.properties:pw}}", "file", "FileConfigProvider", "from a file A"),
        (f"a${{file:{tmp_path}/secrets.properties:pw}}b", "file", "FileConfigProvider", "afrom a file Ab"),
        (f"${{folder:{tmp_path}:pw}}", "folder", "DirectoryConfigProvider", "from a folder"),
        ("${env:PATH}", "env", "EnvVarConfigProvider", None),
    ]:
        text = sasl(
            f'{PLAIN} required username="u" password="{reference}";', "PLAIN",
            f"config.providers={name}", f"config.providers.{name}.class={provider}.{kind}",
        )  # fmt: skip
        answer = java.read(text.encode())
        found = ours(text.encode(), Surroundings(dict(os.environ), read_file))
        assert difference(answer, found) is None
        assert isinstance(found, ClientProperties)
        assert isinstance(found.security.login, PlainLogin)
        if secret is not None:
            assert found.security.login.password.reveal() == secret
        assert found.ignored == ()


def test_two_thousand_generated_files_are_read_as_java_reads_them(java: JavaClient) -> None:
    @settings(max_examples=2_000, deadline=None)
    @given(FILES, st.sampled_from(["latin-1", "utf-8"]))
    def same(text: str, encoding: str) -> None:
        data = text.encode(encoding, "replace")
        answer = java.read(data)
        if "pairs" in answer and b"\0" not in data:
            pairs = {pair.key: pair.value for pair in properties(data.decode("latin-1"), "f")}
            assert pairs == {sent(key): sent(value) for key, value in answer["pairs"].items()}
        assert difference(answer, ours(data)) is None, data

    same()


def sent(text: str) -> str:
    """As Java writes a text to the wire: half a surrogate pair is a question mark."""
    joined = text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")
    return "".join("?" if "\ud800" <= letter <= "\udfff" else letter for letter in joined)
