"""`kastellan may-restart`: the most frequent question of a day with Kafka."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.surfaces.cli.collect_or_load import collect_or_load
from kastellan.surfaces.cli.help_text import DIAGNOSE
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

if TYPE_CHECKING:
    from kastellan.findings.restarts import Restarts

PANEL = DIAGNOSE

NO = 10
UNKNOWN = 12


@judges_cluster
def run(
    reach: ConnectionOptions,
    of: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BROKER|RACK]...",
            help="Broker ids or racks that stop together; without them each broker alone.",
        ),
    ] = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Check whether brokers may be restarted now, and which partitions would refuse writes or go offline.

    Examples:
      kastellan may-restart --bootstrap-server localhost:9092
      kastellan may-restart 1 2 --context prod
      kastellan may-restart rack-a --bundle prod.snapshot

    Exit codes for named brokers or racks:
      0   they may be restarted
      10  they must not be restarted now
      12  unknown: something that decides it could not be read
    Without a name every broker is checked alone, and the exit code is 0.
    """
    restarts = _restarts(reach, of or [])
    if output is Form.JSON:
        from kastellan.render.documents import RestartsDocument, json_text

        sys.stdout.write(json_text(RestartsDocument(restarts=restarts)) + "\n")
    else:
        from kastellan.surfaces.cli.screen import Screen
        from kastellan.surfaces.cli.show.restarts_text import show

        screen = Screen.of()
        show(restarts, screen, named=bool(of))
        sys.stdout.write(screen.text())
    sys.stdout.flush()
    if of:
        raise typer.Exit({"yes": 0, "no": NO, "unknown": UNKNOWN}[restarts.answers[0].may.value])


def _restarts(reach: ConnectionOptions, of: list[str]) -> Restarts:
    from kastellan.app.may_restart import may_restart, may_restart_of

    run_by = reach.run_by()
    return collect_or_load(
        reach,
        lambda source, timeout_s: may_restart(source, of, timeout_s, run_by),
        lambda snapshot, notes: may_restart_of(snapshot, of, notes, run_by),
    )
