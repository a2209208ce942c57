"""AWS_MSK_IAM: a presigned request, signed with AWS credentials (Signature Version 4), takes the place of a password."""

from __future__ import annotations

import asyncio
import configparser
import datetime as dt
import hashlib
import hmac
import json
import os
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from kastellan.config.security import MskIamLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.secret import Secret
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.mechanism import OneMessage
from kastellan.wire.kafka.trouble import Refusal

_SERVICE: Final = "kafka-cluster"
_ACTION: Final = "kafka-cluster:Connect"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_NOTHING: Final = hashlib.sha256(b"").hexdigest()
_LIVES_S: Final = 900
_REGION: Final = re.compile(r"\.(?:kafka|kafka-serverless)\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$")


class Keys(msgspec.Struct, frozen=True):
    """AWS credentials."""

    access_key: str
    secret_key: Secret
    token: Secret | None = None


class Presigned(msgspec.Struct, frozen=True):
    """What a signature is made over: a GET of `path` from `host`."""

    host: str
    region: str
    service: str = _SERVICE
    path: str = "/"
    parameters: Mapping[str, str] = msgspec.field(default_factory=lambda: {"Action": _ACTION})
    lives_s: int = _LIVES_S
    body_hash: str = _NOTHING


def presign(request: Presigned, keys: Keys, now: dt.datetime) -> dict[str, str]:
    """The query parameters of the presigned request, X-Amz-Signature last. `now` is in UTC."""
    day, moment = f"{now:%Y%m%d}", f"{now:%Y%m%dT%H%M%SZ}"
    scope = f"{day}/{request.region}/{request.service}/aws4_request"
    query = {
        **request.parameters,
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{keys.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(request.lives_s),
        **({"X-Amz-Security-Token": keys.token.reveal()} if keys.token is not None else {}),
        "X-Amz-SignedHeaders": "host",
    }
    text = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(query.items()))
    canonical = "\n".join(("GET", request.path, text, f"host:{request.host}\n", "host", request.body_hash))
    to_sign = "\n".join((_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{keys.secret_key.reveal()}".encode()
    for part in (day, request.region, request.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return {**query, "X-Amz-Signature": hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()}


def message(host: str, region: str, keys: Keys, now: dt.datetime) -> bytes:
    """The one message of the mechanism."""
    signed = presign(Presigned(host, region), keys, now)
    content = {"version": "2020_10_22", "host": host, "user-agent": "kastellan"}
    return json.dumps({**content, **{name.lower(): value for name, value in signed.items()}}, separators=(",", ":")).encode()


class MskMechanism:
    """Logins by AWS_MSK_IAM. Credentials are looked for at every login: those of roles end after an hour."""

    user: str | None = None

    def __init__(self, login: MskIamLogin) -> None:
        self._login = login

    async def begin(self, endpoint: Endpoint, deadline: Deadline, progress: Progress) -> OneMessage | Refusal:  # noqa: ARG002
        """A login at this broker: the signature holds for its name alone."""
        named = _REGION.search(endpoint.host)
        region = self._login.region or (named.group(1) if named else None) or os.environ.get("AWS_REGION")
        region = region or os.environ.get("AWS_DEFAULT_REGION")
        if region is None:
            return _no(f"no AWS region is known for {endpoint.host}", "set AWS_REGION")
        try:
            async with asyncio.timeout_at(deadline.at_s):
                keys = await asyncio.to_thread(find_keys, self._login, os.environ)
        except TimeoutError:
            return _no("AWS credentials were not found in time", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        if isinstance(keys, Refusal):
            return keys
        return OneMessage(message(endpoint.host, region, keys, dt.datetime.now(dt.UTC)))

    def forget(self) -> None:
        """Nothing is kept."""


def find_keys(login: MskIamLogin, environment: Mapping[str, str]) -> Keys | Refusal:
    """The credentials, from the environment or the shared file; whatever else AWS knows needs the extra `msk`."""
    if login.role_arn is None and login.profile is None and environment.get("AWS_ACCESS_KEY_ID"):
        token = environment.get("AWS_SESSION_TOKEN")
        secret = Secret(environment.get("AWS_SECRET_ACCESS_KEY", ""))
        return Keys(environment["AWS_ACCESS_KEY_ID"], secret, Secret(token) if token else None)
    if login.role_arn is None:
        keys = _from_file(login.profile or environment.get("AWS_PROFILE", "default"), environment)
        if keys is not None:
            return keys
    return _by_library(login)


def _from_file(profile: str, environment: Mapping[str, str]) -> Keys | None:
    path = Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or Path.home() / ".aws" / "credentials")
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
        section: Mapping[str, str] = parser[profile]
    except (OSError, UnicodeDecodeError, configparser.Error, KeyError):
        return None
    if "aws_access_key_id" not in section or "aws_secret_access_key" not in section:
        return None
    token = section.get("aws_session_token")
    return Keys(section["aws_access_key_id"], Secret(section["aws_secret_access_key"]), Secret(token) if token else None)


def _by_library(login: MskIamLogin) -> Keys | Refusal:
    """What only AWS's own library can: roles, single sign-on, containers, instances."""
    try:
        session: Any = import_module("botocore.session").Session(profile=login.profile)
    except ImportError:
        return _no(
            "no AWS credentials stand in AWS_ACCESS_KEY_ID or in ~/.aws/credentials",
            "for roles, single sign-on and instances install the extra: pip install 'kastellan[msk]'",
        )
    try:
        if login.role_arn is not None:
            name = login.role_session or "kastellan"
            role = session.create_client("sts").assume_role(RoleArn=login.role_arn, RoleSessionName=name)["Credentials"]
            return Keys(role["AccessKeyId"], Secret(role["SecretAccessKey"]), Secret(role["SessionToken"]))
        credentials = session.get_credentials()
    except Exception as error:  # noqa: BLE001  # the library's errors are known only where it is installed
        return _no(f"AWS gave no credentials ({' '.join(str(error).split())[:160]})", "check the profile or role")
    if credentials is None:
        return _no("no AWS credentials were found", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile")
    frozen = credentials.get_frozen_credentials()
    return Keys(frozen.access_key, Secret(frozen.secret_key), Secret(frozen.token) if frozen.token else None)


def _no(reason: str, remedy: str) -> Refusal:
    return Refusal(Trouble.UNAUTHENTICATED, reason, remedy)
