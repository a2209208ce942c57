"""What the answers about access have in common: the words of their codes, and refusals that mean that there is nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from kastellan.kernel.outcome import State
from kastellan.model.table import Frame, Unseen
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.requester import Response

_NOTHING_THERE: Final = {
    54: "no authorizer is configured: everybody may do everything, and there are no ACLs",
    61: "delegation tokens are not enabled",
}
"""SECURITY_DISABLED and DELEGATION_TOKEN_AUTH_DISABLED: it is certain that there are none."""


def table_of(session: CollectSession, kind: type[Frame], response: Response, build: Callable[[Any], Frame]) -> Frame:
    """The table of an answer; empty where there is nothing by design, unseen where nobody told."""
    if response.value is not None:
        return build(response.value)
    if response.code in _NOTHING_THERE:
        session.answers.grade(response.answer, State.UNSUPPORTED, _NOTHING_THERE[response.code])
        return kind.empty()
    return kind.empty().with_unseen((Unseen(response.answer, kind.roster),))


def word_of(words: Mapping[int, str], code: int) -> str:
    """The word of a code; one that is newer than this version keeps its number."""
    return words.get(code, f"code {code}")
