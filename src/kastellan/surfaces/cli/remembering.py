"""A report in the light of the cluster's past, and the look kept for the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kastellan.app.diagnose import CheckPlan, CheckRun
    from kastellan.app.history import History

NoHistory = Annotated[
    bool,
    typer.Option("--no-history", envvar="KASTELLAN_NO_HISTORY", help="Neither read nor keep snapshots of earlier runs."),
]


def history_of(exam: CheckPlan) -> History:
    """The past as it is kept for this user."""
    from kastellan.app.history import History
    from kastellan.app.wiring import snapshot_store

    return History(snapshot_store(), exam)


async def told_and_kept(examined: CheckRun, show: Callable[[CheckRun], int], past: History | None) -> int:
    """Shows the examination in the light of the past, then keeps the look; what cannot be kept costs a sentence."""
    if past is None:
        return show(examined)
    import asyncio

    from kastellan.kernel.errors import Unavailable

    told = await asyncio.to_thread(past.told, examined)
    code = show(told)
    try:
        await asyncio.to_thread(past.keep, told)
    except Unavailable as error:
        typer.echo(f"kastellan: {error.message}", err=True)
    return code
