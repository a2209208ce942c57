"""`kastellan demo`: a real cluster, a real fault, and what Kastellan says about it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.help_text import LAB

if TYPE_CHECKING:
    from kastellan.findings.check_plan import CheckPlan
    from kastellan.findings.report_view import ReportView

PANEL = LAB

_TIMEOUT_S = 15.0


def run(
    fault: Annotated[
        str, typer.Option("--fault", metavar="NAME", help="The fault to inject; `kastellan lab fault --list` shows them.")
    ] = "",
    brokers: Annotated[int, typer.Option("--brokers", help="Number of brokers (1 to 9).")] = 3,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the cluster running, with its fault.")] = False,
) -> None:
    """Start a real Kafka cluster on this machine, inject a fault, show the report, and remove it all.

    Examples:
      kastellan demo
      kastellan demo --keep
      kastellan demo --fault under_min_isr
    """
    from kastellan.app import demo
    from kastellan.app.diagnose import plan_checks
    from kastellan.lab import injection

    wanted = fault or demo.FAULT
    if wanted not in injection.catalogue():
        raise BadInput(f"there is no fault {wanted!r}; choose one of {', '.join(injection.catalogue())}")
    exam = plan_checks()
    with demo.stage(_say, brokers, keep=keep) as lab:
        _say("examining the healthy cluster")
        _say(f"  {_run_checks(lab.bootstrap, exam).summary.verdict}")
        truth = demo.hurt(lab, wanted)
        _say(f"injected {truth.fault}:\n  {truth.effect}")
        _say("examining again\n")
        view = _run_checks(lab.bootstrap, exam)
        telling = view.summary
        _print(view)
        right = demo.found_first(telling, truth)
        hurt = f"{truth.fault_class} on {truth.kind} {'-'.join(map(str, truth.key))}"
        _say(f"\nThe fault that was injected is {'told first' if right else 'NOT told first'}: {hurt}.")
        _next(lab.name, lab.bootstrap, telling.problems[0].check if telling.problems else "", keep=keep)
    if not right:
        raise typer.Exit(1)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _run_checks(bootstrap: str, exam: CheckPlan) -> ReportView:
    import asyncio

    from kastellan.app.diagnose import run_checks
    from kastellan.app.wiring import Target, source_for

    async def look() -> ReportView:
        source = source_for(Target(bootstrap=bootstrap))
        try:
            examined = await run_checks(source, exam, _TIMEOUT_S)
        finally:
            await source.close()
        return examined.view

    return asyncio.run(look())


def _print(view: ReportView) -> None:
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.doctor_text import show

    screen = Screen.of()
    show(view, screen)
    sys.stdout.write(screen.text())
    sys.stdout.flush()


def _next(name: str, bootstrap: str, check: str, *, keep: bool) -> None:
    hurt = (
        (f"doctor --bootstrap-server {bootstrap} --watch", "what it is about, again and again"),
        (f"lag --bootstrap-server {bootstrap}", "how far its groups are behind"),
        (f"lab fault --undo --name {name}", "heal it"),
        (f"lab down --name {name}", "end the cluster and remove its files"),
    )
    ended = (
        ("demo --keep", "the same; the cluster keeps running"),
        ("demo --fault under_min_isr", "another fault of `lab fault --list`"),
        (f"explain {check}", "what a check means"),
        ("doctor --bootstrap-server HOST:PORT", "your own cluster, read only"),
    )
    lines = [(f"{_as_typed()} {words}", why) for words, why in (hurt if keep else ended)]
    width = max(len(command) for command, _ in lines)
    _say("\nTry next:")
    for command, why in lines:
        _say(f"  {command:<{width}}  {why}")


def _as_typed() -> str:
    """How this program is called from here, so that the lines can be copied."""
    typed = Path(sys.argv[0])
    return str(typed) if typed.name == "kastellan" and shutil.which("kastellan") is None else "kastellan"
