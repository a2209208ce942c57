"""The result of probing the connection to a cluster, layer by layer."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Layer(StrEnum):
    """The layers of a connection, from below."""

    NAME = "name"
    TCP = "tcp"
    TLS = "tls"
    KAFKA = "kafka"
    LOGIN = "login"
    CLUSTER = "cluster"
    ADVERTISED = "advertised"
    RIGHTS = "rights"
    CLOCK = "clock"
    PACE = "pace"


class Sign(StrEnum):
    """How a step went. `skipped`: what it needs had failed before it."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was tried: of whom, how it went, what was observed (`seen` in JSON), what to do.

    `clients` are the sentences in which Kafka's own clients report the same, by client. `took_ms` is None for what was
    not timed.
    """

    layer: Layer
    of: str
    sign: Sign
    observation: str = msgspec.field(name="seen")
    fix: str = ""
    clients: dict[str, str] = {}
    took_ms: float | None = None


class Probed(msgspec.Struct, frozen=True, kw_only=True):
    """All steps in the order in which a connection is built."""

    at_ms: int
    bootstrap: str
    host: str
    principal: str
    steps: tuple[Step, ...]

    @property
    def broken(self) -> Step | None:
        """The first step that failed: what is above it cannot work."""
        return next((step for step in self.steps if step.sign is Sign.FAILED), None)

    @property
    def verdict(self) -> str:
        """One sentence."""
        broken = self.broken
        if broken is not None:
            return f"The way breaks at {_WORDS[broken.layer]} of {broken.of}."
        worth = sum(step.sign is Sign.WARNING for step in self.steps)
        unseen = sum(step.sign in {Sign.UNKNOWN, Sign.SKIPPED} for step in self.steps)
        also = [f"{worth} to look at"] * bool(worth) + [f"{unseen} could not be tried"] * bool(unseen)
        return "Every layer works" + (f"; {', '.join(also)}." if also else ".")


_WORDS = {
    Layer.NAME: "the look-up of the name",
    Layer.TCP: "the TCP connection",
    Layer.TLS: "the TLS handshake",
    Layer.KAFKA: "the first Kafka exchange",
    Layer.LOGIN: "the login",
    Layer.CLUSTER: "the description of the cluster",
    Layer.ADVERTISED: "the advertised address",
    Layer.RIGHTS: "the rights",
    Layer.CLOCK: "the clock",
    Layer.PACE: "the round trip",
}
