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
        return min((each.severity for each in (*self.roots, *self.under)), key=lambda each: each.rank)


def grouped(report: Report, checks: Mapping[str, Check]) -> list[Group]:
    """All standing findings, each in one group or, where several explain it, under each of them."""
    # What somebody accepted is no cause that would hide what is not accepted.
    findings = {(each.check, each.subject): each for each in report.findings if each.check in checks and each.waived is None}
    groups: list[Group] = []
    for cause in report.causes:
        roots = [findings.pop(each) for each in cause.rests_on if each in findings]
        under = [findings.pop(each) for each in cause.explains if each in findings]
        if roots or under:
            groups.append(Group(roots, under, cause))
    return [*groups, *_linked(findings)]


def _linked(findings: Mapping[Key, Finding]) -> list[Group]:
    """Groups by what the findings themselves say they follow from."""
    under: dict[Key, list[Finding]] = defaultdict(list)
    for key, roots in _roots_of(findings).items():
        for root in roots:
            if root != key:
                under[root].append(findings[key])
    explained = {(each.check, each.subject) for some in under.values() for each in some}
    by_check: dict[tuple[str, Severity, bool], list[Finding]] = defaultdict(list)
    for key, each in findings.items():
        if key not in explained:
            by_check[each.check, each.severity, each.confirmed].append(each)
    groups: list[Group] = []
    for together in by_check.values():
        for roots in _apart(together, under):
            below = {(each.check, each.subject): each for root in roots for each in under.get((root.check, root.subject), ())}
            groups.append(Group(roots, list(below.values())))
    return groups


def _roots_of(findings: Mapping[Key, Finding]) -> dict[Key, tuple[Key, ...]]:
    """For each finding the findings at the beginning of its chain of causes; itself when nothing explains it."""
    known: dict[Key, tuple[Key, ...]] = {}

    def find(key: Key, above: frozenset[Key]) -> tuple[Key, ...]:
        if key in known:
            return known[key]
        causes = [each for each in findings[key].explained_by if each in findings and each not in above and each != key]
        roots = tuple(dict.fromkeys(root for each in causes for root in find(each, above | {key}))) or (key,)
        if not above:
            known[key] = roots
        return roots

    return {key: find(key, frozenset()) for key in findings}


def _apart(together: list[Finding], under: Mapping[Key, list[Finding]]) -> list[list[Finding]]:
    """Causes are told one by one, as long as they are few; findings that explain nothing are told together."""
    causes = [each for each in together if under.get((each.check, each.subject))]
    if not causes or len(causes) > _MOST_ROOTS_APART:
        return [together]
    rest = [each for each in together if each not in causes]
    return [*([each] for each in causes), *([rest] if rest else [])]
