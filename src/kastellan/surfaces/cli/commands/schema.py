"""`kastellan schema`: what a JSON document promises."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from kastellan.kernel.errors import BadInput
from kastellan.kernel.near_names import near_hint
from kastellan.surfaces.cli.help_text import FILES

PANEL = FILES


def run(
    name: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A schema id, such as kastellan.report/2; without it all are listed.")
    ] = None,
) -> None:
    """Print the JSON Schema of a document that Kastellan writes.

    Examples:
      kastellan schema
      kastellan schema kastellan.report/2
    """
    from kastellan.render.documents import DOCUMENTS, schema_of

    if name is None:
        sys.stdout.write("\n".join(DOCUMENTS) + "\n")
        return
    if name not in DOCUMENTS:
        hint = near_hint(name, DOCUMENTS, f"there are {', '.join(DOCUMENTS)}")
        raise BadInput(f"no schema is called {name[:60]!r}; {hint}")
    import json

    sys.stdout.write(json.dumps(schema_of(DOCUMENTS[name]), indent=2) + "\n")
