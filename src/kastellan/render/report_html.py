"""The report as one HTML file that loads nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from kastellan.findings.line import Line
from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import Problem, ReportSummary
from kastellan.kernel.version import VERSION
from kastellan.model.finding import Severity
from kastellan.render.printable import clean

_SHAPE = {Severity.ERROR: "■", Severity.WARNING: "▲", Severity.INFO: "●"}
_STYLE = """
:root{color-scheme:light dark;--back:#fbfbfa;--card:#fff;--text:#1c1e21;--dim:#5c6470;--line:#d9dce1}
:root{--error:#b3261e;--warning:#8a5a00;--good:#1a6b35}
@media(prefers-color-scheme:dark){
:root{--back:#15171a;--card:#1d2025;--text:#e6e8eb;--dim:#9aa3af;--line:#343a43}
:root{--error:#ff8a80;--warning:#ffc766;--good:#7ddc9a}
}
*{box-sizing:border-box}
body{margin:0 auto;max-width:64rem;padding:1.5rem;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.3rem;margin:0}h2{font-size:1.1rem;margin:0 0 .3rem}
.dim{color:var(--dim);margin:.2rem 0;overflow-wrap:anywhere}
.verdict{font-size:1.2rem;font-weight:600;margin:1rem 0;padding:.6rem .9rem}
.verdict{border-left:.4rem solid currentColor;background:var(--card)}
.error{color:var(--error)}.warning{color:var(--warning)}.good{color:var(--good)}
article{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.2rem;margin:1rem 0}
.subjects{font-weight:600;overflow-wrap:anywhere;margin:.2rem 0 .6rem}
dl{display:grid;grid-template-columns:6.5rem 1fr;gap:.35rem .8rem;margin:0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
dd p{margin:0 0 .2rem}.not{font-weight:600}
code{font:.92em ui-monospace,monospace}
section{margin:1.5rem 0}ul{margin:.3rem 0;padding-left:1.2rem}li{overflow-wrap:anywhere}
@media(max-width:40rem){dl{grid-template-columns:1fr}dt{margin-top:.4rem}}
@media print{article{break-inside:avoid}}
"""


def show(view: ReportView) -> str:
    """The whole document."""
    return "\n".join(_parts(view.summary)) + "\n"


def _parts(telling: ReportSummary) -> Iterator[str]:
    tone = telling.worst.value if telling.worst else "good"
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">'
    yield f"<title>{_text(telling.cluster)}: {_text(telling.verdict)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<header>"
    yield f"<h1>{_text(telling.header[0])}</h1>"
    yield from (f'<p class="dim">{_text(header)}</p>' for header in telling.header[1:])
    yield f'</header>\n<main>\n<p class="verdict {tone}" role="status">{_text(telling.verdict)}</p>'
    yield from (f"<p>{_text(line.text)}</p>" for line in telling.running)
    for number, problem in enumerate(telling.problems, 1):
        yield from _problem(problem, number)
    yield from _section("Unseen", _texts(telling.unseen) or ("nothing that was asked for",))
    yield from _section("Waived", _texts(telling.waived))
    yield from _section("Changed", _texts(telling.changed))
    yield from _section("Notes", telling.notes)
    if telling.hygiene:
        yield f"<section><details><summary>Hygiene: {_text(telling.hygiene_line)}</summary><ul>"
        unfolded = (item.line.text for item in telling.hygiene)
        yield from (f"<li>{_text(text)}</li>" for text in unfolded)
        yield "</ul></details></section>"
    yield f'</main>\n<footer><p class="dim">{_text(telling.cost)}</p><p class="dim">Kastellan {VERSION}</p></footer>'
    yield "</body>\n</html>"


def _problem(problem: Problem, number: int) -> Iterator[str]:
    once = "" if problem.confirmed else " (seen once)"
    severity = problem.severity.value
    yield f'<article id="{_text(problem.about)}-{number}">'
    yield f'<h2><span class="{severity}">{_SHAPE[problem.severity]} {severity.upper()}</span> {_text(problem.title)}{once}</h2>'
    yield f'<p class="subjects">{_text(problem.subjects)}</p>\n<dl>'
    for label, lines in problem.parts:
        weight = ' class="not"' if label == "Do not" else ""
        yield f"<dt>{label}</dt><dd{weight}>" + "".join(f"<p>{_text(text)}</p>" for text in _texts(lines)) + "</dd>"
    yield f"<dt>About</dt><dd><code>kastellan explain {_text(problem.about)}</code></dd>\n</dl>\n</article>"


def _texts(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(line.text for line in lines)


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    listed = tuple(texts)
    if listed:
        yield f"<section><h2>{title}</h2><ul>"
        yield from (f"<li>{_text(result)}</li>" for result in listed)
        yield "</ul></section>"


def _text(text: str) -> str:
    return escape(clean(text))
