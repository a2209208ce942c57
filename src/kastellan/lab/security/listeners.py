"""What makes a node's listeners secure, as lines of server.properties. Pure.

Brokers and controllers prove themselves to each other by certificates; what clients do on theirs is what the lab was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from kastellan.lab.model import KERBEROS, MTLS, OAUTH, LabSpec, Node
from kastellan.lab.security import logins
from kastellan.lab.security.principals import BROKER, SUPER_USERS

_ACLS_IN_KRAFT = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
_ACLS_IN_ZOOKEEPER = "kafka.security.authorizer.AclAuthorizer"
_CLIENTS = "listener.name.clients"
_MODULES = "org.apache.kafka.common.security"


def protocols(spec: LabSpec) -> str:
    """`listener.security.protocol.map`."""
    if not spec.is_secured:
        return "CLIENTS:PLAINTEXT,BROKERS:PLAINTEXT,CONTROLLERS:PLAINTEXT"
    return f"CLIENTS:{'SSL' if spec.security == MTLS else 'SASL_SSL'},BROKERS:SSL,CONTROLLERS:SSL"


def server_lines(spec: LabSpec, node: Node, passwords: Mapping[str, str], issuer: str) -> dict[str, str]:
    """What a secured node needs beside what every node has; nothing for a lab in plain text."""
    if not spec.is_secured or node.is_zookeeper:
        return {}
    folder = node.keys.parent if node.keys else node.dir
    lines = {
        "authorizer.class.name": _ACLS_IN_ZOOKEEPER if spec.has_zookeeper else _ACLS_IN_KRAFT,
        "super.users": ";".join(f"User:{principal}" for principal in SUPER_USERS),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(folder / "ca.pem"),
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]*).*$/$1/,DEFAULT",
        "listener.name.brokers.ssl.client.auth": "required",
        "listener.name.controllers.ssl.client.auth": "required",
    }
    if not node.is_broker:
        return lines
    if spec.security == MTLS:
        return {**lines, f"{_CLIENTS}.ssl.client.auth": "required"}
    lines[f"{_CLIENTS}.ssl.client.auth"] = "none"
    if spec.reauthenticate_ms:
        lines["connections.max.reauth.ms"] = str(spec.reauthenticate_ms)
    if spec.security == KERBEROS:
        return {**lines, **_kerberos(folder)}
    return {**lines, **(_oauth(issuer) if spec.security == OAUTH else _passwords(passwords))}


def jvm_options(urls: Sequence[str]) -> tuple[str, ...]:
    """What a JVM must be told before Kafka 4 fetches anything from an issuer of tokens."""
    return (f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={','.join(urls)}",)


def realm_options(krb5_conf: Path) -> tuple[str, ...]:
    """What a JVM must be told to find a realm of Kerberos that is not the machine's."""
    return (f"-Djava.security.krb5.conf={krb5_conf}",)


def _passwords(passwords: Mapping[str, str]) -> dict[str, str]:
    users = " ".join(f'user_{name}="{secret}"' for name, secret in passwords.items())
    lines = {f"{_CLIENTS}.sasl.enabled.mechanisms": ",".join(logins.PASSWORD_MECHANISMS)}
    for mechanism in (logins.SCRAM_512, logins.SCRAM_256):
        lines[f"{_CLIENTS}.{mechanism.lower()}.sasl.jaas.config"] = f"{_MODULES}.scram.ScramLoginModule required;"
    lines[f"{_CLIENTS}.plain.sasl.jaas.config"] = f"{_MODULES}.plain.PlainLoginModule required {users};"
    return lines


def _kerberos(folder: Path) -> dict[str, str]:
    return {
        f"{_CLIENTS}.sasl.enabled.mechanisms": logins.GSSAPI,
        f"{_CLIENTS}.sasl.kerberos.service.name": logins.SERVICE,
        f"{_CLIENTS}.gssapi.sasl.jaas.config": logins.kerberos_jaas(logins.BROKER_PRINCIPAL, folder / f"{BROKER}.keytab"),
    }


def _oauth(issuer: str) -> dict[str, str]:
    prefix = f"{_CLIENTS}.oauthbearer"
    return {
        f"{_CLIENTS}.sasl.enabled.mechanisms": logins.OAUTH,
        f"{prefix}.sasl.jaas.config": f"{_MODULES}.oauthbearer.OAuthBearerLoginModule required;",
        f"{prefix}.sasl.server.callback.handler.class": f"{_MODULES}.oauthbearer.OAuthBearerValidatorCallbackHandler",
        f"{_CLIENTS}.sasl.oauthbearer.jwks.endpoint.url": f"{issuer}/jwks",
        f"{_CLIENTS}.sasl.oauthbearer.expected.audience": "kafka",
        f"{_CLIENTS}.sasl.oauthbearer.expected.issuer": issuer,
    }
