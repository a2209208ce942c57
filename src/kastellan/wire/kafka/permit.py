"""What lets a request through that changes a cluster. Without one, nothing but reading leaves this process."""

from __future__ import annotations

import msgspec

from kastellan.kernel.errors import NotPermitted
from kastellan.wire.kafka.api import READS, api_name


class Permit(msgspec.Struct, frozen=True):
    """Permission to send requests that change a cluster; made by `mutations.grant` alone.

    `reason` says who asked for it and why, for the journal.
    """

    reason: str


def require_permit(api_key: int, permit: Permit | None) -> None:
    """Raise NotPermitted for a request that is not known to only read, unless there is a permit."""
    if api_key in READS or permit is not None:
        return
    msg = f"{api_name(api_key)} changes a cluster and this client only reads; nothing was sent"
    raise NotPermitted(msg)
