"""`kastellan sql`: a statement over the tables of a look."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.surfaces.cli.collect_or_load import collect_or_load, find_snapshot
from kastellan.surfaces.cli.help_text import INSPECT
from kastellan.surfaces.cli.listing import ListForm, Output, print_listing
from kastellan.surfaces.cli.reading import ConnectionOptions, reads_cluster

if TYPE_CHECKING:
    from kastellan.app.sql import Before

PANEL = INSPECT

_NAME_WIDTH = 24


@reads_cluster
def run(
    reach: ConnectionOptions,
    statement: Annotated[
        str | None,
        typer.Argument(metavar="[STATEMENT]", help="A SELECT statement; without it all tables are listed."),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--before",
            metavar="LOOK",
            help="An earlier snapshot, whose tables are called before.TABLE: a file, or one that doctor kept (last, -1, 02:41).",
        ),
    ] = None,
    output: Output = ListForm.TABLE,
) -> None:
    r"""Query the tables of a cluster, of a saved snapshot, or of two snapshots with SQL.

    Examples:
      kastellan sql
      kastellan sql 'select leader, count(*) from partitions group by leader'
      kastellan sql 'select * from lag where lag_records > 0' --bundle prod.snapshot
      kastellan sql --before last \
        'select topic from topics except select topic from before.topics'
    """
    if statement is None:
        _tables()
        return
    from kastellan.app.sql import answer_statement, read, sql

    query = read(statement)  # what cannot be carried out is refused before anybody is asked
    earlier = _earlier(before) if before is not None else None
    listing = collect_or_load(
        reach,
        lambda source, timeout_s: sql(source, query, timeout_s, earlier),
        lambda snapshot, notes: answer_statement(snapshot, query, notes, earlier),
    )
    print_listing(listing, output)


def _earlier(name: str) -> Before:
    """Finds the look of this name, once it is known of which cluster: a kept one is of the cluster at hand."""
    return lambda cluster: find_snapshot(name, cluster).snapshot


def _tables() -> None:
    """Every table and view with its columns."""
    from kastellan.app.sql import relations
    from kastellan.surfaces.cli.screen import Screen

    screen = Screen.of()
    for name, relation in sorted(relations().items()):
        screen.field(name, (", ".join(relation.columns),), 0, _NAME_WIDTH)
    sys.stdout.write(screen.text())
