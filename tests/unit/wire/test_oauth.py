from __future__ import annotations

import asyncio
import base64
import json
import time

import pytest

from kastellan.config.security import OAuthLogin
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.secret import Secret
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.progress import Progress
from kastellan.wire.kafka.sasl.mechanism import SaslFailed
from kastellan.wire.kafka.sasl.oauth import Bearer, Token, token_of, unsigned_token
from kastellan.wire.kafka.sasl.tokens import TokenMechanism
from kastellan.wire.kafka.trouble import Refusal


def jwt(**claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def begun(login: OAuthLogin) -> tuple[TokenMechanism, Bearer | Refusal]:
    method = TokenMechanism(login)
    return method, asyncio.run(method.begin(Endpoint("b", 1, 1), Deadline.after(10), Progress()))


def test_the_message_is_that_of_rfc_7628_with_extensions():
    bearer = Bearer(Token(Secret("T0k3n")), {"logicalCluster": "lkc-1", "x": "y"})
    assert bearer.first() == b"n,,\x01auth=Bearer T0k3n\x01logicalCluster=lkc-1\x01x=y\x01\x01"
    assert bearer.next(b"") is None


def test_a_refusal_inside_the_mechanism_is_answered_once_and_told():
    bearer = Bearer(Token(Secret("t")), {})
    assert bearer.next(b'{"status":"invalid_token"}') == b"\x01"
    assert bearer.hint == "status invalid_token"
    with pytest.raises(SaslFailed, match="refused the token"):
        bearer.next(b"again")
    for odd in (b"\xff", b"[]", b"{}", b"[" * 100_000):
        other = Bearer(Token(Secret("t")), {})
        assert other.next(odd) == b"\x01"
        assert other.hint


@pytest.mark.parametrize("text", ["opaque", "a.b.c", "a.!.c", jwt(sub=5, exp="soon"), "..", "e30.W10.x"])
def test_a_token_that_says_nothing_is_taken_as_it_is(text):
    assert token_of(text) == Token(Secret(text), None, None)


def test_a_token_says_who_it_is_for_and_until_when():
    assert token_of(jwt(sub="alice", exp=1_700_000_000)) == Token(Secret(jwt(sub="alice", exp=1_700_000_000)), "alice", 1.7e9)
    made = unsigned_token("me", 1_000.5, 60)
    assert (made.subject, made.expires_s) == ("me", 1_060.0)
    header, _, signature = made.text.reveal().split(".")
    assert (base64.urlsafe_b64decode(header + "=="), signature) == (b'{"alg":"none"}', "")


def test_a_token_file_is_read_anew_for_each_login_unless_the_token_tells_its_life(tmp_path):
    file = tmp_path / "token"
    file.write_text("first\n")
    method, turns = begun(OAuthLogin(token_file=str(file)))
    assert isinstance(turns, Bearer)
    file.write_text(jwt(sub="alice", exp=time.time() + 600))
    for text in (jwt(sub="alice"), "other"):
        again = asyncio.run(method.begin(Endpoint("b", 1, 1), Deadline.after(10), Progress()))
        assert isinstance(again, Bearer)
        assert b"e30." in again.first()
        file.write_text(text)
    assert method.user == "alice"
    method.forget()
    fresh = asyncio.run(method.begin(Endpoint("b", 1, 1), Deadline.after(10), Progress()))
    assert isinstance(fresh, Bearer)
    assert b"Bearer other" in fresh.first()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("", "holds no token"),
        ("two words", "holds no token"),
        (jwt(exp=1), "has expired"),
        (b"\xff", "not text"),
    ],
)
def test_a_token_file_that_cannot_be_used_is_one_sentence_without_the_token(content, told, tmp_path):
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    _, found = begun(OAuthLogin(token_file=str(file)))
    assert isinstance(found, Refusal)
    assert found.trouble is Trouble.UNAUTHENTICATED
    assert told in found.sentence
    assert "e30." not in found.sentence


def test_the_unsigned_token_of_kafkas_own_tests():
    method, turns = begun(OAuthLogin(unsigned_subject="me"))
    assert isinstance(turns, Bearer)
    assert method.user == "me"


def test_an_endpoint_that_is_no_address_is_refused_before_anything_is_sent():
    with pytest.raises(BadInput, match=r"sasl\.oauthbearer\.token\.endpoint\.url is no address"):
        TokenMechanism(OAuthLogin(token_url="idp/token", client_id="a", client_secret=Secret("hunter2")))
