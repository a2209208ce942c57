"""Who may do what and how much: ACLs, SCRAM users, quotas and delegation tokens, as any broker knows them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import polars as pl

from kastellan.kernel.outcome import State
from kastellan.model.table import Frame, Unseen
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.delegation_tokens import DelegationTokens
from kastellan.model.tables.quotas import Quotas
from kastellan.model.tables.scram_users import ScramUsers
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.fill import access as fill
from kastellan.sources.kafka.requester import Got, Turn
from kastellan.wire.kafka import access_requests as requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

_NONE_KEPT: Final = {
    54: "no authorizer is configured: everybody may do everything, and there are no ACLs",
    61: "delegation tokens are not enabled",
}
"""SECURITY_DISABLED and DELEGATION_TOKEN_AUTH_DISABLED: it is known that there are none."""

_ASKED_IN_PLAINTEXT: Final = 64
"""DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: over a connection that proves nobody, or one that a token itself opened."""


async def access(look: CollectSession) -> None:
    """Each of the four tables that is wanted."""
    wanted = [ask for table, ask in _ASK.items() if look.wants(table)]
    if wanted:
        await look.behind_the_ends()
        await asyncio.gather(*(ask(look) for ask in wanted))


async def _acls(look: CollectSession) -> None:
    # There may be thousands: what the same bytes mean is remembered.
    got = await look.any(RequestSpec(Api.DESCRIBE_ACLS, requests.describe_acls), Turn(fill.acls, "acls"))
    whose = pl.lit(got.answer, pl.Int32).alias("answer")
    _put(look, Acls, got, lambda table: Acls(table.df.with_columns(whose)))


async def _scram_users(look: CollectSession) -> None:
    got = await look.any(RequestSpec(Api.DESCRIBE_USER_SCRAM_CREDENTIALS, requests.describe_user_scram_credentials))
    _put(look, ScramUsers, got, lambda entity: fill.scram_users(entity, got.answer, look.answers))


async def _quotas(look: CollectSession) -> None:
    got = await look.any(RequestSpec(Api.DESCRIBE_CLIENT_QUOTAS, requests.describe_client_quotas))
    _put(look, Quotas, got, lambda entity: fill.quotas(entity, got.answer))


async def _tokens(look: CollectSession) -> None:
    # The bytes of this answer hold passwords: they are not remembered.
    got = await look.any(RequestSpec(Api.DESCRIBE_DELEGATION_TOKEN, requests.describe_delegation_token))
    if got.code == _ASKED_IN_PLAINTEXT:
        told = "tokens are told over connections only that prove who asks (SASL or mTLS, not by a token)"
        look.answers.grade(got.answer, State.UNSUPPORTED, told)
    elif got.value is not None and not look.full_rights:
        look.visible_only(got.answer, "delegation tokens")
    _put(look, DelegationTokens, got, lambda entity: fill.delegation_tokens(entity, got.answer))


def _put(look: CollectSession, kind: type[Frame], got: Got, table: Callable[[Any], Frame]) -> None:
    if got.value is not None:
        look.put(table(got.value))
    elif got.code in _NONE_KEPT:
        look.answers.grade(got.answer, State.UNSUPPORTED, _NONE_KEPT[got.code])
        look.put(kind.empty())
    else:
        look.put(kind.empty().with_unseen((Unseen(got.answer, kind.roster),)))


_ASK: Final = {Acls.name: _acls, ScramUsers.name: _scram_users, Quotas.name: _quotas, DelegationTokens.name: _tokens}
