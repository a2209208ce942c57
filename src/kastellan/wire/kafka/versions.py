"""Which version of each request a broker and we both speak."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka import schema
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.trouble import Refusal

Ranges = Mapping[int, tuple[int, int]]
"""The lowest and highest version by API key."""

_CAPS: Final[Mapping[int, int]] = {
    Api.OFFSET_FETCH: 9,  # from 10 on topics go by id
    Api.OFFSET_COMMIT: 9,  # likewise
    Api.PRODUCE: 12,  # likewise from 13 on
}


@cache
def ours(api: int) -> tuple[int, int] | None:
    """The versions that Kastellan can pack and decode; None for a key that it does not know."""
    listed = schema.versions(api)
    if listed is None:
        return None
    return listed[0], min(listed[1], _CAPS.get(api, listed[1]))


def choose(api: int, theirs: Ranges, *, lowest: int = 0, highest: int = 32_767) -> int | None:
    """The highest version that both sides speak within `lowest` and `highest`; None when there is none.

    >>> choose(3, {3: (0, 12)}), choose(3, {3: (99, 120)}), choose(3, {})
    (12, None, None)
    """
    mine, offered = ours(api), theirs.get(api)
    if mine is None or offered is None:
        return None
    least, most = max(mine[0], offered[0], lowest), min(mine[1], offered[1], highest)
    return most if least <= most else None


def no_common_version(api: int, theirs: Ranges, whom: str, *, lowest: int = 0, highest: int = 32_767) -> Refusal:
    """One sentence on why a request cannot be asked of this node."""
    offered, mine = theirs.get(api), ours(api)
    if offered is None or mine is None:
        return Refusal(Trouble.UNSUPPORTED, f"{whom} does not offer {api_name(api)}")
    speaks = f"{max(mine[0], lowest)}-{min(mine[1], highest)}"
    reason = f"{whom} offers {api_name(api)} versions {offered[0]}-{offered[1]}, this needs {speaks}"
    return Refusal(Trouble.UNSUPPORTED, reason)
