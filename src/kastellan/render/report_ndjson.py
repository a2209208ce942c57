"""The report as lines of JSON, for pipes and log collectors: one for the look, one for each thing found or not seen."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from kastellan.findings.report_view import ReportView
from kastellan.kernel.outcome import State
from kastellan.model.finding import Verdict
from kastellan.model.report import Report
from kastellan.render.documents import AnswerLine, CollectionLine, EndLine, FindingLine, UnknownLine


def show(view: ReportView, code: int) -> str:
    """All lines; the last one has the exit code."""
    return "".join(msgspec.json.encode(line).decode() + "\n" for line in _lines(view.report, code))


def _lines(report: Report, code: int) -> Iterator[msgspec.Struct]:
    yield CollectionLine(
        at_ms=report.at_ms, cluster_id=report.cluster_id, vantage=report.vantage, shape=report.shape,
        collections=report.collections, cost=report.cost, notes=report.notes,
    )  # fmt: skip
    for finding in report.findings:
        yield FindingLine(at_ms=report.at_ms, cluster_id=report.cluster_id, subject=finding.subject.text, finding=finding)
    for result in report.results:
        for unknown in result.unknown:
            yield UnknownLine(at_ms=report.at_ms, cluster_id=report.cluster_id, check=result.check, unknown=unknown)
    for answer in report.answers:
        if answer.state is not State.COMPLETE:
            yield AnswerLine(at_ms=report.at_ms, cluster_id=report.cluster_id, answer=answer)
    yield EndLine(
        at_ms=report.at_ms,
        cluster_id=report.cluster_id,
        exit_code=code,
        counts={verdict: report.count(verdict) for verdict in Verdict},
    )
