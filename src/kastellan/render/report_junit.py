"""The report as JUnit XML, for continuous integration: a suite for each family, a case for each check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from xml.etree import ElementTree as ET

from kastellan.findings.report_view import ReportView
from kastellan.findings.summary import ReportSummary
from kastellan.kernel.time_texts import iso_text
from kastellan.kernel.units import plural
from kastellan.model.finding import CheckResult, Finding, Verdict
from kastellan.render.printable import clean

_SHOWN = 200


def show(view: ReportView, fails: Callable[[Finding], bool]) -> str:
    """The document. A case fails where a finding counts by --fail-on, is an error where too little was seen to judge."""
    report = view.report
    titles = {name: check.title for name, check in view.checks.items()}
    root = ET.Element("testsuites", name="kastellan")
    at = iso_text(report.at_ms)
    ordered = sorted(report.results, key=lambda result: result.check)
    for family, grouped in groupby(ordered, key=lambda result: result.check.partition(".")[0]):
        results = list(grouped)
        suite = ET.SubElement(root, "testsuite", name=family, timestamp=at, hostname=clean(report.vantage.host))
        for result in results:
            case = ET.SubElement(suite, "testcase", classname=family, name=result.check, time=f"{result.took_ms / 1000:.3f}")
            _case(case, result, view.summary, titles.get(result.check, result.check), fails)
        counts = {"tests": len(results)} | {f"{kind}s": len(suite.findall(f"*/{kind}")) for kind in ("failure", "error")}
        counts |= {"skipped": len(suite.findall("*/skipped"))}
        for name, count in counts.items():
            suite.set(name, str(count))
            root.set(name, str(int(root.get(name, "0")) + count))
        suite.set("time", f"{sum(result.took_ms for result in results) / 1000:.3f}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(case: ET.Element, result: CheckResult, telling: ReportSummary, title: str, fails: Callable[[Finding], bool]) -> None:
    failing = [finding for finding in result.findings if fails(finding)]
    others = [finding for finding in result.findings if not fails(finding)]
    if failing:
        message = f"{title}: {failing[0].subject.text}" + (f" and {len(failing) - 1} more" if failing[1:] else "")
        failure = ET.SubElement(case, "failure", type=failing[0].severity.value, message=clean(message))
        failure.text = _findings_text(failing)
    elif result.check in telling.blind:
        ET.SubElement(case, "error", type="unknown", message=clean(telling.blind[result.check]))
    elif not others and (why := _not_judged(result)):
        ET.SubElement(case, "skipped", message=clean(why))
    if others:
        ET.SubElement(case, "system-out").text = _findings_text(others)


def _findings_text(findings: list[Finding]) -> str:
    lines = [_line(finding) for finding in findings[:_SHOWN]]
    more = len(findings) - len(lines)
    return "\n".join([*lines, *([f"and {plural(more, 'finding')} more"] if more else ())])


def _line(finding: Finding) -> str:
    waived = (
        f" [accepted by {finding.waived.owner} until {finding.waived.expires}: {finding.waived.reason}]" if finding.waived else ""
    )
    return clean(f"{finding.severity.value} {finding.subject.text}: {finding.observed} (expected: {finding.expected}){waived}")


def _not_judged(result: CheckResult) -> str:
    """Why no subject was judged at all; empty when one was."""
    judged = result.counts.keys() & {Verdict.PASS, Verdict.FAIL}
    if judged:
        return ""
    reasons: Iterable[str] = dict.fromkeys(verdicts.reason for verdicts in result.unknown)
    return "; ".join(f"unknown: {reason}" for reason in reasons) or "not applicable to this cluster"
