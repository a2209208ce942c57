"""What each text column of the tables holds, so that what leaves is known by declaration and not by guess.

By the column's name, or by table and column where a name means two things. A column that is missing here is
pseudonymised whole; a test asks that none is missing.
"""

from __future__ import annotations

from enum import StrEnum


class Sort(StrEnum):
    """What a text is. Equal texts of one sort have one pseudonym, wherever they stand."""

    TOPIC = "topic"
    GROUP = "group"
    MEMBER = "member"
    CLIENT = "client"
    TRANSACTIONAL = "transactional"
    INSTANCE = "instance"
    HOST = "host"
    RACK = "rack"
    PATH = "path"
    CLUSTER = "cluster"
    USER = "user"
    TOKEN = "token"  # noqa: S105
    SUBSCRIPTION = "subscription"
    LISTENER = "listener"
    PREFIX = "prefix"
    ID = "id"
    TEXT = "text"

    # What is taken apart, and the parts are of the sorts above.
    WORD = "word"
    """A word of Kafka's or of ours: kept."""
    PRINCIPAL = "principal"
    PRINCIPALS = "principals"
    TOPICS = "topics"
    ADDRESSES = "addresses"
    """Hosts, with or without a port, with commas between."""
    CONFIG = "config"
    """The name of a config; it may hold the name of a listener."""
    VALUE = "value"
    """The value of the config that stands beside it."""
    RESOURCE = "resource"
    """The resource of an ACL, by the type that stands beside it."""
    ENTITY = "entity"
    SELECTORS = "selectors"
    REASON = "reason"
    """A sentence: known words stay, everything else goes."""


COLUMNS: dict[str, Sort] = {
    "topic": Sort.TOPIC,
    "group": Sort.GROUP,
    "member": Sort.MEMBER,
    "client_id": Sort.CLIENT,
    "client_host": Sort.HOST,
    "transactional_id": Sort.TRANSACTIONAL,
    "instance_id": Sort.INSTANCE,
    "host": Sort.HOST,
    "ip": Sort.HOST,
    "certificates.address": Sort.ADDRESSES,
    "certificates.subject": Sort.TEXT,
    "certificates.issuer": Sort.TEXT,
    "certificates.names": Sort.ADDRESSES,
    "rack": Sort.RACK,
    "path": Sort.PATH,
    "user": Sort.USER,
    "principal": Sort.PRINCIPAL,
    "owner": Sort.PRINCIPAL,
    "requester": Sort.PRINCIPAL,
    "renewers": Sort.PRINCIPALS,
    "token_id": Sort.TOKEN,
    "subscription": Sort.SUBSCRIPTION,
    "topic_id": Sort.ID,
    "directory_id": Sort.ID,
    "process_id": Sort.ID,
    "incarnation_id": Sort.ID,
    "subscribed": Sort.TOPICS,
    "regex": Sort.TEXT,
    "config": Sort.CONFIG,
    "value": Sort.VALUE,
    "resource": Sort.RESOURCE,
    "entity": Sort.ENTITY,
    "match": Sort.SELECTORS,
    "reason": Sort.REASON,
    **dict.fromkeys(
        (
            "assignor", "error", "feature", "level", "live", "logger", "mechanism", "method", "metrics", "operation",
            "pattern_type", "permission", "protocol", "protocol_type", "quorum", "quota", "resource_type", "role", "source",
            "state", "subtopology", "trouble", "type", "vulnerability",
        ),
        Sort.WORD,
    ),
}  # fmt: skip

WORDS: dict[str, frozenset[str]] = {
    "assignor": frozenset({"range", "roundrobin", "sticky", "cooperative-sticky", "uniform", "simple", "highly_available"}),
    "protocol_type": frozenset({"consumer", "connect", "share", "streams", "sr"}),
}
"""Columns that clients fill: what is none of these words is pseudonymised."""

SHAPES: dict[str, str] = {
    "logger": r"(root|(org\.apache\.kafka|kafka|state\.change|org\.eclipse\.jetty|io\.netty)[\w.$]*)",
    "metrics": r"(\*|org\.apache\.kafka[\w.]*|)(,(\*|org\.apache\.kafka[\w.]*))*",
    "subtopology": r"\d*",
}
"""Columns whose words have a shape: what has another is pseudonymised."""


def sort_of(table: str, column: str) -> Sort | None:
    """What the column holds; None for one that nobody declared."""
    return COLUMNS.get(f"{table}.{column}", COLUMNS.get(column))
