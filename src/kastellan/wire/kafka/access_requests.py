"""The requests that read who may do what and how much: ACLs, SCRAM users, quotas, tokens; and resources with configs.

Built like those of `requests`. None of them can ask for a secret of SCRAM; DescribeDelegationToken answers with one, which
whoever reads the answer leaves where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import FLEXIBLE, EncodedRequest, boolean, int8
from kastellan.wire.kafka.requests import form_of, pack

_ANY: Final = int8(1)


def describe_acls(version: int) -> EncodedRequest:
    """All ACL bindings."""
    form = form_of(Api.DESCRIBE_ACLS, version)
    resource = _ANY + form.text(None) + _ANY
    entry = form.text(None) + form.text(None) + _ANY + _ANY
    return pack(Api.DESCRIBE_ACLS, version, resource, entry)


def describe_user_scram_credentials(version: int) -> EncodedRequest:
    """Mechanisms and iterations of all users.

    All is an empty list here and not null, which the schema allows too: who may not ask gets no answer to null, because
    Kafka's way to refuse walks the list (NullPointerException in DescribeUserScramCredentialsRequest.getErrorResponse, 4.3).
    """
    return pack(Api.DESCRIBE_USER_SCRAM_CREDENTIALS, version, FLEXIBLE.count(0))


def describe_client_quotas(version: int) -> EncodedRequest:
    """All quotas of all entities."""
    form = form_of(Api.DESCRIBE_CLIENT_QUOTAS, version)
    return pack(Api.DESCRIBE_CLIENT_QUOTAS, version, form.count(0), boolean(False))


def describe_delegation_token(version: int) -> EncodedRequest:
    """All tokens that the asking principal may describe."""
    form = form_of(Api.DESCRIBE_DELEGATION_TOKEN, version)
    return pack(Api.DESCRIBE_DELEGATION_TOKEN, version, form.count(None))


def list_config_resources(version: int, kinds: Sequence[int]) -> EncodedRequest:
    """Names of the resources of these types that have configs; version 0 knows client metrics only."""
    listed = FLEXIBLE.count(len(kinds)) + b"".join(int8(kind) for kind in kinds) if version >= 1 else b""
    return pack(Api.LIST_CONFIG_RESOURCES, version, listed)


def describe_share_group_offsets(version: int, groups: Iterable[str]) -> EncodedRequest:
    """Start offsets of share groups in all their partitions, asked of their coordinator."""
    items = [FLEXIBLE.text(name) + FLEXIBLE.count(None) + FLEXIBLE.tags for name in groups]
    return pack(Api.DESCRIBE_SHARE_GROUP_OFFSETS, version, FLEXIBLE.count(len(items)), *items)
