"""`kastellan get`: the members of a kind."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from kastellan.surfaces.cli.listing import Form, print_list
from kastellan.surfaces.cli.reading import Reach, reads_cluster


class Kind(StrEnum):
    """What is listed."""

    BROKERS = "brokers"
    TOPICS = "topics"
    PARTITIONS = "partitions"
    GROUPS = "groups"
    QUORUM = "quorum"


@reads_cluster
def run(
    reach: Reach,
    kind: Annotated[Kind, typer.Argument(metavar="brokers|topics|partitions|groups|quorum", help="What to list.")],
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Only this one (for partitions: those of this topic).")
    ] = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="How the list is printed.")] = Form.TABLE,
) -> None:
    """List brokers, topics, partitions, groups or the metadata quorum; `?` marks what was not seen."""
    print_list(reach, kind.value, name, output)
