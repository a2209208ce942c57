"""Configuration files of other clients: which one a file is written for, and the lines that say the same to a Java client.

Read as Java properties such a file names no security at all, and would lead to a connection without it. Nothing here has a
value in it; the lines are templates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import msgspec

_PLAIN_MODULE: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"
_JAAS: Final = f'sasl.jaas.config={_PLAIN_MODULE} required username="USER" password="PASSWORD";'
_TRUST: Final = ("ssl.truststore.type=PEM", "ssl.truststore.location=CA.pem")
_IDENTITY: Final = ("ssl.keystore.type=PEM", "ssl.keystore.location=KEY-AND-CHAIN.pem")
_SECURITY: Final = ("security.protocol=SASL_SSL", "sasl.mechanism=PLAIN", _JAAS)


class Dialect(msgspec.Struct, frozen=True):
    """What a file is written for, with the keys that show it and the lines to write instead."""

    name: str
    keys: tuple[str, ...]
    lines: tuple[str, ...]

    def sentence(self, file: str) -> str:
        """What to do with a file of this name."""
        examples = ", ".join(self.keys[:4]) + (f" and {len(self.keys) - 4} more" if len(self.keys) > 4 else "")  # noqa: PLR2004
        lines = " and ".join(f"`{line}`" for line in self.lines)
        return (
            f"{file} is written for {self.name} ({examples}), and a Java client's properties are read here; write instead {lines}"
        )


def dialect(values: Mapping[str, str]) -> Dialect | None:
    """The other dialect that the keys of a properties text belong to, where what they say is not said in Java's own keys too."""
    return next((other for detect in _DETECTORS if (other := detect(values)) is not None), None)


