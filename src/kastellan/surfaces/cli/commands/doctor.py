"""`kastellan doctor`: what is wrong, why, and what to do about it."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.reading import Reach, reads_cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kastellan.app.examine import Exam, Examined

FOUND = 10
TOO_LITTLE = 12


class FailOn(StrEnum):
    """From which severity on the exit code is 10."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"
    NEVER = "never"


class Form(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class _Asked(NamedTuple):
    fail_on: FailOn
    form: Form
    hygiene: bool
    watching: bool


@reads_cluster
def run(
    reach: Reach,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME", help="Only these checks or families: commas between, or repeated."),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option("--skip", metavar="NAME", help="Not these checks or families: commas between, or repeated."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="CHECK.SETTING=VALUE", help="A check's setting; may be repeated.")
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit 10 for a finding of this severity or a worse one.")
    ] = FailOn.ERROR,
    output: Annotated[Form, typer.Option("-o", "--output", help="How the report is printed.")] = Form.TABLE,
    hygiene: Annotated[bool, typer.Option("--hygiene", help="Unfold the remarks that hurt nobody today.")] = False,
    watch: Annotated[
        float | None, typer.Option("--watch", metavar="[SECONDS]", help="Look again and again; every 10 s unless told otherwise.")
    ] = None,
) -> None:
    """Say what is wrong with a cluster, why, what to do about it and what not to.

    Exit codes: 0 fine, 10 a finding at or above --fail-on, 12 nothing failed but too little could be seen (an error
    that no second look confirmed; a check of severity error that left more unknown than it judged), 1 and 2 as
    everywhere.
    """
    from kastellan.app.examine import exam_of

    exam = exam_of(names_in(only), names_in(skip), _settings(settings or []))
    asked = _Asked(fail_on, output, hygiene, watch is not None)
    if reach.saved:
        if watch is not None:
            raise BadInput("--watch looks at a live cluster; a saved snapshot does not change")
        raise typer.Exit(_show(_saved(reach, exam), exam, asked))
    import asyncio

    raise typer.Exit(asyncio.run(_live(reach, exam, asked, watch)))


def _saved(reach: Reach, exam: Exam) -> Examined:
    import time

    from kastellan.app.examine import examine_saved

    snapshot, notes = reach.load()
    return examine_saved(snapshot, exam, int(time.time() * 1000), notes)


async def _live(reach: Reach, exam: Exam, asked: _Asked, every_s: float | None) -> int:
    from kastellan.app.examine import examine
    from kastellan.app.wiring import source_for

    target, timeout_s = reach.target()
    source = source_for(target)
    try:
        if every_s is None:
            return _show(await examine(source, exam, timeout_s), exam, asked)
        from kastellan.app.watch import watch

        looks: AsyncIterator[Examined] = watch(source, exam, timeout_s, every_s)
        async for each in looks:
            _show(each, exam, asked)
    finally:
        await source.close()
    return 0


def _show(examined: Examined, exam: Exam, asked: _Asked) -> int:
    """Prints the report; returns the exit code."""
    from kastellan.checks.telling import tell

    telling = tell(examined.report, {name: each.check for name, each in exam.checks.items()})
    failed = asked.fail_on is not FailOn.NEVER and any(
        each.severity.rank <= list(FailOn).index(asked.fail_on) for each in examined.report.findings
    )
    code = FOUND if failed else TOO_LITTLE if telling.too_little and asked.fail_on is not FailOn.NEVER else 0
    if asked.form is Form.JSON:
        from kastellan.surfaces.cli.documents import ReportDocument, json_text

        text = json_text(ReportDocument(exit_code=code, told=telling, report=examined.report), compact=asked.watching) + "\n"
    elif asked.form is Form.MARKDOWN:
        from kastellan.surfaces.cli.show.doctor_markdown import show as markdown

        text = markdown(telling)
    elif asked.form is Form.HTML:
        from kastellan.surfaces.cli.show.doctor_html import show as html

        text = html(telling)
    else:
        from kastellan.surfaces.cli.screen import Screen
        from kastellan.surfaces.cli.show.doctor_text import show as table

        screen = Screen.of()
        table(telling, screen, hygiene=asked.hygiene)
        clear = "\x1b[H\x1b[2J" if asked.watching and sys.stdout.isatty() else ""
        text = clear + screen.text() + ("\n" if asked.watching and not clear else "")
    sys.stdout.write(text)
    sys.stdout.flush()
    if code == TOO_LITTLE:
        first, *others = telling.too_little
        more = f"; and {len(others)} more like it" if others else ""
        typer.echo(f"kastellan: too little was seen: {first}{more}", err=True)
    return code


def names_in(given: list[str] | None) -> tuple[str, ...]:
    """The names of a repeated option whose values may hold several.

    >>> names_in(["brokers,replication", "groups"]), names_in(None)
    (('brokers', 'replication', 'groups'), ())
    """
    return tuple(name for each in given or () for name in each.split(","))


def _settings(given: list[str]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for each in given:
        name, equals, text = each.partition("=")
        check, _, setting = name.rpartition(".")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not equals or not check or value != value:  # noqa: PLR0124  (not a number)
            raise BadInput(f"--set {each!r} is not CHECK.SETTING=NUMBER; `kastellan explain CHECK` lists the settings")
        found.setdefault(check, {})[setting] = value
    return found
