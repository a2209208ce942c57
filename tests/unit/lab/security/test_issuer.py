"""Tokens are given for the right secret alone, and can be verified with the key that is published."""

from __future__ import annotations

import base64
import json
from http import HTTPStatus

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kastellan.lab.security.certificates import signing_key
from kastellan.lab.security.issuer import LIVES_S, Issuer

NOW_S = 1_700_000_000
URL = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer(URL, signing_key(), {"viewer": "s3cret", "empty": ""})


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def form(**more: str) -> dict[str, str]:
    return {"grant_type": "client_credentials", "client_id": "viewer", "client_secret": "s3cret", **more}


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_token_says_who_until_when_and_its_signature_holds(issuer: Issuer) -> None:
    status, body = issuer.grant(form(), "", NOW_S)
    assert status == HTTPStatus.OK
    head, claims, signature = str(body["access_token"]).split(".")
    told = json.loads(raw(claims))
    assert {key: told[key] for key in ("iss", "sub", "aud", "exp")} == {
        "iss": URL,
        "sub": "viewer",
        "aud": "kafka",
        "exp": NOW_S + LIVES_S,
    }
    keys = issuer.jwks["keys"]
    assert isinstance(keys, list)
    assert json.loads(raw(head))["kid"] == keys[0]["kid"]
    numbers = [int.from_bytes(raw(keys[0][each])) for each in ("e", "n")]
    rsa.RSAPublicNumbers(*numbers).public_key().verify(
        raw(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )


@pytest.mark.parametrize(
    ("sent", "authorization", "expected"),
    [
        (form(client_secret="wrong"), "", HTTPStatus.UNAUTHORIZED),
        (form(client_id="stranger", client_secret=""), "", HTTPStatus.UNAUTHORIZED),
        (form(grant_type="password"), "", HTTPStatus.BAD_REQUEST),
        ({"grant_type": "client_credentials"}, basic("viewer:s3cret"), HTTPStatus.OK),
        ({"grant_type": "client_credentials"}, basic("viewer:s3%63ret"), HTTPStatus.OK),
        ({"grant_type": "client_credentials"}, basic("viewer:no"), HTTPStatus.UNAUTHORIZED),
        ({"grant_type": "client_credentials"}, "Basic %%%", HTTPStatus.UNAUTHORIZED),
        ({}, "", HTTPStatus.BAD_REQUEST),
    ],
)
def test_the_answer_at_the_token_endpoint(issuer: Issuer, sent: dict[str, str], authorization: str, expected: HTTPStatus) -> None:
    status, body = issuer.grant(sent, authorization, NOW_S)
    assert status == expected
    assert ("access_token" in body) == (expected == HTTPStatus.OK)
