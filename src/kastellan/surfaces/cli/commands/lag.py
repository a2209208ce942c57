"""`kastellan lag`: how far groups are behind."""

from __future__ import annotations

from typing import Annotated

import typer

from kastellan.surfaces.cli.listing import Form, print_list
from kastellan.surfaces.cli.reading import Reach, reads_cluster


@reads_cluster
def run(
    reach: Reach,
    group: Annotated[
        str | None, typer.Argument(metavar="[GROUP]", help="One group, partition by partition; none sums up all.")
    ] = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="How the list is printed.")] = Form.TABLE,
) -> None:
    """Show how far groups are behind, the worst first; "at least" where not every partition was seen."""
    print_list(reach, "lag" if group is None else "owned lag", group, output)
