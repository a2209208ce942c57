"""The first screen."""

from __future__ import annotations

from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import Problem
from kastellan.model.finding import Severity
from kastellan.surfaces.cli.screen import Screen

SEVERITY_STYLE = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_LABEL = 10


def show(view: ReportView, screen: Screen, *, hygiene: bool = False) -> None:
    """Header, verdict, problems, what was not seen, hygiene folded, cost."""
    telling = view.summary
    for number, each in enumerate(telling.header):
        screen.items(each.split(" · "), "bold" if not number else "")
    screen.paragraph(telling.verdict, SEVERITY_STYLE[telling.worst] if telling.worst else "green")
    for each in telling.running:
        screen.paragraph(each)
    for number, problem in enumerate(telling.problems, 1):
        screen.line()
        _problem(problem, number, screen)
    screen.line()
    screen.field("UNSEEN", telling.unseen or ("nothing that was asked for",), 0, _LABEL)
    if telling.changed:
        screen.field("CHANGED", telling.changed, 0, _LABEL)
    if telling.notes:
        screen.field("NOTES", telling.notes, 0, _LABEL)
    if telling.waived:
        screen.field("WAIVED", telling.waived, 0, _LABEL)
    if hygiene:
        screen.field(
            "HYGIENE", (f"{each.title}: {each.subjects}. {each.observed}. {each.do}" for each in telling.hygiene), 0, _LABEL
        )
    elif telling.hygiene_line:
        screen.field("HYGIENE", (f"{telling.hygiene_line}: --hygiene",), 0, _LABEL)
    screen.field("COST", (telling.cost,), 0, _LABEL, style="dim")


def _problem(problem: Problem, number: int, screen: Screen) -> None:
    style = SEVERITY_STYLE[problem.severity]
    once = " (seen once)" if not problem.confirmed else ""
    head = f"{number} {problem.severity.upper():<8} {problem.title}{once}"
    screen.paragraph(head, style, hang=11)
    screen.paragraph(problem.subjects, "bold", indent=2)
    for label, texts in problem.parts:
        screen.field(label, texts, label_width=_LABEL - 1)
    screen.field("About", (f"kastellan explain {problem.about}",), label_width=_LABEL - 1, style="dim")
