"""Verdicts and findings."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from kastellan.model.subject import Subject

Fact = str | int | float | bool | None


class Verdict(StrEnum):
    """The four answers of a check. Missing data is unknown, never pass."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"


class Severity(StrEnum):
    """How bad a failing verdict is.

    error: clients are hurt now, or one more failure loses data or writes. warning: look at it today. info: hygiene.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _RANKS[self]


# Reports sort by it many times over: a list built anew for each call took half of the time of a large summary.
_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Waived(msgspec.Struct, frozen=True):
    """Who accepted a finding, why, and until which day (ISO 8601): it is shown and does not count as failed."""

    owner: str
    reason: str
    expires: str


class Change(StrEnum):
    """How a finding compares with the earlier snapshot."""

    NEW = "new"
    """That look saw the subject, and it did not fail."""
    TURNED = "turned"
    """It failed with another severity."""
    UNCHANGED = "known"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A failing subject: what was observed, what was expected, and where each number came from.

    `confirmed` is false for what only one look has shown: its severity is then a warning at most.
    `explained_by` names the findings, as (check, subject), of which this one is a consequence. `since_ms` is the look
    that showed it first, `news` how it stands to an earlier one; None where no earlier look is at hand that could see it.
    """

    check: str
    subject: Subject
    severity: Severity
    observed: str
    expected: str
    facts: dict[str, Fact] = {}
    evidence: tuple[int, ...] = ()
    confirmed: bool = True
    explained_by: tuple[tuple[str, Subject], ...] = ()
    since_ms: int | None = None
    waived: Waived | None = None
    news: Change | None = None


class UnknownKind(StrEnum):
    """Why a verdict is unknown."""

    EARLIER_LOOK = "earlier-look"
    """Only an earlier snapshot is lacking: a later run, or --watch, can tell."""
    NOT_COLLECTED = "not-collected"
    """The snapshot does not hold a table that the check needs."""
    ANSWERS = "answers"
    """Answers of the cluster are not complete."""
    NOT_LISTED = "not-listed"
    """Nobody could enumerate the subjects, or rows on which they rest."""
    VALUES = "values"
    """Values of complete Answers are empty."""
    CHECK = "check"
    """The check itself says why."""
    CRASHED = "crashed"
    """The check raised an exception."""


class UnknownVerdicts(msgspec.Struct, frozen=True, kw_only=True):
    """Subjects of one check that could not be judged for one reason.

    `reason` is for people, and nothing branches on it. `columns` names the empty values, as `table.column`; `roster` the
    kind that could not be enumerated.
    """

    kind: UnknownKind
    reason: str
    count: int
    columns: tuple[str, ...] = ()
    roster: str = ""
    examples: tuple[Subject, ...] = ()
    answers: tuple[int, ...] = ()


class Excluded(msgspec.Struct, frozen=True, kw_only=True):
    """Subjects of one check that are not applicable because of who runs the cluster; `failed` of them did fail."""

    reason: str
    count: int
    failed: int = 0
    examples: tuple[Subject, ...] = ()


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check on one snapshot."""

    check: str
    counts: dict[Verdict, int]
    findings: tuple[Finding, ...] = ()
    unknown: tuple[UnknownVerdicts, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    crashed: bool = False
    took_ms: float = 0.0
