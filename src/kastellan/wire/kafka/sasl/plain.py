"""PLAIN (RFC 4616): the password itself, which only TLS keeps secret."""

from __future__ import annotations

from kastellan.config.security import PlainLogin
from kastellan.wire.kafka.sasl.turns import OneMessage


def plain(login: PlainLogin) -> OneMessage:
    """The one message."""
    return OneMessage(b"\0" + login.user.encode() + b"\0" + login.password.reveal().encode())
