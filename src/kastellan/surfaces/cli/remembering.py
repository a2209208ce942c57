"""A report in the light of the cluster's past, and the look kept for the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kastellan.app.snapshots.history import History
    from kastellan.findings.check_plan import CheckPlan
    from kastellan.findings.stages import CheckRun

NoHistory = Annotated[
    bool,
    typer.Option("--no-history", envvar="KASTELLAN_NO_HISTORY", help="Neither read nor keep snapshots of earlier runs."),
]


def history_of(exam: CheckPlan) -> History:
    """The past as it is kept for this user."""
    from kastellan.app.snapshots.history import History
    from kastellan.app.wiring import snapshot_store

    return History(snapshot_store(), exam)


async def shown_and_kept(run: CheckRun, show: Callable[[CheckRun], int], past: History | None) -> int:
    """Shows the run, then keeps its snapshot; a snapshot that cannot be kept costs a sentence, not the report."""
    code = show(run)
    if past is None:
        return code
    import asyncio

    from kastellan.kernel.errors import Unavailable

    try:
        await asyncio.to_thread(past.keep, run)
    except Unavailable as error:
        typer.echo(f"kastellan: {error.message}", err=True)
    return code