def other_format(data: bytes) -> str | None:
    """What a file is whose bytes are no properties at all, with the remedy; the end of a sentence that begins with the file."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is written in UTF-16; save it as plain ASCII or Latin-1"
    if data.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")) or data[:2] in {b"\x30\x82", b"\x30\x80"}:
        return "is a key store; give the properties file that names it in ssl.truststore.location or ssl.keystore.location"
    if b"\0" in data:
        return "is not text; give a client.properties file"
    if data.lstrip().startswith(b"-----BEGIN "):
        return "is a PEM file; give a properties file that names it: `ssl.truststore.type=PEM` and `ssl.truststore.location=FILE`"
    if data.lstrip().startswith(b"{"):
        return "is JSON; write one KEY=VALUE a line, as in `security.protocol=SASL_SSL`"
    if _LOGIN_CONFIG.match(data):
        return (
            "is a JAAS file (java.security.auth.login.config); give a properties file with the same module in one line: "
            '`sasl.jaas.config=MODULE required NAME="VALUE";`'
        )
    return None


_LOGIN_CONFIG: Final = re.compile(rb"\s*KafkaClient\s*\{")

_LIBRDKAFKA: Final[Mapping[str, tuple[str, ...]]] = {
    "metadata.broker.list": ("bootstrap.servers=HOST:PORT",),
    "sasl.mechanisms": ("sasl.mechanism=PLAIN",),
    "sasl.username": (_JAAS,),
    "sasl.password": (_JAAS,),
    "ssl.ca.location": _TRUST,
    "ssl.ca.pem": ("ssl.truststore.type=PEM", "ssl.truststore.certificates=PEM"),
    "ssl.certificate.location": _IDENTITY,
    "ssl.certificate.pem": ("ssl.keystore.type=PEM", "ssl.keystore.certificate.chain=PEM"),
    "ssl.key.location": _IDENTITY,
    "ssl.key.pem": ("ssl.keystore.type=PEM", "ssl.keystore.key=PEM"),
    "enable.ssl.certificate.verification": ("ssl.truststore.location=CA.pem",),
    "sasl.kerberos.keytab": ("sasl.jaas.config=com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true ...;",),
    "sasl.oauthbearer.client.id": ("sasl.oauthbearer.client.credentials.client.id=ID",),
    "sasl.oauthbearer.client.secret": ("sasl.oauthbearer.client.credentials.client.secret=SECRET",),
}
_PYTHON: Final[Mapping[str, tuple[str, ...]]] = {
    "bootstrap_servers": ("bootstrap.servers=HOST:PORT",),
    "security_protocol": ("security.protocol=SASL_SSL",),
    "sasl_mechanism": ("sasl.mechanism=PLAIN",),
    "sasl_mechanisms": ("sasl.mechanism=PLAIN",),
    "sasl_plain_username": (_JAAS,),
    "sasl_plain_password": (_JAAS,),
    "sasl_username": (_JAAS,),
    "sasl_password": (_JAAS,),
    "ssl_cafile": _TRUST,
    "ssl_ca_location": _TRUST,
    "ssl_certfile": _IDENTITY,
    "ssl_keyfile": _IDENTITY,
    "ssl_check_hostname": ("ssl.endpoint.identification.algorithm=https",),
}
_SPRING: Final[Mapping[str, tuple[str, ...]]] = {
    "bootstrap-servers": ("bootstrap.servers=HOST:PORT",),
    "security.protocol": ("security.protocol=SASL_SSL",),
    "ssl.trust-store-location": ("ssl.truststore.location=FILE",),
    "ssl.trust-store-password": ("ssl.truststore.password=PASSWORD",),
    "ssl.trust-store-type": ("ssl.truststore.type=PKCS12",),
    "ssl.trust-store-certificates": ("ssl.truststore.certificates=PEM",),
    "ssl.key-store-location": ("ssl.keystore.location=FILE",),
    "ssl.key-store-password": ("ssl.keystore.password=PASSWORD",),
    "ssl.key-store-type": ("ssl.keystore.type=PKCS12",),
    "ssl.key-store-key": ("ssl.keystore.key=PEM",),
    "ssl.key-password": ("ssl.key.password=PASSWORD",),
}
_CONNECT_PREFIXES: Final = ("producer.", "consumer.", "admin.", "producer.override.", "consumer.override.", "admin.override.")
_OF_JAVA: Final = ("bootstrap.servers", "security.", "sasl.", "ssl.")
_ENVIRONMENT: Final = re.compile(r"(?:export\s+)?(?:KAFKA|CONNECT|CLIENT)_([A-Z0-9_]+)")


def _translate(name: str, values: Mapping[str, str], table: Mapping[str, tuple[str, ...]]) -> Dialect | None:
    keys = [key for key in values if key in table and not _is_said(table[key], values)]
    lines = dict.fromkeys(line for key in keys for line in table[key])
    return Dialect(name, tuple(keys), tuple(lines)) if keys else None


def _is_said(lines: tuple[str, ...], values: Mapping[str, str]) -> bool:
    return all(line.partition("=")[0] in values for line in lines)


def _librdkafka(values: Mapping[str, str]) -> Dialect | None:
    return _translate("librdkafka (confluent-kafka for Python, Go, .NET)", values, _LIBRDKAFKA)


def _python(values: Mapping[str, str]) -> Dialect | None:
    return _translate("a Python client (kafka-python)", values, _PYTHON)


def _spring(values: Mapping[str, str]) -> Dialect | None:
    if "spring" in values and "kafka" in values:
        return Dialect("Spring Boot (YAML)", ("spring", "kafka"), ("bootstrap.servers=HOST:PORT", *_SECURITY))
    keys = [key for key in values if key.startswith("spring.kafka.")]
    lines: dict[str, None] = {}
    for key in keys:
        rest = re.sub(r"^(?:(?:producer|consumer|admin|streams)\.)?", "", key.removeprefix("spring.kafka."))
        own = re.sub(r"^properties\.?", "", rest).strip("[]")
        for line in _SPRING.get(rest, (f"{own}=...",) if rest != own and own.startswith(_OF_JAVA) else ()):
            lines[line] = None
    wanted = tuple(line for line in lines if line.partition("=")[0] not in values)
    return Dialect("Spring Boot", tuple(keys), wanted) if wanted else None


def _environment(values: Mapping[str, str]) -> Dialect | None:
    lines: dict[str, str] = {}
    for key, value in values.items():
        # `export KAFKA_X=1` is the key `export` with the value `KAFKA_X=1`.
        match = _ENVIRONMENT.match(f"{key} {value}" if key == "export" else key)
        name = match[1].lower().replace("_", ".") if match is not None else ""
        if name.startswith(_OF_JAVA) and name not in values:
            lines[f"{name}=..."] = match[0].removeprefix("export").strip() if match is not None else ""
    return Dialect("a container's environment", tuple(lines.values()), tuple(lines)) if lines else None


def _connect(values: Mapping[str, str]) -> Dialect | None:
    keys: list[str] = []
    lines: dict[str, None] = {}
    for key in values:
        prefix = next((prefix for prefix in reversed(_CONNECT_PREFIXES) if key.startswith(prefix)), None)
        own = key.removeprefix(prefix or "")
        if prefix is not None and own.startswith(_OF_JAVA):
            keys.append(key)
            lines[f"{own}=..."] = None
    if not keys or any(key.startswith(("security.protocol", "sasl.", "ssl.")) for key in values):
        return None
    return Dialect("the clients of a Connect worker", tuple(keys), tuple(lines))


_DETECTORS: Final = (_spring, _environment, _connect, _python, _librdkafka)
