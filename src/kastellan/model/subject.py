"""The typed subject of a verdict; it becomes text only at the surfaces."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from kastellan.kernel.errors import Defect


class Kind(msgspec.Struct, frozen=True):
    """A kind of subject and its key columns."""

    name: str
    key: tuple[str, ...]
    plural: str


_KINDS = (
    Kind("cluster", (), "clusters"),
    Kind("broker", ("broker",), "brokers"),
    Kind("node", ("node",), "quorum nodes"),
    Kind("topic", ("topic",), "topics"),
    Kind("partition", ("topic", "partition"), "partitions"),
    Kind("log_dir", ("broker", "path"), "log directories"),
    Kind("group", ("group",), "groups"),
    Kind("group_partition", ("group", "topic", "partition"), "committed partitions"),
    Kind("transaction", ("transactional_id",), "transactions"),
    Kind("broker_config", ("config",), "configs"),
    Kind("member", ("group", "member"), "members"),
    Kind(
        "acl",
        ("resource_type", "resource", "pattern_type", "principal", "host", "operation", "permission"),
        "ACLs",
    ),
    Kind("scram_user", ("user", "mechanism"), "SCRAM credentials"),
    Kind("quota", ("entity", "quota"), "quotas"),
    Kind("token", ("token_id",), "delegation tokens"),
    Kind("share_partition", ("group", "topic", "partition"), "partitions of share groups"),
    Kind("vulnerability", ("vulnerability",), "vulnerabilities"),
)
KINDS = {kind.name: kind for kind in _KINDS}


class Subject(msgspec.Struct, frozen=True):
    """A kind and a key.

    >>> Subject("partition", ("orders", 7)).text, Subject("broker", (3,)).text, Subject("cluster", ()).text
    ('orders-7', 'broker/3', 'cluster')
    >>> Subject("group_partition", ("billing", "orders", 7)).text
    'group/billing on orders-7'
    >>> Subject("log_dir", (3, None)).text
    'broker/3 (directories not seen)'
    """

    kind: str
    key: tuple[str | int | None, ...]

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            msg = f"{self.kind} is not a kind of subject"
            raise Defect(msg)

    @property
    def text(self) -> str:
        """The subject in the field's own notation."""
        return _TEXT.get(self.kind, _plain)(self)

    @property
    def fields(self) -> dict[str, str | int | None]:
        """The key by column name."""
        return dict(zip(KINDS[self.kind].key, self.key, strict=True))


def _plain(subject: Subject) -> str:
    return "/".join((subject.kind, *map(str, subject.key)))


def _partition(topic: object, partition: object) -> str:
    if topic is None:
        return "(partitions not seen)"
    return str(topic) if partition is None else f"{topic}-{partition}"


def _acl(
    kind: object, name: object, pattern: object, principal: object, host: object, operation: object, permission: object
) -> str:
    where = "" if host == "*" else f" from {host}"
    return f"ACL {permission} {principal} {operation} on {kind} {name}{'*' if pattern == 'prefixed' else ''}{where}"


_TEXT: dict[str, Callable[[Subject], str]] = {
    "cluster": lambda _: "cluster",
    "partition": lambda s: _partition(*s.key),
    "group_partition": lambda s: f"group/{s.key[0]} on {_partition(*s.key[1:])}",
    "log_dir": lambda s: f"broker/{s.key[0]} {s.key[1] if s.key[1] is not None else '(directories not seen)'}",
    "broker_config": lambda s: f"config {s.key[0]}",
    "member": lambda s: f"group/{s.key[0]} {'(members not seen)' if s.key[1] is None else f'member {s.key[1]}'}",
    "acl": lambda s: _acl(*s.key),
    "scram_user": lambda s: f"user {s.key[0]} {s.key[1]}",
    "quota": lambda s: f"{s.key[1]} of {s.key[0]}",
    "share_partition": lambda s: f"group/{s.key[0]} on {_partition(*s.key[1:])}",
    "vulnerability": lambda s: str(s.key[0]),
}
