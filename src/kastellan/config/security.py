"""How a client and a cluster authenticate each other: plain values, read from the user's files.

Nothing here is opened or sent; `wire.tls` and `wire.kafka.sasl` do that. Secrets have a type that cannot print.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from kastellan.kernel.secret import Secret


class Protocol(StrEnum):
    """Kafka's `security.protocol`."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def tls(self) -> bool:
        """The connection is encrypted."""
        return self in {Protocol.SSL, Protocol.SASL_SSL}

    @property
    def sasl(self) -> bool:
        """The client logs in."""
        return self in {Protocol.SASL_PLAINTEXT, Protocol.SASL_SSL}


class Store(msgspec.Struct, frozen=True):
    """Certificates, or a key with its chain: a PEM, PKCS12 or JKS file, or PEM text that stood in the properties."""

    path: str | None = None
    text: Secret | None = None
    password: Secret | None = None
    """Opens the file."""
    key_password: Secret | None = None
    """Opens the private key; the file's password when there is none."""
    place: str = ""
    """Where it was written down, for sentences: `ssl.keystore.location of client.properties`."""
    kind: str | None = None
    """The type that was written beside it, with which a Java client opens it; the content decides here. None: none was."""


class Tls(msgspec.Struct, frozen=True):
    """The client's side of a TLS connection."""

    trust: Store | None = None
    """The certificates that are trusted; None: those of the operating system."""
    identity: Store | None = None
    """Our own key and certificate, for a peer that asks for one."""
    check_names: bool = True
    """The peer's certificate has to name the host that is connected to."""
    versions: tuple[str, ...] = ("TLSv1.2", "TLSv1.3")


class PlainLogin(msgspec.Struct, frozen=True):
    """PLAIN: the password itself is sent."""

    user: str
    password: Secret


class ScramLogin(msgspec.Struct, frozen=True):
    """SCRAM: both sides prove that they know the password, without sending it."""

    mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512"]
    user: str
    password: Secret
    token: bool = False
    """User and password are the id and HMAC of a delegation token."""


class OAuthLogin(msgspec.Struct, frozen=True, kw_only=True):
    """OAUTHBEARER: a token from an OIDC issuer, from a file, or an unsigned one for tests."""

    token_url: str | None = None
    token_file: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    scope: str | None = None
    url_encode_header: bool = False
    """Client id and secret are form-encoded before they go into the Authorization header (RFC 6749, 2.3.1)."""
    extensions: Mapping[str, str] = {}
    unsigned_subject: str | None = None
    """The `sub` of an unsigned token, as Kafka's own unsecured login makes it; brokers accept it in tests only."""
    unsigned_lifetime_s: int = 3_600
    connect_timeout_s: float | None = None
    read_timeout_s: float | None = None
    trust: Store | None = None
    """The certificates by which the issuer is trusted; None: those of the operating system."""


class KerberosLogin(msgspec.Struct, frozen=True, kw_only=True):
    """GSSAPI: a Kerberos ticket, from a key table or a ticket cache."""

    service: str
    principal: str | None = None
    keytab: str | None = None
    ticket_cache: str | None = None


class MskIamLogin(msgspec.Struct, frozen=True, kw_only=True):
    """AWS_MSK_IAM: a request that is signed with AWS credentials."""

    profile: str | None = None
    role_arn: str | None = None
    role_session: str | None = None
    region: str | None = None


Login: TypeAlias = PlainLogin | ScramLogin | OAuthLogin | KerberosLogin | MskIamLogin


class SecuritySettings(msgspec.Struct, frozen=True):
    """Everything that a connection needs for encryption and login."""

    protocol: Protocol = Protocol.PLAINTEXT
    tls: Tls = Tls()
    login: Login | None = None


def mechanism_name(login: Login) -> str:
    """The name of a login's SASL mechanism."""
    if isinstance(login, ScramLogin):
        return login.mechanism
    return _MECHANISMS[type(login)]


_MECHANISMS: dict[type, str] = {
    PlainLogin: "PLAIN",
    OAuthLogin: "OAUTHBEARER",
    KerberosLogin: "GSSAPI",
    MskIamLogin: "AWS_MSK_IAM",
}
