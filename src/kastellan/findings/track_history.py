"""Findings against what was known before: since when, new, turned, gone. Unknown is not gone, and not new either."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import msgspec

from kastellan.findings.confirm import is_gone, verdict_on
from kastellan.model.finding import Change, CheckResult, Finding, Verdict
from kastellan.model.finding_history import FindingHistory, FindingRecord
from kastellan.model.subject import Subject

VerdictsOf = Callable[[str], Mapping[Subject, Verdict]]
"""The verdicts of a check on one look, by subject; nothing where that look cannot say."""

_FORGOTTEN_MS = 30 * 86_400_000
"""A finding that nobody could see for so long is no longer known."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """The look that is told, the kept one just before it, and the one that it is compared with; epoch milliseconds."""

    at_ms: int
    before_ms: int | None
    since_ms: int | None


class TrackedFindings(NamedTuple):
    """The results with their findings' age, what is gone since the compared look, and what is known from now on."""

    results: tuple[CheckResult, ...]
    gone: tuple[FindingRecord, ...]
    ledger: FindingHistory


def track(
    results: Iterable[CheckResult], ledger: FindingHistory, now: VerdictsOf, before: VerdictsOf, times: Times
) -> TrackedFindings:
    """The results in the light of the ledger.

    `now` and `before` are asked only for checks where the two differ: whether what is missing is gone or unseen, and
    whether what was not known did not fail before or was not seen.
    """
    listed = tuple(results)
    earlier = ledger.by_key
    records: dict[tuple[str, Subject], FindingRecord] = {}
    for result in listed:
        for finding in result.findings:
            records[finding.check, finding.subject] = _entry(
                finding, earlier.get((finding.check, finding.subject)), before, times
            )
    checks = {result.check for result in listed}
    others = [record for key, record in earlier.items() if key not in records]
    rest = [_after(record, now, times) if record.check in checks else record for record in others]
    aged_results = tuple(_with_ages(result, records, times) for result in listed)
    since_ms = times.since_ms if times.since_ms is not None else times.at_ms
    gone = tuple(record for record in rest if record.gone_ms is not None and record.gone_ms > since_ms)
    kept = (
        record for record in rest if record in gone or (record.gone_ms is None and times.at_ms - record.seen_ms <= _FORGOTTEN_MS)
    )
    return TrackedFindings(aged_results, gone, FindingHistory(at_ms=times.at_ms, records=(*records.values(), *kept)))


def _with_ages(result: CheckResult, records: Mapping[tuple[str, Subject], FindingRecord], times: Times) -> CheckResult:
    findings = tuple(_with_age(finding, records[finding.check, finding.subject], times) for finding in result.findings)
    return msgspec.structs.replace(result, findings=findings)


def merge_histories(ours: FindingHistory, theirs: FindingHistory) -> FindingHistory:
    """The ledger of a look in which somebody else's, written meanwhile, is not lost: the earlier beginning counts."""
    others = theirs.by_key
    merged = list[FindingRecord]()
    for record in ours.records:
        other = others.pop((record.check, record.subject), None)
        if other is not None and other.gone_ms is None and other.since_ms < record.since_ms:
            record = msgspec.structs.replace(record, since_ms=other.since_ms, began=other.began)  # noqa: PLW2901
        merged.append(record)
    return FindingHistory(at_ms=max(ours.at_ms, theirs.at_ms), records=(*merged, *others.values()))


def _entry(finding: Finding, record: FindingRecord | None, before: VerdictsOf, times: Times) -> FindingRecord:
    if record is not None and record.gone_ms is None:
        # Something seen once has the severity of a doubt: that is no turn.
        turned = finding.confirmed and finding.severity is not record.severity
        return msgspec.structs.replace(
            record,
            seen_ms=times.at_ms,
            severity=finding.severity if turned else record.severity,
            turned_ms=times.at_ms if turned else record.turned_ms,
        )
    since_ms, began = times.at_ms, record is not None
    if record is None and times.before_ms is not None:
        verdict = verdict_on(finding.subject, before(finding.check))
        since_ms = times.before_ms if verdict is Verdict.FAIL else times.at_ms
        began = verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE)
    return FindingRecord(
        check=finding.check,
        subject=finding.subject,
        severity=finding.severity,
        since_ms=since_ms,
        seen_ms=times.at_ms,
        began=began,
    )


def _after(record: FindingRecord, now: VerdictsOf, times: Times) -> FindingRecord:
    if record.gone_ms is None and is_gone(record.subject, now(record.check)):
        return msgspec.structs.replace(record, gone_ms=times.at_ms)
    return record


def _with_age(finding: Finding, record: FindingRecord, times: Times) -> Finding:
    news = None
    if times.since_ms is not None:
        if record.since_ms > times.since_ms:
            news = Change.NEW if record.began else None
        else:
            news = Change.TURNED if record.turned_ms is not None and record.turned_ms > times.since_ms else Change.UNCHANGED
    return msgspec.structs.replace(finding, since_ms=record.since_ms, news=news)
