"""Probe the way to a cluster."""

from __future__ import annotations

import socket
import time

from kastellan.kernel.deadline import Deadline
from kastellan.model.probe import Probed
from kastellan.ports import Prober


async def probe(prober: Prober, bootstrap: str, timeout_s: float) -> Probed:
    """Every layer of the way within `timeout_s` seconds. Nothing is raised for what the outside does or does not do."""
    steps = await prober.run(Deadline.after(timeout_s))
    return Probed(
        at_ms=time.time_ns() // 1_000_000,
        bootstrap=bootstrap,
        host=socket.gethostname(),
        principal=prober.principal,
        steps=steps,
    )
