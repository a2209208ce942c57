"""`kastellan describe`: one thing, with all that is known of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.surfaces.cli.collect_or_load import collect_or_load
from kastellan.surfaces.cli.completion import complete_described, complete_name, remember
from kastellan.surfaces.cli.help_text import INSPECT
from kastellan.surfaces.cli.listing import Form
from kastellan.surfaces.cli.reading import ConnectionOptions, reads_cluster

if TYPE_CHECKING:
    from kastellan.app.describe import Description

PANEL = INSPECT


@reads_cluster
def run(
    reach: ConnectionOptions,
    kind: Annotated[
        str, typer.Argument(metavar="topic|group|broker|principal", autocompletion=complete_described, help="The kind of object.")
    ],
    name: Annotated[
        str, typer.Argument(metavar="NAME", autocompletion=complete_name, help="Its name, a broker's id, or User:NAME.")
    ],
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Show one topic, group, broker or principal with everything that belongs to it.

    Examples:
      kastellan describe topic orders --bootstrap-server localhost:9092
      kastellan describe group billing --context prod
      kastellan describe principal User:billing --bundle prod.snapshot -o json
    """
    from kastellan.app.describe import kind_called

    description = _description(reach, kind_called(kind), name)
    if output is Form.JSON:
        from kastellan.render.documents import DescriptionDocument, json_text

        sys.stdout.write(json_text(DescriptionDocument(description=description)) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.description_text import show

    screen = Screen.of()
    show(description, screen)
    sys.stdout.write(screen.text())


def _description(reach: ConnectionOptions, kind: str, name: str) -> Description:
    from kastellan.app.describe import describe, describe_live

    return collect_or_load(
        reach,
        lambda source, timeout_s: describe_live(source, kind, name, timeout_s, remember),
        lambda snapshot, notes: describe(snapshot, kind, name, notes),
    )
