"""The fake broker's answers about who may do what and how much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kastellan.testing.fake_broker_answers import Call, answers
from kastellan.testing.fake_broker_codec import Values
from kastellan.testing.fake_broker_groups import HANDLERS
from kastellan.testing.fake_broker_model import FakeAcl
from kastellan.wire.kafka.api import Api

__all__ = ["HANDLERS"]

_SECURITY_DISABLED: Final = 54
_TOKENS_DISABLED: Final = 61


@answers(Api.DESCRIBE_ACLS)
def describe_acls(call: Call) -> Values:
    """All bindings, by resource; an error where there is no authorizer."""
    acls = call.model.acls
    error = call.code(None, _SECURITY_DISABLED if acls is None else 0)
    by_resource: dict[tuple[int, str, int], list[FakeAcl]] = {}
    for acl in acls or () if not error else ():
        by_resource.setdefault((acl.resource_type, acl.resource, acl.pattern_type), []).append(acl)
    resources = [
        {"resource_type": kind, "resource_name": name, "pattern_type": pattern, "acls": _bindings(report)}
        for (kind, name, pattern), report in by_resource.items()
    ]
    return {"error_code": error, "error_message": "no authorizer is configured" if error else None, "resources": resources}


def _bindings(acls: Sequence[FakeAcl]) -> list[Values]:
    return [
        {"principal": acl.principal, "host": acl.host, "operation": acl.operation, "permission_type": acl.permission}
        for acl in acls
    ]


@answers(Api.DESCRIBE_USER_SCRAM_CREDENTIALS)
def describe_user_scram_credentials(call: Call) -> Values:
    """Mechanisms and iterations of all users."""
    error = call.code(None, 0)
    users: dict[str, list[Values]] = {}
    for (user, mechanism), iterations in call.model.scram.items() if not error else ():
        users.setdefault(user, []).append({"mechanism": mechanism, "iterations": iterations})
    results = [{"user": user, "error_code": call.code(user, 0), "credential_infos": text} for user, text in users.items()]
    return {"error_code": error, "results": results}


@answers(Api.DESCRIBE_CLIENT_QUOTAS)
def describe_client_quotas(call: Call) -> Values:
    """All quotas of all entities."""
    error = call.code(None, 0)
    entries = [
        {
            "entity": [{"entity_type": kind, "entity_name": name} for kind, name in quota.entity.items()],
            "values": [{"key": key, "value": value} for key, value in quota.values.items()],
        }
        for quota in call.model.quotas
    ]
    return {"error_code": error, "entries": None if error else entries}


@answers(Api.DESCRIBE_DELEGATION_TOKEN)
def describe_delegation_token(call: Call) -> Values:
    """All tokens, secrets included, as a broker does it."""
    error = call.code(None, _TOKENS_DISABLED if call.model.tokens is None else 0)
    tokens = [
        {
            "principal_type": "User",
            "principal_name": token.owner,
            "token_requester_principal_type": "User",
            "token_requester_principal_name": token.owner,
            "issue_timestamp": token.issued_ms,
            "expiry_timestamp": token.expires_ms,
            "max_timestamp": token.max_ms,
            "token_id": token.id,
            "hmac": token.hmac,
            "renewers": [{"principal_type": "User", "principal_name": name} for name in token.renewers],
        }
        for token in (call.model.tokens or () if not error else ())
    ]
    return {"error_code": error, "tokens": tokens}
