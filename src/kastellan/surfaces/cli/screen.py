"""Text on a terminal: width, colour, and nothing in it that a hostile name could command the terminal with."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TextIO

from kastellan.render.printable import clean

PIPED_WIDTH = 100
_NARROWEST = 40
_WIDEST = 140
_NARROW = 8
_GAP = 2
_STYLES = {"bold": "1", "dim": "2", "red": "1;31", "yellow": "1;33", "green": "1;32", "cyan": "36"}
_PLAIN = str.maketrans({"·": "|", "…": "...", "→": "->"})


def width_of(text: str) -> int:
    """Columns that the text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


class Screen:
    """Collects lines for one stream, as wide and as colourful as it can show.

    Prose is never wider than what the eye follows; a table takes all of a terminal, and what it needs where a program
    reads it (`width` is None): grep wants whole names.
    """

    def __init__(self, *, width: int | None = PIPED_WIDTH, colour: bool = False, unicode: bool = True) -> None:
        self.width = max(_NARROWEST, min(width or PIPED_WIDTH, _WIDEST))
        self._room = max(_NARROWEST, width) if width else None
        self._colour = colour
        self._unicode = unicode
        self._lines: list[str] = []

    @classmethod
    def of(cls, stream: TextIO | None = None) -> Screen:
        """For this stream: colour only on a terminal and without NO_COLOR, ASCII where its encoding has no more."""
        shown: TextIO = stream or sys.stdout
        tty = shown.isatty()
        colour = tty and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if tty or os.environ.get("COLUMNS") else None
        try:
            "·…".encode(shown.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return cls(width=width, colour=colour, unicode=False)
        return cls(width=width, colour=colour)

    def apply_style(self, text: str, style: str) -> str:
        """The text in a style, where colours are shown."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self._colour and style and text else text

    def line(self, text: str = "", style: str = "") -> None:
        """One line, as it is."""
        self._lines.append(self.apply_style(self._shown(text), style))

    def paragraph(self, text: str, style: str = "", indent: int = 0, hang: int = 0) -> None:
        """Wrapped text; lines after the first are indented by `hang` more."""
        for line in self._wrap(text, indent, hang):
            self._lines.append(self.apply_style(line, style))

    def items(self, items: Sequence[str], style: str = "") -> None:
        """Short items with dots between; a line breaks between items where it can."""
        lines = [""]
        for item in items:
            longer = f"{lines[-1]} · {item}" if lines[-1] else item
            if not lines[-1] or width_of(longer) + 2 <= self.width:
                lines[-1] = longer
            else:
                lines.append(item)
        for number, line in enumerate(lines):
            self.paragraph(line, style, indent=2 if number else 0, hang=2)

    def field(self, label: str, texts: Iterable[str], indent: int = 2, label_width: int = 9, style: str = "") -> None:
        """A label with wrapped texts beside it, each beginning on a line of its own."""
        shown = label
        listed = tuple(texts)
        for text in listed:
            at = indent + label_width
            for number, line in enumerate(self._wrap(text, at, 2 if len(listed) > 1 else 0)):
                head = " " * indent + self.apply_style(shown, "cyan") + " " * (label_width - len(shown))
                self._lines.append((head if not number else " " * at) + self.apply_style(line[at:], style))
                shown = "" if number == 0 else shown

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> None:
        """Columns as wide as their values; where the screen is too narrow, text is shortened, a number never is.

        Columns that do not fit even so are left out from the right, and named below.
        """
        cells = [[self._shown(clean(text)) for text in row] for row in rows]
        values = [max((width_of(row[at]) for row in cells), default=0) for at in range(len(head))]
        widths = [max(width_of(name), value) for name, value in zip(head, values, strict=True)]
        shown = len(head)
        if self._room is not None:
            narrow = [min(_NARROW, width) for width in widths]
            least = [max(values[at], width) if at in right else width for at, width in enumerate(narrow)]
            while shown > 1 and sum(least[:shown]) + _GAP * (shown - 1) > self._room:
                shown -= 1
            widths = _fit(widths[:shown], least, self._room - _GAP * (shown - 1))
        self._lines.append(self.apply_style(_row(head[:shown], widths, right), "bold"))
        self._lines.extend(_row(row[:shown], widths, right) for row in cells)
        if shown < len(head):
            self.paragraph(f"no room for {', '.join(head[shown:])}: -o json or -o csv has every column", "dim")

    def text(self) -> str:
        """Everything, ending with a line end."""
        return "\n".join(line.rstrip() for line in self._lines) + "\n"

    def _shown(self, text: str) -> str:
        return text if self._unicode else text.translate(_PLAIN).encode("ascii", "replace").decode()

    def _wrap(self, text: str, indent: int, hang: int) -> list[str]:
        wrapped = textwrap.wrap(
            self._shown(clean(text)),
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_long_words=True,
            break_on_hyphens=False,
        )
        return wrapped or [""]


def _fit(widths: list[int], least: Sequence[int], room: int) -> list[int]:
    """The widths, the widest taken down first until they fit, none below its least."""
    fitted = list(widths)
    while sum(fitted) > room:
        spare = [at for at, width in enumerate(fitted) if width > least[at]]
        if not spare:
            break
        fitted[max(spare, key=lambda at: fitted[at])] -= 1
    return fitted


def _row(cells: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> str:
    shown: list[str] = []
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        text = cell if width_of(cell) <= width else _cut(cell, width)
        pad = " " * (width - width_of(text))
        shown.append(pad + text if number in right else text + pad)
    return "  ".join(shown)


def _cut(text: str, width: int) -> str:
    while width_of(text) > width - 1:
        text = text[:-1]
    return text + "~"
