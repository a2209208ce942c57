"""`kastellan get`: the members of a kind."""

from __future__ import annotations

from typing import Annotated

import typer

from kastellan.surfaces.cli.completion import complete_kind, complete_name
from kastellan.surfaces.cli.help_text import INSPECT
from kastellan.surfaces.cli.listing import Columns, Limit, ListForm, Output, Sort, Where, print_list, query_of
from kastellan.surfaces.cli.reading import ConnectionOptions, reads_cluster

PANEL = INSPECT


@reads_cluster
def run(
    reach: ConnectionOptions,
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="[KIND]",
            autocompletion=complete_kind,
            help="What to list, such as topics; without it the kinds are listed.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", autocompletion=complete_name, help="Only this member, or those that match a pattern such as 'pay*'."
        ),
    ] = None,
    where: Where = None,
    sort: Sort = "",
    columns: Columns = "",
    limit: Limit = None,
    output: Output = ListForm.TABLE,
) -> None:
    """List topics, groups, brokers, ACLs, users, configs or any other kind of object in a cluster.

    In a table `?` is a value that could not be read, and `-` a value that does not exist.

    Examples:
      kastellan get brokers --bootstrap-server localhost:9092
      kastellan get topics 'pay*' --where 'under_replicated>0'
      kastellan get acls User:billing
      kastellan get configs orders --where 'source!=default'
      kastellan get members --sort -assigned --limit 20 -o csv

    Exit codes:
      0   every value is shown
      12  a request was not answered, so that a value or a row is missing
    """
    if kind is None:
        _kinds()
        return
    from kastellan.app.get import list_called

    print_list(reach, list_called(kind), name, output, query_of(where, sort, columns, limit))


def _kinds() -> None:
    """The lists with their other names."""
    import sys

    from kastellan.app.lists.catalogue import LISTS
    from kastellan.surfaces.cli.screen import Screen

    screen = Screen.of()
    rows = [[name, ", ".join(spec.aliases) or "-", spec.about] for name, spec in sorted(LISTS.items()) if not spec.hidden]
    screen.table(["KIND", "ALSO", "WHAT"], rows)
    sys.stdout.write(screen.text())
