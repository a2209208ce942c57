"""The report in the Prometheus text format, for node_exporter's textfile collector.

Every check that was judged has its series also when nothing is found, so that alerts resolve. Subjects are labels only of
the told problems, a few each: their number is bounded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from kastellan.checks.check import Check
from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import ReportSummary
from kastellan.kernel.version import VERSION
from kastellan.model.finding import Severity, Verdict
from kastellan.model.report import Report
from kastellan.render.printable import clean

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_UP = "1 when the cluster was looked at, 0 when no broker answered from here."
Sample = tuple[Mapping[str, str], float]


def show(view: ReportView, code: int) -> str:
    """All families of metrics."""
    report = view.report
    cluster = {"cluster": report.cluster_id or ""}
    return "".join(
        f"# HELP {name} {about}\n# TYPE {name} gauge\n"
        + "".join(_sample(name, {**cluster, **labels}, value) for labels, value in samples)
        for name, about, samples in _families(report, view.summary, view.checks, code)
    )


def down() -> str:
    """What is written when no broker answered, so that an alert on it can be told from a file that nobody wrote."""
    return f"# HELP kastellan_up {_UP}\n# TYPE kastellan_up gauge\nkastellan_up 0\n"


def _families(
    report: Report, telling: ReportSummary, checks: Mapping[str, Check], code: int
) -> Iterator[tuple[str, str, Iterable[Sample]]]:
    yield "kastellan_up", _UP, [({}, 1)]
    yield "kastellan_info", "The version that judged.", [({"version": VERSION}, 1)]
    yield "kastellan_look_time_seconds", "When the cluster was looked at, as Unix time.", [({}, report.at_ms / 1000)]
    yield "kastellan_exit_code", "0 fine, 10 a finding at or above --fail-on, 12 too little seen.", [({}, code)]
    yield "kastellan_findings", "Findings by check, severity and state (standing or waived).", list(_findings(report, checks))
    yield "kastellan_verdicts", "Subjects by check and verdict.", [
        ({"check": result.check, "verdict": verdict.value}, result.counts.get(verdict, 0))
        for result in report.results for verdict in Verdict
    ]  # fmt: skip
    yield "kastellan_problem_subjects", "Subjects of a told problem, the first of them by name.", [
        ({"check": problem.check, "severity": problem.severity.value, "subject": subject.text}, problem.count)
        for problem in telling.problems for subject in problem.examples[:1]
    ]  # fmt: skip
    states = Counter(answer.state.value for answer in report.answers)
    yield (
        "kastellan_answers",
        "Answers of the cluster by state.",
        [({"state": state}, count) for state, count in sorted(states.items())],
    )
    cost = report.cost
    yield "kastellan_look_requests", "Requests that the look cost.", [({}, cost.requests)]
    yield "kastellan_look_received_bytes", "Bytes that the look received.", [({}, cost.received_bytes)]
    yield "kastellan_look_duration_seconds", "Time that the look took.", [({}, cost.wall_ms / 1000)]


def _findings(report: Report, checks: Mapping[str, Check]) -> Iterator[Sample]:
    counts = Counter((finding.check, finding.severity, finding.waived is not None) for finding in report.findings)
    for result in report.results:
        declared = checks[result.check].severity if result.check in checks else Severity.ERROR
        counts.setdefault((result.check, declared, False), 0)
    for (check, severity, waived), count in sorted(counts.items()):
        state = "waived" if waived else "standing"
        yield {"check": check, "severity": severity.value, "state": state}, count


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    label_text = ",".join(f'{key}="{clean(text).translate(_ESCAPES)}"' for key, text in labels.items())
    return f"{name}{{{label_text}}} {value:.15g}\n"
