"""`kastellan demo`: a real cluster, a real fault, and what Kastellan says about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput

if TYPE_CHECKING:
    from kastellan.app.examine import Exam
    from kastellan.checks.telling import Telling

_TIMEOUT_S = 15.0


def run(
    fault: Annotated[
        str, typer.Option("--fault", metavar="NAME", help="Which fault; `kastellan lab fault --list` shows them.")
    ] = "",
    brokers: Annotated[int, typer.Option("--brokers", help="How many brokers (1 to 9).")] = 3,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the cluster running, hurt as it is.")] = False,
) -> None:
    """Bring up a real Kafka cluster with load, hurt it, examine it, say what to try next, and clean up."""
    from kastellan.app import demo
    from kastellan.app.examine import exam_of
    from kastellan.lab import injection

    wanted = fault or demo.FAULT
    if wanted not in injection.catalogue():
        raise BadInput(f"there is no fault {wanted!r}; choose one of {', '.join(injection.catalogue())}")
    exam = exam_of()
    with demo.stage(_say, brokers, keep=keep) as lab:
        _say("examining the healthy cluster")
        _say(f"  {_examined(lab.bootstrap, exam).verdict}")
        truth = demo.hurt(lab, wanted)
        _say(f"injected {truth.fault}: {truth.effect}")
        _say("examining again\n")
        telling = _examined(lab.bootstrap, exam)
        _print(telling)
        right = demo.found_first(telling, truth)
        hurt = f"{truth.fault_class} on {truth.kind} {'-'.join(map(str, truth.key))}"
        _say(f"\nThe fault that was injected is {'told first' if right else 'NOT told first'}: {hurt}.")
        _next(lab.name, lab.bootstrap, keep=keep)
    if not right:
        raise typer.Exit(1)


def _say(text: str) -> None:
    typer.echo(text, err=True)


def _examined(bootstrap: str, exam: Exam) -> Telling:
    import asyncio

    from kastellan.app.examine import examine
    from kastellan.app.wiring import Target, source_for
    from kastellan.checks.telling import tell

    async def look() -> Telling:
        source = source_for(Target(bootstrap=bootstrap))
        try:
            examined = await examine(source, exam, _TIMEOUT_S)
        finally:
            await source.close()
        return tell(examined.report, {name: each.check for name, each in exam.checks.items()})

    return asyncio.run(look())


def _print(telling: Telling) -> None:
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.doctor_text import show

    screen = Screen.of()
    show(telling, screen)
    sys.stdout.write(screen.text())
    sys.stdout.flush()


def _next(name: str, bootstrap: str, *, keep: bool) -> None:
    _say("\nTry next:")
    if keep:
        _say(f"  kastellan doctor --bootstrap-server {bootstrap} --watch")
        _say(f"  kastellan lag --bootstrap-server {bootstrap}")
        _say(f"  kastellan lab fault --undo --name {name}")
        _say(f"  kastellan lab down --name {name}")
        return
    _say("  kastellan demo --keep                       the same, and the cluster stays for you to look around")
    _say("  kastellan demo --fault under_min_isr        another fault; `kastellan lab fault --list` shows them")
    _say("  kastellan explain brokers.fenced            what a check means, and when it is wrong")
    _say("  kastellan doctor --bootstrap-server HOST:PORT   your own cluster: it only reads")
