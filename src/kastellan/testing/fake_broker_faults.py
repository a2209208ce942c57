"""What can go wrong with a fake broker's answer; a test lists the faults it wants."""

from __future__ import annotations

import msgspec


class Fault(msgspec.Struct):
    """One fault: where it strikes (None means anywhere), how often, and what it does.

    Several fields may be set at once. `error_code` goes to the partitions, topics, groups or resources that `key`
    names (`("topic", 3)` or `"group"`), or to every one.
    """

    api: int | None = None
    node: int | None = None
    times: int = -1
    """How many answers it spoils; -1 for all."""
    from_version: int = 0
    """Only answers to this version of the request and newer ones."""

    delay_s: float = 0.0
    throttle_ms: int = 0
    """What the answer says; the broker then really stops reading for that long."""
    silent: bool = False
    """Read the request and never answer it."""
    close: bool = False
    """Close the connection instead of answering."""
    reset: bool = False
    """Reset the connection instead of answering (RST), as a peer does that leaves bytes unread."""
    cut_after: int | None = None
    """Close the connection after this many bytes of the answer."""
    instead: bytes | None = None
    """Send these bytes instead of the answer: garbage, an oversized length, another protocol."""
    trickle_s: float | None = None
    """Send the answer byte by byte with this pause between."""
    correlation_shift: int = 0
    """Answer under another correlation id."""
    error_code: int | None = None
    key: object | None = None

    def strikes(self, node: int, api: int, version: int) -> bool:
        """Whether it applies to this answer."""
        return version >= self.from_version and self.times != 0 and self.api in {None, api} and self.node in {None, node}


class Faults:
    """The faults that are active, and the versions that each broker offers."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.versions: dict[tuple[int | None, int], tuple[int, int] | None] = {}

    def add(self, fault: Fault) -> Fault:
        """Activate a fault; keep the value to `remove` it."""
        self.active.append(fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Undo a fault."""
        self.active.remove(fault)

    def offer(self, api: int, versions: tuple[int, int] | None, *, node: int | None = None) -> None:
        """Let one broker, or all, offer only these versions of a request, defined by Kafka or not; None hides it."""
        self.versions[node, api] = versions

    def take(self, node: int, api: int, version: int) -> list[Fault]:
        """The faults that strike this answer; a limited count of a fault goes down by one."""
        report = [fault for fault in self.active if fault.strikes(node, api, version)]
        for fault in report:
            fault.times -= 1 if fault.times > 0 else 0
        return report
