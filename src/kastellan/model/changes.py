"""The differences between two snapshots of one cluster, as typed values."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kastellan.model.subject import Subject


class How(StrEnum):
    """How the existence or identity of an entity changed."""

    APPEARED = "appeared"
    GONE = "gone"
    MADE_ANEW = "made anew"
    """Another thing under the same name: the topic id is another one."""
    AWAY = "away"
    """A broker that is still registered and no longer live."""
    BACK = "back"


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Partitions whose leader was `before` and is `now` (-1: none), and a few of them as examples."""

    before: int
    now: int
    partitions: int
    examples: tuple[Subject, ...]


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """A config's value on a topic or a broker; a value that Kafka keeps secret never appears."""

    subject: Subject
    config: str
    before: str
    now: str


class Became(msgspec.Struct, frozen=True, kw_only=True):
    """A topic, broker, group or ACL that came, went or changed its identity."""

    subject: Subject
    how: How


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """A topic's number of partitions."""

    topic: str
    before: int
    now: int


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """Members that joined and left a group that both snapshots contain."""

    group: str
    joined: int
    left: int


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the whole cluster: the active controller, or the level of a feature."""

    name: str
    before: int
    now: int


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """All changes between the snapshot at `after_ms` and the one at `before_ms`, in epoch milliseconds.

    What one of the two snapshots could not see is left out.
    """

    after_ms: int
    before_ms: int
    brokers: tuple[Became, ...] = ()
    levels: tuple[Level, ...] = ()
    leaders: tuple[Moved, ...] = ()
    topics: tuple[Became, ...] = ()
    grown: tuple[Grown, ...] = ()
    configs: tuple[Configured, ...] = ()
    groups: tuple[Became, ...] = ()
    members: tuple[Membership, ...] = ()
    acls: tuple[Became, ...] = ()

    @property
    def has_any(self) -> bool:
        """True when anything changed."""
        return any((
            self.brokers, self.levels, self.leaders, self.topics, self.grown, self.configs, self.groups, self.members, self.acls,
        ))  # fmt: skip
