"""DescribeAcls, DescribeUserScramCredentials, DescribeClientQuotas and DescribeDelegationToken to their tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from kastellan.model.tables.acls import Acls
from kastellan.model.tables.delegation_tokens import DelegationTokens
from kastellan.model.tables.quotas import DEFAULT, Quotas
from kastellan.model.tables.scram_users import ScramUsers
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

_RESOURCES: Final = {2: "topic", 3: "group", 4: "cluster", 5: "transactional-id", 6: "delegation-token", 7: "user"}
_PATTERNS: Final = {3: "literal", 4: "prefixed"}
_OPERATIONS: Final = {
    2: "all", 3: "read", 4: "write", 5: "create", 6: "delete", 7: "alter", 8: "describe", 9: "cluster-action",
    10: "describe-configs", 11: "alter-configs", 12: "idempotent-write", 13: "create-tokens", 14: "describe-tokens",
    15: "two-phase-commit",
}  # fmt: skip
_PERMISSIONS: Final = {2: "deny", 3: "allow"}
_MECHANISMS: Final = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
_NO_SUCH_USER: Final = 91
"""Of a user without SCRAM credentials; somebody who asks for all users is never told so."""


def _word(words: Mapping[int, str], code: int) -> str:
    """The word of a code; one that is newer than this version keeps its number."""
    return words.get(code, f"code {code}")


def acls(entity: Any) -> Acls:  # noqa: ANN401
    """One row per binding, without the Answer."""
    bindings = [
        (
            _word(_RESOURCES, resource.resource_type),
            resource.resource_name,
            _word(_PATTERNS, resource.pattern_type),
            each.principal,
            each.host,
            _word(_OPERATIONS, each.operation),
            _word(_PERMISSIONS, each.permission_type),
        )
        for resource in entity.resources
        for each in resource.acls
    ]
    columns = list(zip(*bindings, strict=True)) or [()] * len(Acls.key)
    return Acls.of(dict(zip(Acls.key, columns, strict=True)))


def scram_users(entity: Any, answer: int, answers: KafkaAnswers) -> ScramUsers:  # noqa: ANN401
    """One row per user and mechanism; a user about whom the broker had only an error is a placeholder."""
    rows = list[dict[str, Any]]()
    for each in entity.results:
        code = int(each.error_code)
        if code and code != _NO_SUCH_USER:
            rows.append(
                {"user": each.user, "error": error_name(code), "answer": answers.enter_refusal(answer, code, each.error_message)}
            )
            continue
        rows += [
            {
                "user": each.user,
                "mechanism": _word(_MECHANISMS, info.mechanism),
                "iterations": info.iterations,
                "error": "",
                "answer": answer,
            }
            for info in each.credential_infos
        ]
    return ScramUsers.of_rows(rows)


def quotas(entity: Any, answer: int) -> Quotas:  # noqa: ANN401
    """One row per entity and quota."""
    rows = list[dict[str, Any]]()
    for entry in entity.entries or ():
        parts = {part.entity_type: DEFAULT if part.entity_name is None else part.entity_name for part in entry.entity}
        named = {
            "entity": ",".join(f"{kind}={parts[kind]}" for kind in sorted(parts, key=_place)),
            "user": parts.get("user", ""),
            "client_id": parts.get("client-id", ""),
            "ip": parts.get("ip", ""),
        }
        rows += [{**named, "quota": value.key, "value": value.value, "answer": answer} for value in entry.values]
    return Quotas.of_rows(rows)


def _place(kind: str) -> tuple[int, str]:
    """The user comes before the client, as Kafka's own tools have it."""
    order = ("user", "client-id", "ip")
    return (order.index(kind) if kind in order else len(order), kind)


def delegation_tokens(entity: Any, answer: int) -> DelegationTokens:  # noqa: ANN401
    """One row per token; its hmac, which is a password, is not looked at."""
    return DelegationTokens.of_rows(
        {
            "token_id": each.token_id,
            "owner": _principal(each.principal_type, each.principal_name),
            "requester": _requester(each),
            "renewers": ",".join(sorted(_principal(one.principal_type, one.principal_name) for one in each.renewers)),
            "issued_ms": each.issue_timestamp,
            "expires_ms": each.expiry_timestamp,
            "max_ms": each.max_timestamp,
            "answer": answer,
        }
        for each in entity.tokens
    )


def _principal(kind: str, name: str) -> str:
    return f"{kind}:{name}"


def _requester(token: Any) -> str | None:  # noqa: ANN401
    kind = getattr(token, "token_requester_principal_type", None)
    return None if kind is None else _principal(kind, token.token_requester_principal_name)
