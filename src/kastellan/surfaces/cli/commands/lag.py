"""`kastellan lag`: how far groups are behind."""

from __future__ import annotations

from typing import Annotated

import typer

from kastellan.surfaces.cli.completion import complete_group
from kastellan.surfaces.cli.listing import Columns, Limit, ListForm, Output, Sort, Where, print_list, query_of
from kastellan.surfaces.cli.reading import ConnectionOptions, reads_cluster


@reads_cluster
def run(
    reach: ConnectionOptions,
    group: Annotated[
        str | None,
        typer.Argument(
            metavar="[GROUP]", autocompletion=complete_group, help="One group, partition by partition; none sums up all."
        ),
    ] = None,
    seconds: Annotated[
        bool,
        typer.Option(
            "--seconds",
            help="Also how old the oldest unread record is: asks leaders by timestamps, needs DESCRIBE only, costs more.",
        ),
    ] = False,
    where: Where = None,
    sort: Sort = "",
    columns: Columns = "",
    limit: Limit = None,
    output: Output = ListForm.TABLE,
) -> None:
    """Show how far groups are behind, the worst first; "at least" where not every partition was seen."""
    name = f"{'lag' if group is None else 'owned lag'}{' in seconds' if seconds else ''}"
    print_list(reach, name, group, output, query_of(where, sort, columns, limit))
