"""Which findings are told together: those of one cause, then those that one finding explains, then those alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from kastellan.checks.check import Check
from kastellan.model.diagnosis import CauseFound, Key
from kastellan.model.finding import Finding, Severity
from kastellan.model.report import Report

_MOST_ROOTS_APART = 5


class Group(NamedTuple):
    """Findings that are one thing to be dealt with, those that follow from it, and the cause where one was found."""

    roots: list[Finding]
    under: list[Finding]
    cause: CauseFound | None = None

    @property
    def severity(self) -> Severity:
        """The worst among them."""
        return min((finding.severity for finding in (*self.roots, *self.under)), key=lambda finding: finding.rank)


def group_findings(report: Report, checks: Mapping[str, Check]) -> list[Group]:
    """All standing findings, each in one group or, where several explain it, under each of them."""
    # What somebody accepted is no cause that would hide what is not accepted.
    findings = {
        (finding.check, finding.subject): finding
        for finding in report.findings
        if finding.check in checks and finding.waived is None
    }
    groups: list[Group] = []
    for cause in report.causes:
        roots = [findings.pop(key) for key in cause.rests_on if key in findings]
        under = [findings.pop(key) for key in cause.explains if key in findings]
        if roots or under:
            groups.append(Group(roots, under, cause))
    return [*groups, *_group_by_links(findings)]


def _group_by_links(findings: Mapping[Key, Finding]) -> list[Group]:
    """Groups by what the findings themselves say they follow from."""
    under: dict[Key, list[Finding]] = defaultdict(list)
    for key, roots in _roots_of(findings).items():
        for root in roots:
            if root != key:
                under[root].append(findings[key])
    explained = {(subject.check, subject.subject) for followers in under.values() for subject in followers}
    by_check: dict[tuple[str, Severity, bool], list[Finding]] = defaultdict(list)
    for key, finding in findings.items():
        if key not in explained:
            by_check[finding.check, finding.severity, finding.confirmed].append(finding)
    groups: list[Group] = []
    for together in by_check.values():
        for roots in _apart(together, under):
            below = {
                (finding.check, finding.subject): finding
                for root in roots
                for finding in under.get((root.check, root.subject), ())
            }
            groups.append(Group(roots, list(below.values())))
    return groups


def _roots_of(findings: Mapping[Key, Finding]) -> dict[Key, tuple[Key, ...]]:
    """For each finding the findings at the beginning of its chain of causes; itself when nothing explains it."""
    resolved: dict[Key, tuple[Key, ...]] = {}

    def find(key: Key, above: frozenset[Key]) -> tuple[Key, ...]:
        if key in resolved:
            return resolved[key]
        causes = [cause for cause in findings[key].explained_by if cause in findings and cause not in above and cause != key]
        roots = tuple(dict.fromkeys(root for cause in causes for root in find(cause, above | {key}))) or (key,)
        if not above:
            resolved[key] = roots
        return roots

    return {key: find(key, frozenset()) for key in findings}


def _apart(together: list[Finding], under: Mapping[Key, list[Finding]]) -> list[list[Finding]]:
    """Causes are told one by one, as long as they are few; findings that explain nothing are told together."""
    causes = [finding for finding in together if under.get((finding.check, finding.subject))]
    if not causes or len(causes) > _MOST_ROOTS_APART:
        return [together]
    rest = [finding for finding in together if finding not in causes]
    return [*([cause] for cause in causes), *([rest] if rest else [])]
