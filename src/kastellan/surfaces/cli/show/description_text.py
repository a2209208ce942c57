"""One thing on one screen: `?` is what was not seen, `-` is what is not there."""

from __future__ import annotations

from kastellan.app.describe import Description
from kastellan.app.description import Section
from kastellan.app.lists.headers import header_of
from kastellan.model.finding import Fact
from kastellan.render.printable import clean
from kastellan.surfaces.cli.screen import Screen
from kastellan.surfaces.cli.show.rows_text import is_number, value_text

_LABEL = 30


def show(description: Description, screen: Screen) -> None:
    """The facts, the sections, and why something is missing."""
    screen.paragraph(f"{description.kind} {clean(description.name)}", "bold")
    for fact in description.facts:
        screen.field(fact.label, (_text(fact.column, fact.value),), label_width=_LABEL)
    for section in description.sections:
        screen.line()
        _section(section, screen)
    screen.line()
    if description.reasons:
        screen.field("UNSEEN", description.reasons, 0, 10)
    if description.notes:
        screen.field("NOTES", description.notes, 0, 10)


def _text(column: str, value: Fact) -> str:
    return "?" if value is None else clean(value_text(column, value))


def _section(section: Section, screen: Screen) -> None:
    if not section.rows:
        screen.paragraph(f"{section.title}: {section.note}", "bold")
        return
    screen.paragraph(section.title, "bold")
    empty = frozenset(section.may_be_empty)
    absent = section.absent or (frozenset[str](),) * len(section.rows)
    rows = [
        ["-" if row[column] is None and column in empty | none else _text(column, row[column]) for column in section.columns]
        for row, none in zip(section.rows, absent, strict=True)
    ]
    numbers = frozenset(
        position for position, column in enumerate(section.columns) if any(is_number(column, row[column]) for row in section.rows)
    )
    screen.table([header_of(column) for column in section.columns], rows, numbers)
    if section.note:
        screen.paragraph(section.note, "dim")
