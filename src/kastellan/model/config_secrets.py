"""Secrets that brokers report in plain text: their presence is recorded, their value is not.

Kafka hides the values that it knows for passwords. What another product tells in the open, or what somebody wrote into a
URL, is replaced as the answer is read, before it can reach a snapshot, a bundle or a screen.
"""

from __future__ import annotations

import re
from typing import Final

NOT_KEPT: Final = "(readable, not kept)"
"""Stands in the place of a secret."""
_SECRET_NAME: Final = re.compile(r"(?:password|passphrase|secret|secret\.key|jaas\.config|keystore\.key|api\.key|access\.key)$")
_IN_URL: Final = re.compile(r"(?<=://)[^/@\s]+(?=@)|(?<=[?&])((?:[\w.-]*(?:secret|token|password|key))=)[^&\s]+", re.IGNORECASE)


def without_secrets(config: str, value: str | None) -> str | None:
    """The value of a config that was told in the open, without what is a secret by its name or its place in a URL.

    >>> without_secrets("ssl.key.password", "hunter2")
    '(readable, not kept)'
    >>> without_secrets("sasl.oauthbearer.token.endpoint.url", "https://me:hunter2@idp/token?realm=a")
    'https://(readable, not kept)@idp/token?realm=a'
    >>> without_secrets("log.dirs", "/data"), without_secrets("ssl.key.password", None)
    ('/data', None)
    """
    if not value:
        return value
    if _SECRET_NAME.search(config):
        return NOT_KEPT
    return _IN_URL.sub(lambda match: (match[1] or "") + NOT_KEPT, value) if "://" in value else value
