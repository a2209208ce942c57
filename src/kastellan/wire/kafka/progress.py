"""How far the opening of a connection has come."""

from __future__ import annotations

import msgspec

from kastellan.wire.kafka.trouble import Refusal


class Progress(msgspec.Struct):
    """For the sentence of who cannot wait for the end: the stage, or what to tell `instead` while somebody else is asked."""

    stage: str = "connect"
    instead: Refusal | None = None
