"""From the `ssl.*` settings to how a TLS connection is made, and what of it a Java client refuses."""

from __future__ import annotations

from typing import Final

from kastellan.config.security import Store, Tls
from kastellan.config.settings import Settings, items
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

_VERSIONS: Final = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_DEAD_VERSIONS: Final = frozenset({"SSLv2Hello", "SSLv3"})
"""Java knows the names and no longer speaks them."""
_STORE_TYPES: Final = frozenset({"PEM", "PKCS12", "JKS"})
_NAME_CHECKS: Final = frozenset({"https", "ldap", "ldaps"})
"""What Java's X509TrustManagerImpl knows, in any case; each checks the name of the host."""
_REFUSED_EMPTY: Final = (
    "ssl.keymanager.algorithm",
    "ssl.trustmanager.algorithm",
    "ssl.provider",
    "ssl.protocol",
    "ssl.secure.random.implementation",
    "ssl.engine.factory.class",
)


def tls_from(settings: Settings) -> Tls:
    """The TLS settings. Raises BadInput for values that no client can use."""
    for key in _REFUSED_EMPTY:
        if settings.has(key) and not settings.peek(key):
            settings.java_refuses(f"{key} is empty; remove the line")
    return Tls(
        trust=trust_from(settings), identity=_identity(settings), check_names=_check_names(settings), versions=_versions(settings)
    )


def _check_names(settings: Settings) -> bool:
    algorithm = settings.written("ssl.endpoint.identification.algorithm")
    if not algorithm:
        return algorithm is None
    if algorithm.lower() not in _NAME_CHECKS:
        settings.java_refuses(
            "ssl.endpoint.identification.algorithm is neither https nor empty; to turn the check off, write nothing behind the ="
        )
    return algorithm.lower() != "none"


def _versions(settings: Settings) -> tuple[str, ...]:
    text = settings.text("ssl.enabled.protocols")
    if text is None:
        return Tls().versions
    names = tuple(name for name in items(text) if name)
    spelled = {name.lower(): name for name in (*_VERSIONS, *_DEAD_VERSIONS)}
    unknown = [name for name in names if name.lower() not in spelled]
    versions = tuple(version for name in names if (version := spelled.get(name.lower(), "")) in _VERSIONS)
    if unknown or not versions:
        raise BadInput(
            f"{settings.name} sets ssl.enabled.protocols to something that is not among {', '.join(_VERSIONS)}; correct it"
        )
    if any(name not in spelled.values() for name in names):
        settings.java_refuses(f"ssl.enabled.protocols is not spelled {', '.join(_VERSIONS)}")
    if not {"TLSv1.2", "TLSv1.3"} & {*versions}:
        settings.java_refuses("ssl.enabled.protocols has only versions that Java has switched off (jdk.tls.disabledAlgorithms)")
    return versions


def trust_from(settings: Settings) -> Store | None:
    """Which certificates are trusted; None: those of the operating system."""
    kind = _type(settings, "ssl.truststore.type")
    text, path = settings.secret("ssl.truststore.certificates"), settings.text_or_refused("ssl.truststore.location")
    password = settings.secret("ssl.truststore.password")
    text = _without_empty(settings, "ssl.truststore.certificates", text)
    if text is not None and kind != "PEM":
        settings.java_refuses("ssl.truststore.certificates needs ssl.truststore.type=PEM")
    if text is not None and path is not None:
        settings.java_refuses("both ssl.truststore.location and ssl.truststore.certificates are set; remove one")
    if password is not None and (kind == "PEM" or (text is None and path is None)):
        settings.java_refuses("ssl.truststore.password is set without a store that has one; remove it")
    if text is None and path is None:
        return None
    key = "ssl.truststore.location" if path else "ssl.truststore.certificates"
    return Store(path, None if path else text, password, place=f"{key} of {settings.name}", kind=kind)


def _identity(settings: Settings) -> Store | None:
    kind = _type(settings, "ssl.keystore.type")
    path = settings.text_or_refused("ssl.keystore.location")
    key = _without_empty(settings, "ssl.keystore.key", settings.secret("ssl.keystore.key"))
    chain = settings.secret("ssl.keystore.certificate.chain")
    chain = _without_empty(settings, "ssl.keystore.certificate.chain", chain)
    password, key_password = settings.secret("ssl.keystore.password"), settings.secret("ssl.key.password")
    if path is not None or key is not None:
        key_password = _without_empty(settings, "ssl.key.password", key_password)
    if key is not None and kind != "PEM":
        settings.java_refuses("ssl.keystore.key needs ssl.keystore.type=PEM")
    if path is not None and (key is not None or chain is not None):
        settings.java_refuses("ssl.keystore.location is set beside ssl.keystore.key and its chain; remove one")
    if password is not None and (kind == "PEM" or path is None):
        settings.java_refuses("ssl.keystore.password is set without a store that has one; remove it")
    if path is not None:
        if password is None and kind != "PEM":
            settings.java_refuses(
                "ssl.keystore.location has no ssl.keystore.password; add it (a PEM file wants ssl.keystore.type=PEM)"
            )
        return Store(path, None, password, key_password, f"ssl.keystore.location of {settings.name}", kind)
    if key is None and chain is None:
        return None
    if key is None or chain is None:
        there, missing = ("ssl.keystore.certificate.chain", "ssl.keystore.key")[:: 1 if key is None else -1]
        raise BadInput(f"{settings.name} sets {there} without {missing}; a PEM identity needs both")
    both = Secret(key.reveal() + "\n" + chain.reveal())
    return Store(None, both, None, key_password, f"ssl.keystore.key of {settings.name}", kind)


def _without_empty(settings: Settings, key: str, secret: Secret | None) -> Secret | None:
    if secret is None or secret.reveal():
        return secret
    settings.java_refuses(f"{key} is empty; remove the line")
    return None


def _type(settings: Settings, key: str) -> str:
    """The type of a store as it is written; JKS where nothing is, which in Java opens PKCS12 too."""
    kind = settings.text_or_refused(key) or "JKS"
    if kind.upper() not in _STORE_TYPES:
        raise BadInput(
            f"{settings.name} sets {key} to a kind that Kastellan cannot read; convert the store with "
            "keytool -importkeystore -deststoretype PKCS12, or to PEM"
        )
    if kind.upper() == "PEM" != kind:
        settings.java_refuses(f"{key} is not spelled PEM")
    return kind
