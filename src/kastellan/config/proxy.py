"""A proxy on the way to the brokers, as users write it: `socks5://user:password@bastion:1080`, `http://proxy:3128`."""

from __future__ import annotations

from typing import Final, Literal, cast
from urllib.parse import unquote, urlsplit

import msgspec

from kastellan.kernel.addresses import address_text
from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

Scheme = Literal["socks5", "http"]
_SCHEMES: Final = {"socks5": "socks5", "socks5h": "socks5", "http": "http"}


class Proxy(msgspec.Struct, frozen=True):
    """A SOCKS 5 server, or an HTTP server that does CONNECT. It looks the brokers' names up itself."""

    scheme: Scheme
    host: str
    port: int
    user: str | None = None
    password: Secret | None = None

    @property
    def label(self) -> str:
        """How a sentence names it; never with its password."""
        return f"the proxy {self.scheme}://{address_text(self.host, self.port)}"


def parse_proxy(text: str, place: str = "--proxy") -> Proxy:
    """The proxy that the text names. Raises BadInput, which never repeats the text: a password may stand in it.

    >>> parse_proxy("socks5://bastion:1080").label
    'the proxy socks5://bastion:1080'
    """
    wrong = BadInput(f"{place} is no proxy; write socks5://[USER:PASSWORD@]HOST:PORT or http://[USER:PASSWORD@]HOST:PORT")
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    scheme = _SCHEMES.get(parts.scheme)
    if scheme is None or not host or not port or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise wrong
    user = unquote(parts.username) if parts.username else None
    password = Secret(unquote(parts.password)) if parts.password is not None else None
    return Proxy(cast("Scheme", scheme), host, port, user, password)
