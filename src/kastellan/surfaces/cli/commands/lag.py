"""`kastellan lag`: how far groups are behind."""

from __future__ import annotations

from typing import Annotated

import typer

from kastellan.surfaces.cli.listing import Columns, Limit, ListForm, Output, Sort, Where, print_list, query_of
from kastellan.surfaces.cli.reading import Reach, reads_cluster


@reads_cluster
def run(
    reach: Reach,
    group: Annotated[
        str | None, typer.Argument(metavar="[GROUP]", help="One group, partition by partition; none sums up all.")
    ] = None,
    where: Where = None,
    sort: Sort = "",
    columns: Columns = "",
    limit: Limit = None,
    output: Output = ListForm.TABLE,
) -> None:
    """Show how far groups are behind, the worst first; "at least" where not every partition was seen."""
    print_list(reach, "lag" if group is None else "owned lag", group, output, query_of(where, sort, columns, limit))
