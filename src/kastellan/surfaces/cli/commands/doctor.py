"""`kastellan doctor`: what is wrong, why, and what to do about it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.kernel.errors import BadInput, KastellanError, Unavailable, UsageError
from kastellan.surfaces.cli.completion import complete_check
from kastellan.surfaces.cli.help_text import DIAGNOSE
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster
from kastellan.surfaces.cli.show.doctor import REPEATABLE, FailOn, Form, ReportOptions, not_examined, render

if TYPE_CHECKING:
    from kastellan.app.monitor import Monitor
    from kastellan.findings.check_plan import CheckPlan
    from kastellan.findings.stages import CheckRun

PANEL = DIAGNOSE

NoHistory = Annotated[
    bool,
    typer.Option("--no-history", envvar="KASTELLAN_NO_HISTORY", help="Neither read nor keep snapshots of earlier runs."),
]

FINDING = 10
TOO_LITTLE = 12


@judges_cluster
def run(
    reach: ConnectionOptions,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="NAME",
            autocompletion=complete_check,
            help="Run only these checks or families, separated by commas; repeatable.",
        ),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(
            "--skip",
            metavar="NAME",
            autocompletion=complete_check,
            help="Leave these checks or families out, separated by commas; repeatable.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="CHECK.SETTING=VALUE", help="Change a setting of a check; repeatable.")
    ] = None,
    waivers: Annotated[
        Path | None,
        typer.Option(
            "--waivers", metavar="FILE", envvar="KASTELLAN_WAIVERS", help="Accepted findings and changed severities (TOML)."
        ),
    ] = None,
    fail_on: Annotated[
        FailOn, typer.Option("--fail-on", help="Exit with 10 on a finding of this severity or worse.")
    ] = FailOn.ERROR,
    output: Annotated[Form, typer.Option("-o", "--output", help="Format of the report.")] = Form.TABLE,
    hygiene: Annotated[bool, typer.Option("--hygiene", help="List the hygiene findings one by one instead of by count.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every line of impact, explains and UNSEEN.")] = False,
    watch: Annotated[
        float | None, typer.Option("--watch", metavar="[SECONDS]", help="Repeat until interrupted, every SECONDS (default 10).")
    ] = None,
    no_history: NoHistory = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Replace all names by pseudonyms, to share the report outside.")
    ] = False,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", metavar="FILE", help="With --redact: the key that makes a redacted bundle use the same pseudonyms."
        ),
    ] = None,
) -> None:
    """Show what is wrong with a cluster, why, what to do and what not to do.

    Examples:
      kastellan doctor --bootstrap-server localhost:9092
      kastellan doctor --context prod --only replication,storage --watch
      kastellan doctor --bundle prod.snapshot --fail-on warning -o junit

    Exit codes:
      0   no finding at or above --fail-on
      10  a finding at or above --fail-on
      12  nothing failed, but too much is unknown: an error that no second
          snapshot confirmed, or a check of severity error with more subjects
          unknown than judged
      With -o nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
    """
    if key_file is not None and not redact:
        raise UsageError("--key-file is the key of --redact; give both")
    try:
        key = _redaction_key(key_file) if redact else None
        options = ReportOptions(fail_on, output, hygiene, watch is not None, not no_history, verbose, key)
        code = _run(reach, (names_in(only), names_in(skip), _settings(settings or [])), waivers, options, watch)
    except KastellanError as error:
        code = not_examined(error, output)
        if code is None:
            raise
    raise typer.Exit(code)


def _redaction_key(file: Path | None) -> bytes:
    from kastellan.app.redact import key_from

    return key_from(file)


ChosenChecks = tuple[tuple[str, ...], tuple[str, ...], dict[str, dict[str, float]]]
"""Which checks: only, skip, and their settings."""


def _run(
    reach: ConnectionOptions, chosen: ChosenChecks, waivers: Path | None, options: ReportOptions, watch: float | None
) -> int:
    """Examines and prints; returns the exit code."""
    from kastellan.app.diagnose import plan_checks
    from kastellan.app.policy import read_policy

    if options.watching and options.form not in REPEATABLE:
        raise BadInput(f"--watch prints report after report, and -o {options.form} is one document; run doctor anew for each")
    exam = plan_checks(*chosen, read_policy(waivers), reach.run_by())
    if not reach.saved:
        import asyncio

        return asyncio.run(_live(reach, exam, options, watch))
    if watch is not None:
        raise BadInput("--watch looks at a live cluster; a saved snapshot does not change")
    return _show(_run_on_saved(reach, exam), exam, options)


def _run_on_saved(reach: ConnectionOptions, exam: CheckPlan) -> CheckRun:
    import time

    from kastellan.app.diagnose import run_checks_on_saved

    snapshot, notes = reach.load()
    return run_checks_on_saved(snapshot, exam, int(time.time() * 1000), notes)


async def _live(reach: ConnectionOptions, exam: CheckPlan, options: ReportOptions, every_s: float | None) -> int:
    from kastellan.app.monitor import Monitor, check_interval
    from kastellan.app.snapshots.history import SnapshotHistory
    from kastellan.app.wiring import snapshot_store, source_for

    target, timeout_s = reach.target()
    history = SnapshotHistory(snapshot_store(), exam) if options.remembered else None
    if every_s is not None:
        check_interval(every_s)
    source = source_for(target)
    monitor = Monitor(source, exam, timeout_s, history)
    try:
        if every_s is None:
            code = _show(await monitor.run(), exam, options)
            await _record(monitor)
            return code
        async for run in monitor.runs(every_s):
            _show(run, exam, options)
            await _record(monitor)
    finally:
        await source.close()
    return 0


async def _record(monitor: Monitor) -> None:
    """Saves the last run; one that cannot be saved costs a sentence, not the report."""
    try:
        await monitor.record()
    except Unavailable as error:
        typer.echo(f"kastellan: {error.message}", err=True)


def _show(run: CheckRun, plan: CheckPlan, options: ReportOptions) -> int:
    """Prints the report; returns the exit code."""
    if options.redaction_key is not None:
        from kastellan.app.redact import redacted_run

        run = redacted_run(run, plan, options.redaction_key)
    view = run.view
    too_little = view.summary.too_little
    failed = any(map(options.fails, view.report.findings))
    code = FINDING if failed else TOO_LITTLE if too_little and options.fail_on is not FailOn.NEVER else 0
    sys.stdout.write(render(view, options, code))
    sys.stdout.flush()
    if options.form is Form.NAGIOS:
        from kastellan.render.report_nagios import state_of

        return state_of(view.summary)
    if code == TOO_LITTLE:
        first, *others = too_little
        more = f"; and {len(others)} more like it" if others else ""
        typer.echo(f"kastellan: too little was seen: {first}{more}", err=True)
    return code


def names_in(values: list[str] | None) -> tuple[str, ...]:
    """The names of a repeated option whose values may hold several.

    >>> names_in(["brokers,replication", "groups"]), names_in(None)
    (('brokers', 'replication', 'groups'), ())
    """
    return tuple(name for names in values or () for name in names.split(","))


def _settings(values: list[str]) -> dict[str, dict[str, float]]:
    settings: dict[str, dict[str, float]] = {}
    for typed in values:
        name, equals, text = typed.partition("=")
        check, _, setting = name.rpartition(".")
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not equals or not check or value != value:  # noqa: PLR0124  (not a number)
            raise BadInput(f"--set {typed!r} is not CHECK.SETTING=NUMBER; `kastellan explain CHECK` lists the settings")
        settings.setdefault(check, {})[setting] = value
    return settings
