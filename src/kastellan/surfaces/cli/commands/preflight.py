"""`kastellan preflight`: what this principal can see and what a look costs."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.surfaces.cli.collect_or_load import collect_or_load
from kastellan.surfaces.cli.help_text import CONNECT
from kastellan.surfaces.cli.reading import ConnectionOptions, judges_cluster

if TYPE_CHECKING:
    from kastellan.app.preflight import Preflight

PANEL = CONNECT

MISSING = 10
UNTOLD = 12


class Form(StrEnum):
    """How the answer is printed."""

    TABLE = "table"
    JSON = "json"
    ACLS = "acls"
    STRIMZI = "strimzi"
    IAM = "iam"


@judges_cluster
def run(
    reach: ConnectionOptions,
    level: Annotated[
        str,
        typer.Option("--level", metavar="LEVEL", help="The rights to check: glance, doctor, or deep with READ on topics."),
    ] = "doctor",
    output: Annotated[
        Form,
        typer.Option(
            "-o",
            "--output",
            help="Output format; acls, strimzi and iam print the missing rights.",
        ),
    ] = Form.TABLE,
) -> None:
    """Check which rights this principal has, what stays unknown without the others, and what a run costs.

    Examples:
      kastellan preflight --bootstrap-server localhost:9092
      kastellan preflight --level deep --context prod
      kastellan preflight --bundle prod.snapshot -o acls

    Exit codes:
      0   every right of the level is there
      10  a right is missing
      12  no right is known to be missing, but some could not be checked
    """
    from kastellan.app.preflight import Has

    result = _preflight(reach, level)
    text = _render(result, output)
    if not text:
        typer.echo("no right is known to be missing", err=True)
    sys.stdout.write(text)
    sys.stdout.flush()
    untold = any(sight.has is Has.UNKNOWN for sight in result.sights)
    raise typer.Exit(MISSING if result.missing else UNTOLD if untold else 0)


def _render(result: Preflight, form: Form) -> str:
    from kastellan.app import preflight as app

    if form is Form.JSON:
        from kastellan.render.documents import PreflightDocument, json_text

        fits = app.fitting_form(result)
        fitting = fits.lines if result.missing else ()
        commands = tuple(app.acl_lines(result))
        return json_text(PreflightDocument(preflight=result, commands=commands, form=fits.form, fitting=fitting)) + "\n"
    if form is Form.STRIMZI:
        return app.strimzi_user(result)
    if form is Form.IAM:
        return app.iam_policy(result)
    if form is Form.ACLS:
        return "".join(f"{acl_line}\n" for acl_line in app.acl_lines(result))
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.preflight_text import show

    screen = Screen.of()
    show(result, screen)
    return screen.text()


def _preflight(reach: ConnectionOptions, level: str) -> Preflight:
    from kastellan.app.preflight import judge_rights, preflight, requests_for

    requests_for(level)
    run_by = reach.run_by()
    return collect_or_load(
        reach,
        lambda source, timeout_s: preflight(source, level, timeout_s, run_by),
        lambda snapshot, notes: judge_rights(snapshot, level, notes, run_by),
    )
