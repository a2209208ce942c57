"""What the generated pages are made of: rooms of the product, their docstrings, Markdown tables."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from kastellan.kernel.folder import modules_in

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "<!-- Made by `make docs` from the code; do not edit. -->\n\n"
Pages = dict[str, str]


def room(name: str) -> ModuleType | None:
    """A package or module of the house, when it has been built."""
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return importlib.import_module(name) if spec else None


def members(package: str) -> Iterator[ModuleType]:
    """The public modules of a room, when it has been built."""
    package_module = room(package)
    return modules_in(package_module) if package_module is not None else iter(())


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(value: object) -> str:
    """A value in one cell of a table."""
    return " ".join(str(value).split()).replace("|", "\\|")


def number(value: float) -> str:
    """A number without needless digits."""
    return f"{value:g}"


def first_line(about: object) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(about) or "").partition("\n")[0]


def toctree(names: Iterable[str]) -> str:
    """A hidden table of contents."""
    return "```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"
