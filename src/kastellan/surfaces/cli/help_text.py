"""Renders `--help`: text wrapped to the terminal, examples as typed, commands and options in groups.

The help of typer cuts summaries with dots, is 80 columns wide at most and joins the lines of an example. This module replaces
the rendering and nothing else: the texts are the docstrings of the commands and the `help` of their parameters.
"""

from __future__ import annotations

import inspect
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, Final

from typer.core import TyperCommand, TyperGroup

DIAGNOSE: Final = "Diagnose"
INSPECT: Final = "Inspect"
CONNECT: Final = "Connect"
FILES: Final = "Files"
LAB: Final = "Lab"
PANELS: Final = (DIAGNOSE, INSPECT, CONNECT, FILES, LAB)
"""The groups of commands, in the order in which the help shows them; each command module names its own as `PANEL`."""
CONNECTION: Final = "Connection options"
"""The options that say which cluster, shown after a command's own."""

_WIDTH_MAX: Final = 100
"""Longer lines are harder to read."""
_WIDTH_MIN: Final = 40
_LABEL_MAX: Final = 26
"""A longer option stands on a line of its own, above its text."""


class HelpCommand(TyperCommand):
    """A command with this module's help."""

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401  (typer's private context)
        """The help text, without the final line feed."""
        return _text(self, ctx, ())


class HelpGroup(TyperGroup):
    """A group of commands with this module's help."""

    def get_help(self, ctx: Any) -> str:  # noqa: ANN401  (typer's private context)
        """The help text, without the final line feed."""
        return _text(self, ctx, [(name, self.commands[name]) for name in self.list_commands(ctx)])


def terminal_width() -> int:
    """Columns to write, at most 100. Without a terminal COLUMNS counts, and 80 without that."""
    return max(_WIDTH_MIN, min(_WIDTH_MAX, shutil.get_terminal_size((80, 24)).columns))


def blocks(text: str) -> Iterator[tuple[bool, str]]:
    r"""The paragraphs of a help text, and whether each is to be kept as typed: one with an indented line is.

    >>> list(blocks('''Print it.
    ...
    ... Examples:
    ...   kastellan get'''))
    [(False, 'Print it.'), (True, 'Examples:\n  kastellan get')]
    """
    for block in inspect.cleandoc(text).split("\n\n"):
        yield "\n " in block, block


def examples(text: str) -> list[str]:
    """The command lines under `Examples:` in a help text, each without the backslash and line break inside it."""
    for _, block in blocks(text):
        heading, _, body = block.partition("\n")
        if heading == "Examples:":
            return [line.strip() for line in re.sub(r"\\\n\s*", "", body).splitlines()]
    return []


def summary(text: str) -> str:
    """The first sentence of a help text, without the full stop."""
    return " ".join(inspect.cleandoc(text).partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")


def _text(command: TyperCommand | TyperGroup, ctx: Any, commands: Iterable[tuple[str, Any]]) -> str:  # noqa: ANN401
    """Usage, description, examples, commands, arguments, options and exit codes, in this order."""
    width = terminal_width()
    usage = f"Usage: {ctx.command_path} "
    lines = _wrap(" ".join(command.collect_usage_pieces(ctx)), width, usage, " " * 8)
    exit_codes: list[str] = []
    for as_typed, block in blocks(command.help or ""):
        target = exit_codes if block.startswith("Exit codes") else lines
        target += ["", *(block.splitlines() if as_typed else _wrap(" ".join(block.split()), width))]
    lines += _command_lines(commands, width)
    lines += _parameter_lines(command, ctx, width)
    return "\n".join(lines + exit_codes)


def _command_lines(commands: Iterable[tuple[str, Any]], width: int) -> Iterator[str]:
    """The commands of a group, panel by panel; all panels share one column of texts."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for name, command in commands:
        if not command.hidden:
            rows.setdefault(command.rich_help_panel or "Commands", []).append((name, summary(command.help or "")))
    label_width = max((len(name) for panel_rows in rows.values() for name, _ in panel_rows), default=0)
    for panel in sorted(rows, key=lambda name: PANELS.index(name) if name in PANELS else len(PANELS)):
        yield from _panel_lines(panel, sorted(rows[panel]), width, label_width)


def _parameter_lines(command: TyperCommand | TyperGroup, ctx: Any, width: int) -> Iterator[str]:  # noqa: ANN401
    """Arguments, then the command's own options, then those that many commands have."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for param in command.get_params(ctx):
        record = param.get_help_record(ctx)
        if record is not None:
            default_panel = "Arguments" if param.param_type_name == "argument" else "Options"
            rows.setdefault(getattr(param, "rich_help_panel", None) or default_panel, []).append(record)
    for panel in sorted(rows, key=("Arguments", "Options", CONNECTION).index):
        yield from _panel_lines(panel, rows[panel], width)


def _panel_lines(title: str, rows: Iterable[tuple[str, str]], width: int, label_width: int = 0) -> Iterator[str]:
    rows = list(rows)
    label_width = label_width or max((len(label) for label, _ in rows if len(label) <= _LABEL_MAX), default=_LABEL_MAX)
    yield ""
    yield f"{title}:"
    for label, text in rows:
        head, indent = f"  {label:<{label_width}}  ", " " * (label_width + 4)
        if len(label) > label_width:
            yield f"  {label}"
            head = indent
        # The name of an environment variable stays with its bracket.
        one_line = " ".join(text.split()).replace("[env var: ", "[env:\xa0")
        yield from (line.replace("\xa0", " ") for line in _wrap(one_line, width, head, indent))


def _wrap(text: str, width: int, head: str = "", indent: str = "") -> list[str]:
    """The lines of a paragraph; only at blanks, so that an option or an address is never taken apart."""
    return textwrap.wrap(
        text, width, initial_indent=head, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [head.rstrip()]
