"""What a text is, so that redaction knows by declaration what to replace."""

from __future__ import annotations

from enum import StrEnum


class TextKind(StrEnum):
    """What a text is. Equal texts of one kind have one pseudonym, wherever they stand."""

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

    # What is taken apart, and the parts are of the kinds above.
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
