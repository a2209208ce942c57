"""A second look at suspects: something seen once is at most a warning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from kastellan.kernel.units import plural
from kastellan.model.finding import CheckResult, Finding, Severity, Verdict
from kastellan.model.subject import KINDS, Subject

VerdictsByCheck = Mapping[str, Mapping[Subject, Verdict]]
"""The second look's verdict on every subject, for the checks in `to_ask`."""

_CLUSTER = Subject("cluster", ())


class Confirmed(msgspec.Struct, frozen=True):
    """The results after the second look, and what is to be said about the difference."""

    results: tuple[CheckResult, ...]
    notes: tuple[str, ...] = ()


def suspects(results: Iterable[CheckResult]) -> tuple[Finding, ...]:
    """The findings that a second look must confirm: those at error level."""
    return tuple(finding for result in results for finding in result.findings if finding.severity is Severity.ERROR)


def checks_to_recheck(first: Iterable[CheckResult], second: Iterable[CheckResult]) -> frozenset[str]:
    """The checks with a suspect that the second look does not report: whether it is gone or unseen must be asked."""
    again = {(finding.check, finding.subject) for result in second for finding in result.findings}
    return frozenset(finding.check for finding in suspects(first) if (finding.check, finding.subject) not in again)


def downgrade_unconfirmed(results: Iterable[CheckResult]) -> Confirmed:
    """The results of a single look: an error is shown as a warning that nobody has confirmed."""
    listed = tuple(results)
    doubtful = len(suspects(listed))
    note = f"{plural(doubtful, 'finding')} at error level seen once: shown as a warning until a second look confirms"
    return Confirmed(_sort(_downgrade(result, frozenset()) for result in listed), (note,) if doubtful else ())


def confirm(first: Iterable[CheckResult], second: Iterable[CheckResult], verdicts: VerdictsByCheck) -> Confirmed:
    """The second look's results, in the light of the first.

    An error that both looks have is confirmed; one that only the second has is a warning. One that only the first has
    is dropped with a note where the second look saw that it is gone, and kept as a warning where it could not see.
    Where the earlier look saw more than the later one, it may stand as `second`: what is told is the better one.
    """
    before = tuple(first)
    before_keys = frozenset((finding.check, finding.subject) for result in before for finding in result.findings)
    now = {result.check: _downgrade(result, before_keys) for result in second}
    again = {(finding.check, finding.subject) for result in now.values() for finding in result.findings}
    gone, kept = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for finding in suspects(before):
        if (finding.check, finding.subject) in again or finding.check not in now:
            continue
        if is_gone(finding.subject, verdicts.get(finding.check, {})):
            gone[finding.check, finding.subject.kind] += 1
            continue
        kept[finding.check, finding.subject.kind] += 1
        doubtful = msgspec.structs.replace(finding, severity=Severity.WARNING, confirmed=False, evidence=())
        now[finding.check] = _with_finding(now[finding.check], doubtful)
    notes = [
        f"{check}: {_many(count, kind)} failed in one look and not in the other, which is shown"
        for (check, kind), count in gone.items()
    ]
    notes += [
        f"{check}: {_many(count, kind)} failed in one look; the other, which is shown, could not see"
        for (check, kind), count in kept.items()
    ]
    return Confirmed(_sort(now.values()), tuple(notes))


def _many(count: int, kind: str) -> str:
    return plural(count, kind.replace("_", " "), KINDS[kind].plural)


def is_gone(subject: Subject, verdicts: Mapping[Subject, Verdict]) -> bool:
    """True when a look, whose verdicts of one check these are, saw that the subject does not fail or does not exist."""
    return verdict_on(subject, verdicts) in (Verdict.PASS, Verdict.NOT_APPLICABLE)


def verdict_on(subject: Subject, verdicts: Mapping[Subject, Verdict]) -> Verdict:
    """The verdict on a subject; one that is not there does not fail, unless the check did not see everything."""
    return verdicts.get(subject, verdicts.get(_CLUSTER, Verdict.PASS if verdicts else Verdict.UNKNOWN))


def _downgrade(result: CheckResult, before_keys: frozenset[tuple[str, Subject]]) -> CheckResult:
    def weak(finding: Finding) -> Finding:
        if finding.severity is not Severity.ERROR or (finding.check, finding.subject) in before_keys:
            return finding
        return msgspec.structs.replace(finding, severity=Severity.WARNING, confirmed=False)

    return msgspec.structs.replace(result, findings=tuple(weak(finding) for finding in result.findings))


def _with_finding(result: CheckResult, finding: Finding) -> CheckResult:
    counts = {**result.counts, Verdict.FAIL: result.counts.get(Verdict.FAIL, 0) + 1}
    return msgspec.structs.replace(result, findings=(*result.findings, finding), counts=counts)


def _sort(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    def order(result: CheckResult) -> tuple[int, bool, str]:
        worst = min((finding.severity.rank for finding in result.findings), default=len(Severity))
        return worst, all(finding.explained_by for finding in result.findings), result.check

    return tuple(sorted(results, key=order))
