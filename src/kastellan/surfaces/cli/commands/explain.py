"""`kastellan explain`: any check, term or exit code."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from kastellan.surfaces.cli.completion import complete_check
from kastellan.surfaces.cli.help_text import DIAGNOSE

if TYPE_CHECKING:
    from kastellan.app.explain import Explanation
    from kastellan.surfaces.cli.screen import Screen

PANEL = DIAGNOSE

_LABEL = 14


class Form(StrEnum):
    """How the explanation is printed."""

    TABLE = "table"
    JSON = "json"


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            autocompletion=complete_check,
            help="Id of a check, cause or provider, a term or an exit code; without it all are listed.",
        ),
    ] = None,
    output: Annotated[Form, typer.Option("-o", "--output", help="Output format.")] = Form.TABLE,
) -> None:
    """Explain a check, a cause, a provider, a term or an exit code.

    Examples:
      kastellan explain
      kastellan explain replication.under_replicated
      kastellan explain isr
      kastellan explain 12 -o json
    """
    from kastellan.app.explain import everything, explain

    explanation = everything() if name is None else explain(name)
    if output is Form.JSON:
        from kastellan.render.documents import ExplanationDocument, json_text

        text = json_text(ExplanationDocument(id=explanation.id, title=explanation.title, parts=explanation.parts)) + "\n"
    else:
        from kastellan.surfaces.cli.screen import Screen

        screen = Screen.of()
        (_list if name is None else _tell)(explanation, screen)
        text = screen.text()
    sys.stdout.write(text)


def _list(explanation: Explanation, screen: Screen) -> None:
    for family, text in explanation.parts.items():
        screen.line(family, "bold")
        for line in text.splitlines():
            screen.paragraph(line, indent=2, hang=4)
        screen.line()
    screen.paragraph("kastellan explain ID tells the whole of one.", "dim")


def _tell(explanation: Explanation, screen: Screen) -> None:
    screen.paragraph(
        explanation.title if explanation.title == explanation.id else f"{explanation.id}: {explanation.title}", "bold"
    )
    screen.line()
    for label, text in explanation.parts.items():
        if label == "About":
            screen.line()
            _markdown(text, screen)
        else:
            screen.field(label, text.splitlines(), label_width=_LABEL)


def _markdown(text: str, screen: Screen) -> None:
    """A check's docstring: paragraphs are wrapped, indented blocks stay as they are."""
    for block in text.split("\n\n"):
        if block.startswith("    "):
            for line in block.splitlines():
                screen.line("  " + line, "dim")
        else:
            screen.paragraph(" ".join(block.replace("**", "").replace("`", "").split()), indent=2)
        screen.line()
