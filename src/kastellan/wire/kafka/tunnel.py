"""A way to a broker through a proxy, which looks the broker's name up itself."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import Final

from kastellan.config.proxy import Proxy
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.outcome import Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.kafka.trouble import Refusal

_SHOWN: Final = 120
_DENIED: Final = frozenset({401, 403, 407})
_SOCKS_REFUSED: Final = 5


async def tunnel(proxy: Proxy, host: str, port: int, whom: str, deadline: Deadline) -> socket.socket | Refusal:
    """A socket whose other end is the broker, or why there is none: the proxy's own trouble or that of the way behind it."""
    from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType  # noqa: PLC0415  # few have a proxy
    from python_socks.async_.asyncio import Proxy as Way  # noqa: PLC0415

    waited_s = deadline.remaining_s()
    kind = ProxyType.SOCKS5 if proxy.scheme == "socks5" else ProxyType.HTTP
    password = proxy.password.reveal() if proxy.password is not None else None
    way = Way(kind, proxy.host, proxy.port, proxy.user, password, rdns=True)
    try:
        async with asyncio.timeout_at(deadline.at_s):
            return await way.connect(host, port, timeout=waited_s + 1)
    except (TimeoutError, ProxyTimeoutError):
        return Refusal(Trouble.SILENT, f"{whom}: {proxy.label} did not open a way within {duration_text(waited_s * 1_000)}")
    except ProxyConnectionError as error:
        return Refusal(Trouble.UNREACHABLE, f"{whom}: {proxy.label} cannot be reached ({_error_text(error)})", "check --proxy")
    except ProxyError as error:
        return _refusal_of_proxy(proxy, whom, _error_text(error), error.error_code)
    except (OSError, ValueError) as error:
        return Refusal(Trouble.UNREACHABLE, f"{whom}: {proxy.label} broke off ({_error_text(error)})", "check --proxy")


def _refusal_of_proxy(proxy: Proxy, whom: str, detail: str, code: int | None) -> Refusal:
    """What the proxy says: it may not know us, or it has no way to the broker."""
    if code in _DENIED or "auth" in detail.lower():
        return Refusal(
            Trouble.UNAUTHENTICATED, f"{whom}: {proxy.label} did not let us through ({detail})", "check its user and password"
        )
    trouble = Trouble.REFUSED if code == _SOCKS_REFUSED and proxy.scheme == "socks5" else Trouble.UNREACHABLE
    return Refusal(trouble, f"{whom} cannot be reached by way of {proxy.label} ({detail})")


def _error_text(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    words = "".join(letter if letter.isprintable() else " " for letter in str(error)[:_SHOWN])
    return " ".join(words.split()) or type(error).__name__
