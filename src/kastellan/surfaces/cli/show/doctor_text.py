"""The first screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from kastellan.findings.line import Line
from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import Problem
from kastellan.model.finding import Severity
from kastellan.surfaces.cli.screen import Screen

SEVERITY_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_LABEL = 10
_SHOWN: Final[Mapping[str, int]] = {"Impact": 2, "Explains": 4}
"""How many lines of a part the first screen shows."""


def show(view: ReportView, screen: Screen, *, hygiene: bool = False, verbose: bool = False) -> None:
    """Header, verdict, problems, what was not seen, hygiene, cost; `verbose` unfolds what the first screen shortens."""
    summary = view.summary
    for number, header in enumerate(summary.header):
        screen.items(header.split(" · "), "bold" if not number else "")
    screen.paragraph(summary.verdict, SEVERITY_STYLE[summary.worst] if summary.worst else "green")
    for line in summary.running:
        screen.paragraph(line.text)
    for number, problem in enumerate(summary.problems, 1):
        screen.line()
        _problem(problem, number, screen, verbose=verbose)
    screen.line()
    screen.field("UNSEEN", _unseen(view, verbose=verbose), 0, _LABEL)
    screen.field("CHANGED", _texts(summary.changed), 0, _LABEL)
    screen.field("NOTES", summary.notes, 0, _LABEL)
    screen.field("WAIVED", _texts(summary.waived), 0, _LABEL)
    if hygiene:
        screen.field("HYGIENE", (item.line.text for item in summary.hygiene), 0, _LABEL)
    elif summary.hygiene_line:
        screen.field("HYGIENE", (f"{summary.hygiene_line}: --hygiene",), 0, _LABEL)
    screen.field("COST", (summary.cost,), 0, _LABEL, style="dim")


def _unseen(view: ReportView, *, verbose: bool) -> Sequence[str]:
    summary = view.summary
    if not summary.unseen:
        return ("nothing that was asked for",)
    if verbose:
        return _texts(summary.unseen)
    *lines, last = _texts(summary.unseen_brief)
    return (*lines, f"{last}: -v lists them")


def _problem(problem: Problem, number: int, screen: Screen, *, verbose: bool) -> None:
    style = SEVERITY_STYLE[problem.severity]
    once = " (seen once)" if not problem.confirmed else ""
    screen.paragraph(f"{number} {problem.severity.upper():<8} {problem.title}{once}: {problem.subjects}", style, hang=11)
    for label, lines in problem.parts:
        texts = _texts(lines)
        if label == "Explains" and not verbose:
            texts = [explained.brief for explained in problem.explains]
        shown = len(texts) if verbose else _SHOWN.get(label, len(texts))
        if len(texts) > shown:
            texts = [*texts[: shown - 1], f"{texts[shown - 1].removesuffix('.')}; and {len(texts) - shown} more: -v"]
        screen.field(label, texts, label_width=_LABEL - 1)
    screen.field("About", (f"kastellan explain {problem.about}",), label_width=_LABEL - 1, style="dim")


def _texts(lines: Iterable[Line]) -> list[str]:
    return [line.text for line in lines]
