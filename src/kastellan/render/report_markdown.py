"""The report as Markdown, for tickets and incident channels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kastellan.findings.line import Line
from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import Problem, ReportSummary
from kastellan.render.printable import clean

_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#"})


def show(view: ReportView) -> str:
    """The whole document."""
    return "\n".join(_lines(view.summary)) + "\n"


def _lines(telling: ReportSummary) -> Iterator[str]:
    yield f"# {_text(telling.cluster)}"
    yield ""
    for header in telling.header:
        yield f"{_text(header)}  "
    yield ""
    yield f"**{_text(telling.verdict)}**"
    for line in telling.running:
        yield ""
        yield _text(line.text)
    for number, problem in enumerate(telling.problems, 1):
        yield ""
        yield from _problem(problem, number)
    yield from _section("Unseen", _texts(telling.unseen) or ("nothing that was asked for",))
    yield from _section("Waived", _texts(telling.waived))
    yield from _section("Changed", _texts(telling.changed))
    yield from _section("Notes", telling.notes)
    yield from _section("Hygiene", (f"{item.title}: {item.subjects}. {item.observed}" for item in telling.hygiene))
    yield from _section("Cost", (telling.cost,))


def _problem(problem: Problem, number: int) -> Iterator[str]:
    once = "" if problem.confirmed else " (seen once)"
    yield f"## {number}. {problem.severity.upper()}: {_text(problem.title)}{once}"
    yield ""
    yield f"**{_text(problem.subjects)}** (`{problem.about}`)"
    yield ""
    for label, lines in problem.parts:
        yield f"- **{label}**: " + "<br>".join(map(_text, _texts(lines)))


def _texts(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(line.text for line in lines)


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    listed = tuple(texts)
    if listed:
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {_text(result)}" for result in listed)


def _text(text: str) -> str:
    return clean(text).translate(_SPECIAL)
