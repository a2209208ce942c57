"""Ask a live cluster whether brokers may be restarted now."""

from __future__ import annotations

from collections.abc import Sequence

from kastellan.app.observe import observe
from kastellan.app.reference_data import read_providers
from kastellan.findings.restarts import REQUESTS, Restarts, judge_restarts
from kastellan.kernel.deadline import Deadline
from kastellan.model.snapshot import Snapshot
from kastellan.ports import Source
from kastellan.reference.providers import Provider


async def may_restart(source: Source, of: Sequence[str], timeout_s: float, stated: Provider | None = None) -> Restarts:
    """The answers from a live cluster; `stated` is who is said to run it.

    Raises Unreachable when nothing answered, BadInput for a name that is no broker and no rack.
    """
    return may_restart_of(await observe(source, REQUESTS, Deadline.after(timeout_s)), of, stated=stated)


def may_restart_of(
    snapshot: Snapshot, of: Sequence[str], notes: tuple[str, ...] = (), stated: Provider | None = None
) -> Restarts:
    """The answers from a snapshot, with the provider data of this environment."""
    return judge_restarts(snapshot, of, read_providers(), notes, stated)
