"""One reply of the outside world."""

from __future__ import annotations

import msgspec

from kastellan.kernel.outcome import State, Trouble


class Peer(msgspec.Struct, frozen=True):
    """Who was asked: a kind, and a node id, an address or a name where the kind has several members.

    >>> Peer("broker", 3).text, Peer("controller", "host:9093").text, Peer("every broker").text
    ('broker/3', 'controller/host:9093', 'every broker')
    """

    kind: str
    key: int | str | None = None

    @property
    def text(self) -> str:
        """The peer as a person reads it."""
        return self.kind if self.key is None else f"{self.kind}/{self.key}"

    @property
    def broker(self) -> int | None:
        """The id of the broker that was asked; None for every other peer."""
        return self.key if self.kind == BROKER and isinstance(self.key, int) else None


BROKER = "broker"
CONTROLLER = "controller"


def broker_peer(node: int) -> Peer:
    """The broker with this id."""
    return Peer(BROKER, node)


def peer_of_text(text: str) -> Peer:
    """The peer that a snapshot file of schema 1 names in a text.

    >>> peer_of_text("broker/3"), peer_of_text("any broker")
    (Peer(kind='broker', key=3), Peer(kind='any broker', key=None))
    """
    kind, slash, key = text.partition("/")
    if not slash:
        return Peer(text)
    return Peer(kind, int(key) if key.isdecimal() and len(key) < _LONGEST_ID else key)


_LONGEST_ID = 18


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Who was asked what, and how far the reply can be trusted.

    A table's provenance is its Answers: every row names, in its `answer` column, the Answer that gave its values
    or that failed to give them. Times are epoch milliseconds on our clock.
    """

    id: int
    source: str
    request: str
    peer: Peer
    state: State
    sent_ms: int
    arrived_ms: int | None = None
    trouble: Trouble | None = None
    reason: str = ""
    throttle_ms: int = 0

    def sentence(self) -> str:
        """The answer as one line for a person."""
        tail = f": {self.reason}" if self.reason else ""
        return f"{self.request} of {self.peer.text} {self.state}{tail}"
