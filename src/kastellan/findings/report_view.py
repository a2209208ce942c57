"""What every surface renders: the report, its summary, and the declarations of its checks."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kastellan.checks.check import Check
from kastellan.findings.summary import ReportSummary, summarize
from kastellan.model.report import Report


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """One judged snapshot, ready to be shown. Surfaces render it and compute nothing.

    `checks` are the declarations by id; their remedies name who owns what they change.
    """

    report: Report
    summary: ReportSummary
    checks: Mapping[str, Check]

    def with_notes(self, notes: tuple[str, ...]) -> ReportView:
        """The same view with other notes."""
        return msgspec.structs.replace(
            self,
            report=msgspec.structs.replace(self.report, notes=notes),
            summary=msgspec.structs.replace(self.summary, notes=notes),
        )


def view_of(report: Report, checks: Mapping[str, Check]) -> ReportView:
    """The view of a report."""
    return ReportView(report=report, summary=summarize(report, checks), checks=checks)
