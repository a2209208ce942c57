"""From `sasl.mechanism`, `sasl.jaas.config` and their kin to a login."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from kastellan.config.jaas import LoginModule, login_module
from kastellan.config.security import KerberosLogin, Login, MskIamLogin, OAuthLogin, PlainLogin, ScramLogin, Store
from kastellan.config.settings import Settings
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

_EXTENSION: Final = "extension_"
_CLASSES: Final = frozenset(
    {
        "org.apache.kafka.common.security.plain.PlainLoginModule",
        "org.apache.kafka.common.security.scram.ScramLoginModule",
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule",
        "com.sun.security.auth.module.Krb5LoginModule",
        "com.ibm.security.auth.module.Krb5LoginModule",
        "software.amazon.msk.auth.iam.IAMLoginModule",
    }
)
_CLASS_OF: Final = {name.rpartition(".")[2]: name for name in sorted(_CLASSES)}
_RETRIEVERS: Final = frozenset({"DefaultJwtRetriever", "ClientCredentialsJwtRetriever", "FileJwtRetriever"})
_LOGIN_HANDLERS: Final = frozenset(
    {"OAuthBearerLoginCallbackHandler", "OAuthBearerUnsecuredLoginCallbackHandler", "IAMOAuthBearerLoginCallbackHandler"}
)
_CLIENT_HANDLERS: Final = frozenset({"IAMClientCallbackHandler", "OAuthBearerSaslClientCallbackHandler"})


def login_from(settings: Settings, trust: Store | None) -> Login:
    """The login that the settings describe; `trust` is how a token issuer is trusted.

    Raises BadInput for an unknown mechanism and for one without its credentials.
    """
    written = settings.text_or_refused("sasl.mechanism") or "GSSAPI"
    mechanism = written.upper()
    make = _MAKERS.get(mechanism)
    if make is None:
        raise BadInput(f"{settings.name} sets sasl.mechanism to something that is not one of {', '.join(_MAKERS)}")
    if written != mechanism:
        settings.java_refuses("sasl.mechanism is not in capital letters")
    handler = settings.text("sasl.client.callback.handler.class")
    if handler is not None and handler.rpartition(".")[2] not in _CLIENT_HANDLERS:
        raise BadInput(f"{settings.name} sets sasl.client.callback.handler.class to code of its own, which only Java can run")
    login = make(settings, mechanism)
    return msgspec.structs.replace(login, trust=trust) if isinstance(login, OAuthLogin) else login


def _module(settings: Settings, mechanism: str, *names: str) -> LoginModule:
    text = settings.text("sasl.jaas.config")
    if text is None:
        raise BadInput(
            f"{settings.name} uses {mechanism} without sasl.jaas.config; write it into the file "
            "(a JAAS file named by java.security.auth.login.config is not read)"
        )
    module = login_module(text, f"sasl.jaas.config of {settings.name}")
    if module.short not in names:
        raise BadInput(
            f"sasl.jaas.config of {settings.name} names a login module that is not {names[0]}, which {mechanism} needs"
        )
    if module.name not in _CLASSES:
        settings.java_refuses(f"its login module is not written {_CLASS_OF[module.short]}")
    return module


def _user_and_password(settings: Settings, mechanism: str) -> tuple[LoginModule, str, Secret]:
    # For PLAIN Kafka's own clients take user and password from either of the two modules.
    own = ("PlainLoginModule", "ScramLoginModule")
    module = _module(settings, mechanism, *(own if mechanism == "PLAIN" else own[::-1]))
    user, password = module.text("username"), module.options.get("password")
    if user is None or password is None:
        raise BadInput(f"sasl.jaas.config of {settings.name} has no {'username' if user is None else 'password'}; add it")
    return module, user, password


def _plain(settings: Settings, mechanism: str) -> PlainLogin:
    _, user, password = _user_and_password(settings, mechanism)
    return PlainLogin(user, password)


def _scram(settings: Settings, mechanism: str) -> ScramLogin:
    module, user, password = _user_and_password(settings, mechanism)
    if module.short != "ScramLoginModule":
        settings.java_refuses(f"{mechanism} needs {_CLASS_OF['ScramLoginModule']}")
    if not user.isascii():
        # ScramMessages of the broker: the pattern of a name ends at 0x7F.
        settings.note(
            f"the username in sasl.jaas.config of {settings.name} is not ASCII, and brokers refuse such names in SCRAM; "
            "use a user with an ASCII name"
        )
    named = "SCRAM-SHA-256" if mechanism == "SCRAM-SHA-256" else "SCRAM-SHA-512"
    return ScramLogin(named, user, password, token=module.is_true("tokenauth"))


def _oauth(settings: Settings, mechanism: str) -> OAuthLogin | MskIamLogin:
    module = _module(settings, mechanism, "OAuthBearerLoginModule")
    handler = _handler_name(settings, "sasl.login.callback.handler.class", _LOGIN_HANDLERS)
    _handler_name(settings, "sasl.oauthbearer.jwt.retriever.class", _RETRIEVERS)
    if handler.startswith("IAM"):
        return _msk_of(module)
    url = settings.text("sasl.oauthbearer.token.endpoint.url")
    file = None
    if url is not None and url.lower().startswith("file:"):
        url, file = None, url[len("file:") :].removeprefix("//")
    subject = module.text("unsecuredLoginStringClaim_sub")
    client_id = settings.text("sasl.oauthbearer.client.credentials.client.id") or module.text("clientId")
    secret = settings.secret("sasl.oauthbearer.client.credentials.client.secret")
    secret = secret if secret is not None and secret.reveal() else module.options.get("clientSecret")
    if url is not None and (client_id is None or secret is None):
        missing = "clientId" if client_id is None else "clientSecret"
        raise BadInput(f"{settings.name} names a token endpoint and no {missing}; add it to sasl.jaas.config")
    if url is None and file is None and subject is None:
        raise BadInput(f"{settings.name} uses OAUTHBEARER without sasl.oauthbearer.token.endpoint.url; add it (https: or file:)")
    return OAuthLogin(
        token_url=url,
        token_file=file,
        client_id=client_id,
        client_secret=secret,
        scope=settings.text("sasl.oauthbearer.scope") or module.text("scope"),
        url_encode_header=settings.is_true("sasl.oauthbearer.header.urlencode"),
        extensions=_extensions(module),
        unsigned_subject=subject if url is None and file is None else None,
        unsigned_lifetime_s=_number(module, "unsecuredLoginLifetimeSeconds", 3_600),
        connect_timeout_s=settings.duration_s("sasl.login.connect.timeout.ms") or None,
        read_timeout_s=settings.duration_s("sasl.login.read.timeout.ms") or None,
    )


def _handler_name(settings: Settings, key: str, served: frozenset[str]) -> str:
    name = (settings.text(key) or "").rpartition(".")[2]
    if name and name not in served:
        raise BadInput(f"{settings.name} sets {key} to code of its own, which only Java can run; name the token endpoint instead")
    return name


def _number(module: LoginModule, option: str, default: int) -> int:
    text = module.text(option)
    return int(text) if text is not None and text.isascii() and text.isdecimal() else default


def _extensions(module: LoginModule) -> Mapping[str, str]:
    return {
        name[len(_EXTENSION) :]: value.reveal()
        for name, value in module.options.items()
        if name.startswith(_EXTENSION) and len(name) > len(_EXTENSION)
    }


def _kerberos(settings: Settings, mechanism: str) -> KerberosLogin:
    module = _module(settings, mechanism, "Krb5LoginModule")
    service = settings.text("sasl.kerberos.service.name") or module.text("serviceName")
    if service is None:
        raise BadInput(f"{settings.name} uses GSSAPI without sasl.kerberos.service.name; add it (mostly kafka)")
    keytab = (module.text("keyTab") or "").removeprefix("file:") or None
    if module.is_true("useKeyTab") and keytab is None:
        raise BadInput(f'sasl.jaas.config of {settings.name} has useKeyTab and no keyTab; add it: keyTab="FILE"')
    return KerberosLogin(
        service=service,
        principal=module.text("principal"),
        keytab=keytab if module.is_true("useKeyTab") else None,
        ticket_cache=module.text("ticketCache"),
    )


def _msk(settings: Settings, mechanism: str) -> MskIamLogin:
    return _msk_of(_module(settings, mechanism, "IAMLoginModule"))


def _msk_of(module: LoginModule) -> MskIamLogin:
    return MskIamLogin(
        profile=module.text("awsProfileName"),
        role_arn=module.text("awsRoleArn"),
        role_session=module.text("awsRoleSessionName"),
        region=module.text("awsStsRegion"),
    )


_MAKERS: Final[Mapping[str, Callable[[Settings, str], Login]]] = {
    "PLAIN": _plain,
    "SCRAM-SHA-256": _scram,
    "SCRAM-SHA-512": _scram,
    "OAUTHBEARER": _oauth,
    "GSSAPI": _kerberos,
    "AWS_MSK_IAM": _msk,
}
