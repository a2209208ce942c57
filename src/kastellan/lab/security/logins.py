"""How a client of a lab logs in: the same facts as Kafka's own client.properties and as options of librdkafka. Pure text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

_MODULES = "org.apache.kafka.common.security"
SCRAM_512, SCRAM_256, PLAIN, OAUTH, GSSAPI = "SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER", "GSSAPI"
REALM, SERVICE = "KASTELLAN.LAB", "kafka"
"""Of Kerberos: the realm of every lab that has one, and the service that its brokers are."""
BROKER_PRINCIPAL = f"{SERVICE}/localhost@{REALM}"
PASSWORD_MECHANISMS = (SCRAM_512, SCRAM_256, PLAIN)
TLS = "TLS"
"""Not a mechanism of SASL: a client certificate alone."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One way in. `how` is a mechanism of SASL, or `TLS`; `keys` is the client's own PEM file or key table where it needs one."""

    how: str
    principal: str
    authority: Path
    secret: str = msgspec.field(default="")
    keys: Path | None = None
    token_endpoint: str = ""

    def __repr__(self) -> str:
        return f"Login({self.how}, {self.principal})"


def properties(login: Login) -> dict[str, str]:
    """Keys of Kafka's own clients and tools."""
    properties = {
        "security.protocol": "SSL" if login.how == TLS else "SASL_SSL",
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(login.authority),
    }
    if login.how == TLS:
        return {**properties, "ssl.keystore.type": "PEM", "ssl.keystore.location": str(login.keys)}
    properties["sasl.mechanism"] = login.how
    if login.how == OAUTH:
        return {
            **properties,
            "sasl.login.callback.handler.class": f"{_MODULES}.oauthbearer.OAuthBearerLoginCallbackHandler",
            "sasl.oauthbearer.token.endpoint.url": login.token_endpoint,
            "sasl.jaas.config": f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required"
            + (f' clientId="{login.principal}" clientSecret="{login.secret}" scope="kafka"' if login.secret else "")
            + ";",
        }
    if login.how == GSSAPI:
        jaas = kerberos_jaas(f"{login.principal}@{REALM}", login.keys)
        return {**properties, "sasl.kerberos.service.name": SERVICE, "sasl.jaas.config": jaas}
    module = "plain.PlainLoginModule" if login.how == PLAIN else "scram.ScramLoginModule"
    words = f'username="{login.principal}" password="{login.secret}"'
    return {**properties, "sasl.jaas.config": f"{_MODULES}.{module} required {words};"}


def kerberos_jaas(principal: str, keytab: Path | None) -> str:
    """A login by a key table, of a client or a broker."""
    words = f'useKeyTab=true storeKey=true keyTab="{keytab}" principal="{principal}"'
    return f"com.sun.security.auth.module.Krb5LoginModule required {words};"


def librdkafka(login: Login) -> dict[str, str]:
    """Options of librdkafka and of what is built on it."""
    properties = {"security.protocol": "ssl" if login.how == TLS else "sasl_ssl", "ssl.ca.location": str(login.authority)}
    if login.how == TLS:
        return {**properties, "ssl.certificate.location": str(login.keys), "ssl.key.location": str(login.keys)}
    properties["sasl.mechanism"] = login.how
    if login.how == OAUTH:
        return {
            **properties,
            "sasl.oauthbearer.method": "oidc",
            "sasl.oauthbearer.client.id": login.principal,
            "sasl.oauthbearer.client.secret": login.secret,
            "sasl.oauthbearer.token.endpoint.url": login.token_endpoint,
            "sasl.oauthbearer.scope": "kafka",
        }
    return {**properties, "sasl.username": login.principal, "sasl.password": login.secret}


def text(values: Mapping[str, str]) -> str:
    r"""A properties file; a backslash would be read as an escape, so it is doubled.

    >>> text({"a": "b\\c"})
    'a=b\\\\c\n'
    """
    return "".join(f"{key}={value.replace(chr(92), chr(92) * 2)}\n" for key, value in values.items())
