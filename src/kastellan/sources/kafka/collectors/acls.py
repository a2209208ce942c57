"""ACLs, as any broker tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from kastellan.model.tables.acls import Acls
from kastellan.model.tables.commits import Commits
from kastellan.sources.kafka.access_answers import table_of, word_of
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.sources.kafka.requester import Decoder
from kastellan.wire.kafka import access_requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Acls,), after=(Commits, EndsArriving))

_RESOURCES: Final = {2: "topic", 3: "group", 4: "cluster", 5: "transactional-id", 6: "delegation-token", 7: "user"}
_PATTERNS: Final = {3: "literal", 4: "prefixed"}
_OPERATIONS: Final = {
    2: "all", 3: "read", 4: "write", 5: "create", 6: "delete", 7: "alter", 8: "describe", 9: "cluster-action",
    10: "describe-configs", 11: "alter-configs", 12: "idempotent-write", 13: "create-tokens", 14: "describe-tokens",
    15: "two-phase-commit",
}  # fmt: skip
_PERMISSIONS: Final = {2: "deny", 3: "allow"}


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per binding. There may be thousands: what the same bytes mean is remembered."""
    spec = RequestSpec(Api.DESCRIBE_ACLS, access_requests.describe_acls)
    response = await session.ask_any(spec, Decoder(decode_acls, "acls"))
    answer = pl.lit(response.answer, pl.Int32).alias("answer")
    return (table_of(session, Acls, response, lambda acls: Acls(acls.df.with_columns(answer))),)


def decode_acls(entity: Any) -> Acls:  # noqa: ANN401
    """One row per binding, without the Answer."""
    bindings = [
        (
            word_of(_RESOURCES, resource.resource_type),
            resource.resource_name,
            word_of(_PATTERNS, resource.pattern_type),
            acl.principal,
            acl.host,
            word_of(_OPERATIONS, acl.operation),
            word_of(_PERMISSIONS, acl.permission_type),
        )
        for resource in entity.resources
        for acl in resource.acls
    ]
    columns = list(zip(*bindings, strict=True)) or [()] * len(Acls.key)
    return Acls.of(dict(zip(Acls.key, columns, strict=True)))
