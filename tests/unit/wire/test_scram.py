"""The vectors of RFC 5802's successors and of people who lie."""

from __future__ import annotations

import pytest

from kastellan.config.security import ScramLogin
from kastellan.kernel.secret import Secret
from kastellan.wire.kafka.sasl.mechanism import SaslFailed
from kastellan.wire.kafka.sasl.scram import Derivations, Scram

LOGIN = ScramLogin("SCRAM-SHA-256", "user", Secret("pencil"))
NONCE = "rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_the_example_of_rfc_7677():
    scram = Scram(LOGIN, NONCE)
    assert scram.first() == b"n,,n=user,r=" + NONCE.encode()
    assert scram.next(SERVER_FIRST) == CLIENT_FINAL
    assert scram.next(SERVER_FINAL) is None


def test_names_are_escaped_and_a_delegation_token_is_marked():
    login = ScramLogin("SCRAM-SHA-512", "a=b,c", Secret("p"), token=True)
    assert Scram(login, "N").first() == b"n,,n=a=3Db=2Cc,r=N,tokenauth=true"


def test_a_salted_password_is_made_once_for_all_brokers(monkeypatch):
    made = []
    derive = Derivations()
    monkeypatch.setattr("hashlib.pbkdf2_hmac", lambda *given: made.append(given) or b"key")
    for _ in range(3):
        assert derive("sha256", b"p", b"salt", 4_096) == b"key"
    assert derive("sha256", b"p", b"other", 4_096) == b"key"
    assert len(made) == 2
    assert "p" not in repr(derive)


@pytest.mark.parametrize(
    ("server_first", "told"),
    [
        (b"r=somebodyelse,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "a nonce that is not built on ours"),
        (b"r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "a nonce that is not built on ours"),
        (b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2147483648", "wants 2147483648 SCRAM iterations"),
        (b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1", "wants 1 SCRAM iterations"),
        (b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=" + b"9" * 10_000, "SCRAM iterations"),
        (b"r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=-5", "without salt or iterations"),
        (b"r=rOprNGfwEbeRWgbNEkqOx,s=!,i=4096", "without salt or iterations"),
        (b"r=rOprNGfwEbeRWgbNEkqOx", "without salt or iterations"),
        (b"e=other-error", "refused the login: other-error"),
        (b"", "a nonce that is not built on ours"),
        (b"\xff\xfe", "bytes that are no text"),
    ],
)
def test_a_peer_that_lies_in_its_first_message_learns_nothing(server_first, told):
    with pytest.raises(SaslFailed) as failed:
        Scram(LOGIN, NONCE).next(server_first)
    assert told in str(failed.value)
    assert "pencil" not in str(failed.value)


@pytest.mark.parametrize("server_final", [b"v=AAAA", b"v=", b"", b"v=" + b"A" * 43 + b"=", b"x=1"])
def test_a_peer_that_does_not_know_the_password_is_not_believed(server_final):
    scram = Scram(LOGIN, NONCE)
    scram.next(SERVER_FIRST)
    with pytest.raises(SaslFailed, match="could not prove that it knows this user's password"):
        scram.next(server_final)
