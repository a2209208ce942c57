"""`kastellan lag`: how far groups are behind."""

from __future__ import annotations

from typing import Annotated

import typer

from kastellan.surfaces.cli.completion import complete_group
from kastellan.surfaces.cli.help_text import INSPECT
from kastellan.surfaces.cli.listing import (
    Columns,
    Limit,
    ListForm,
    Output,
    Sort,
    Watch,
    Where,
    print_list,
    query_of,
    watch_and_print,
)
from kastellan.surfaces.cli.reading import ConnectionOptions, reads_cluster

PANEL = INSPECT


@reads_cluster
def run(
    reach: ConnectionOptions,
    group: Annotated[
        str | None,
        typer.Argument(
            metavar="[GROUP]",
            autocompletion=complete_group,
            help="One group by partition; without it one line for each group.",
        ),
    ] = None,
    seconds: Annotated[
        bool,
        typer.Option(
            "--seconds",
            help="Add the age of the oldest unread record. Needs DESCRIBE on the topics, and more requests.",
        ),
    ] = False,
    where: Where = None,
    sort: Sort = "",
    columns: Columns = "",
    limit: Limit = None,
    watch: Watch = None,
    output: Output = ListForm.TABLE,
) -> None:
    """Show the lag of the groups, the largest first.

    "at least" marks a sum in which partitions are missing because they could not be read or have no commit.
    Whether a lag grows or shrinks is seen by comparing snapshots: --watch.

    Examples:
      kastellan lag --bootstrap-server localhost:9092
      kastellan lag billing --seconds --context prod
      kastellan lag billing --context prod --watch
      kastellan lag --bundle prod.snapshot --limit 10 -o csv

    Exit codes:
      0   the lag of every group is shown
      12  a request was not answered, so that a value or a group is missing
    """
    name = f"{'lag' if group is None else 'owned lag'}{' in seconds' if seconds else ''}"
    query = query_of(where, sort, columns, limit)
    if watch is None:
        print_list(reach, name, group, output, query)
    else:
        watch_and_print(reach, name, group, output, query, watch)
