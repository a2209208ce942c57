"""The architecture page, drawn from the import contracts of pyproject.toml and from the stages of a report.

The contracts decide what the code may do, so the page cannot disagree with the code.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from typing import Any

from gates.markdown import GENERATED, ROOT, Pages, first_line, room, table

_WIDTH = 60
_PURE = "  pure"


def contracts() -> list[dict[str, Any]]:
    """The import contracts, as pyproject.toml has them."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def contract(contract_id: str) -> dict[str, Any]:
    """The contract of this id."""
    return next(listed for listed in contracts() if listed["id"] == contract_id)


def layers() -> list[list[str]]:
    """The rooms of the layers contract, top to bottom; several in one layer stand side by side."""
    return [[name.strip(" ()") for name in layer.split("|")] for layer in contract("layers")["layers"]]


def drawing() -> str:
    """The rooms as boxes, top to bottom; parentheses mark what has not been built yet, `pure` what does no I/O."""
    pure = {name.removeprefix("kastellan.") for name in contract("pure")["source_modules"]}
    lines: list[str] = []
    for names in layers():
        cells = _cells([name if room(f"kastellan.{name}") else f"({name})" for name in names])
        rule = "+" + "+".join("-" * len(label) for label in cells) + "+"
        above = lines.pop() if lines else rule
        lines.append("".join("+" if "+" in pair else "-" for pair in zip(above, rule, strict=True)))
        lines += ["|" + "|".join(cells) + "|" + (_PURE if pure.issuperset(names) else ""), rule]
    return "\n".join(lines)


def _cells(names: list[str]) -> list[str]:
    """The names of a layer, centred in cells that fill its width together."""
    share = (_WIDTH - len(names) - 1) // len(names)
    last = _WIDTH - 2 - (share + 1) * (len(names) - 1)
    return [name.center(share) for name in names[:-1]] + [names[-1].center(last)]


def room_rows() -> list[tuple[str, str]]:
    """Each room with the first line of its docstring."""
    names = [name for names in layers() for name in names]
    return [
        (f"`{name}`", first_line(room(f"kastellan.{name}")) if room(f"kastellan.{name}") else "not built yet") for name in names
    ]


def contract_rows() -> list[tuple[str, str]]:
    """Each contract in one line: its name, and the modules that it is about."""
    return [(listed["name"], _subjects(listed)) for listed in contracts()]


def _subjects(listed: dict[str, Any]) -> str:
    match listed:
        case {"source_modules": sources, "forbidden_modules": forbidden}:
            return f"{_names(sources)} must not import {_names(forbidden)}"
        case {"protected_modules": protected, "allowed_importers": importers}:
            return f"only {_names(importers)} may import {_names(protected)}"
        case {"layers": _}:
            return "all rooms, in the order of the drawing"
        case _:
            return f"the packages below {_names(listed['containers'])}"


def _names(modules: Iterable[str]) -> str:
    return ", ".join(f"`{module.removeprefix('kastellan.')}`" for module in modules)


def stage_rows(stages: Iterable[Callable[..., object]]) -> list[tuple[str, str]]:
    """Stages of the report with the first line of their docstrings, in order."""
    return [(f"`{stage.__name__}`", first_line(stage)) for stage in stages]


def pages() -> Pages:
    """The page of the architecture."""
    stages: Any = room("kastellan.findings.stages")
    text = (
        "# The house\n\nA room is a package below `src/kastellan/`. It imports only rooms below it; rooms side by side do not "
        "import each other. `pure` marks the rooms that do no I/O and read no clock. Parentheses: not built yet.\n\n"
        f"```text\n{drawing()}\n```\n\n" + table(("room", "what it holds"), room_rows()) + "\n## From a snapshot to a report\n\n"
        "`kastellan.findings.stages` is a tuple of pure functions. The first ones run on every collection:\n\n"
        + table(("stage", "what it does"), stage_rows(stages.JUDGING))
        + "\nThe others run once, on the collection that is shown:\n\n"
        + table(("stage", "what it does"), stage_rows(stages.REPORTING))
        + "\n## Contracts\n\nimport-linter checks them; `tests/gates/test_contracts.py` proves that each of them can fail.\n\n"
        + table(("contract", "modules"), contract_rows())
    )
    return {"reference/house.md": GENERATED + text}
