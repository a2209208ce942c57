"""`kastellan preflight`: what this principal can see and what a look costs."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.surfaces.cli.help_text import CONNECT
from kastellan.surfaces.cli.looking import looked
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

    found = _found(reach, level)
    text = _rendered(found, output)
    if not text:
        typer.echo("no right is known to be missing", err=True)
    sys.stdout.write(text)
    sys.stdout.flush()
    untold = any(each.has is Has.UNKNOWN for each in found.sights)
    raise typer.Exit(MISSING if found.missing else UNTOLD if untold else 0)


def _rendered(found: Preflight, form: Form) -> str:
    from kastellan.app import preflight as app

    if form is Form.JSON:
        from kastellan.render.documents import PreflightDocument, json_text

        fits = app.fitting_form(found)
        fitting = fits.lines if found.missing else ()
        commands = tuple(app.acl_lines(found))
        return json_text(PreflightDocument(preflight=found, commands=commands, form=fits.form, fitting=fitting)) + "\n"
    if form is Form.STRIMZI:
        return app.strimzi_user(found)
    if form is Form.IAM:
        return app.iam_policy(found)
    if form is Form.ACLS:
        return "".join(f"{each}\n" for each in app.acl_lines(found))
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.preflight_text import show

    screen = Screen.of()
    show(found, screen)
    return screen.text()


def _found(reach: ConnectionOptions, level: str) -> Preflight:
    from kastellan.app.preflight import judged, preflight, requests_for

    requests_for(level)
    run_by = reach.run_by()
    return looked(
        reach,
        lambda source, timeout_s: preflight(source, level, timeout_s, run_by),
        lambda snapshot, notes: judged(snapshot, level, notes, run_by),
    )
