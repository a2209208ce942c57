"""The report as SARIF 2.1.0 (OASIS), for code-scanning services: checks are rules, findings results, waivers suppressions."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from kastellan.checks.check import Check
from kastellan.findings.report_view import ReportView
from kastellan.kernel.outcome import State
from kastellan.kernel.version import VERSION
from kastellan.model.finding import Finding, Severity
from kastellan.model.report import Report

_LEVEL = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def show(view: ReportView) -> str:
    """The document; where too little was seen the execution did not succeed, in SARIF's words."""
    report, checks = view.report, view.checks
    names = sorted({result.check for result in report.results} & checks.keys())
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "kastellan", "version": VERSION, "rules": [_rule(checks[name]) for name in names]}},
        "invocations": [{"executionSuccessful": not view.summary.too_little, "toolExecutionNotifications": _unseen(report)}],
        "properties": {"cluster_id": report.cluster_id, "at_ms": report.at_ms},
        "results": [_result(finding, names, report) for finding in report.findings if finding.check in checks],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _rule(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": check.impact if "{" not in check.impact else check.title},
        "help": {"text": f"Do: {check.do} Do not: {check.do_not} Verify: {check.verify}"},
        "defaultConfiguration": {"level": _LEVEL[check.severity]},
    }


def _result(finding: Finding, names: list[str], report: Report) -> dict[str, Any]:
    subject = finding.subject.text
    key = f"{report.cluster_id}\n{finding.check}\n{subject}"
    entry: dict[str, Any] = {
        "ruleId": finding.check,
        "ruleIndex": names.index(finding.check),
        "level": _LEVEL[finding.severity],
        "message": {"text": f"{subject}: {finding.observed} (expected: {finding.expected})"},
        "locations": [{"logicalLocations": [{"fullyQualifiedName": subject, "kind": finding.subject.kind}]}],
        "partialFingerprints": {"subject/v1": hashlib.sha256(key.encode()).hexdigest()},
    }
    if finding.waived:
        why = f"{finding.waived.owner} until {finding.waived.expires}: {finding.waived.reason}"
        entry["suppressions"] = [{"kind": "external", "justification": why}]
    return entry


def _unseen(report: Report) -> list[dict[str, Any]]:
    return [
        {"level": "warning", "message": {"text": answer.sentence()}}
        for answer in report.answers
        if answer.state is not State.COMPLETE
    ]
