"""The report as the one line of a Nagios plug-in (Icinga, Checkmk, Sensu), with that interface's own exit codes."""

from __future__ import annotations

from collections import Counter
from typing import Final

from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import ReportSummary
from kastellan.model.finding import Severity, Verdict
from kastellan.model.report import Report
from kastellan.render.printable import clean

OK, WARNING, CRITICAL, UNKNOWN = range(4)
_WORDS: Final = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_MOST_SHOWN = 3


def state_of(telling: ReportSummary) -> int:
    """The plug-in's exit code: an error is critical, too little seen is unknown, a warning is a warning."""
    if telling.worst is Severity.ERROR:
        return CRITICAL
    if telling.too_little:
        return UNKNOWN
    return WARNING if telling.worst is Severity.WARNING else OK


def show(view: ReportView) -> str:
    """State, what is wrong, and performance data behind the bar; the verdict's evidence in lines below."""
    report, telling = view.report, view.summary
    state = state_of(telling)
    first = "; ".join(f"{problem.title}: {problem.subjects}" for problem in telling.problems[:_MOST_SHOWN])
    more = f"; and {len(telling.problems) - _MOST_SHOWN} more" if len(telling.problems) > _MOST_SHOWN else ""
    blind = telling.too_little[0] if state == UNKNOWN else ""
    message = "; ".join(part for part in (blind, first + more) if part) or telling.verdict
    below = [
        f"{problem.severity.value}: {problem.title}: {line.text}" for problem in telling.problems for line in problem.evidence[:1]
    ]
    return "\n".join([f"{line(state, message)} | {_performance(report)}", *map(_safe, below)]) + "\n"


def line(state: int, message: str) -> str:
    """The first line up to the bar."""
    return f"KASTELLAN {_WORDS[state]} - {_safe(message)}"


def _performance(report: Report) -> str:
    standing = Counter(finding.severity for finding in report.findings if finding.waived is None)
    counts = {f"{severity.value}s": standing[severity] for severity in (Severity.ERROR, Severity.WARNING)}
    counts |= {"waived": sum(finding.waived is not None for finding in report.findings), "unknown": report.count(Verdict.UNKNOWN)}
    metrics = [f"{name}={count}" for name, count in counts.items()]
    return " ".join([*metrics, f"requests={report.cost.requests}", f"time={report.cost.wall_ms / 1000:.3f}s"])


def _safe(text: str) -> str:
    """A bar would begin the performance data."""
    return clean(text).replace("|", "/")
