"""Delegation tokens, as any broker tells them; never their hmac, which is a password."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kastellan.kernel.outcome import State
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.delegation_tokens import DelegationTokens
from kastellan.sources.kafka.access_answers import table_of
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.wire.kafka import access_requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(DelegationTokens,), after=(Commits, EndsArriving))

_NOT_ALLOWED: Final = 64
"""DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: over a connection that proves nobody, or one that a token itself opened."""


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per token. The bytes of the answer hold passwords: no decoder, so that the cache does not keep them."""
    response = await session.ask_any(RequestSpec(Api.DESCRIBE_DELEGATION_TOKEN, access_requests.describe_delegation_token))
    if response.code == _NOT_ALLOWED:
        reason = "tokens are told over connections only that prove who asks (SASL or mTLS, not by a token)"
        session.answers.grade(response.answer, State.UNSUPPORTED, reason)
    elif response.value is not None and not session.has_full_rights:
        session.grade_visible_only(response.answer, "delegation tokens")
    return (table_of(session, DelegationTokens, response, lambda entity: delegation_tokens(entity, response.answer)),)


def delegation_tokens(entity: Any, answer: int) -> DelegationTokens:  # noqa: ANN401
    """The table of one answer."""
    return DelegationTokens.of_rows(
        {
            "token_id": token.token_id,
            "owner": _principal(token.principal_type, token.principal_name),
            "requester": _requester(token),
            "renewers": ",".join(
                sorted(_principal(renewer.principal_type, renewer.principal_name) for renewer in token.renewers)
            ),
            "issued_ms": token.issue_timestamp,
            "expires_ms": token.expiry_timestamp,
            "max_ms": token.max_timestamp,
            "answer": answer,
        }
        for token in entity.tokens
    )


def _principal(kind: str, name: str) -> str:
    return f"{kind}:{name}"


def _requester(token: Any) -> str | None:  # noqa: ANN401
    kind = getattr(token, "token_requester_principal_type", None)
    return None if kind is None else _principal(kind, token.token_requester_principal_name)
