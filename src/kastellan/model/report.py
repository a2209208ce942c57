"""The report on a snapshot, in one value that every surface renders."""

from __future__ import annotations

import msgspec

from kastellan.model.answer import Answer
from kastellan.model.changes import Changes
from kastellan.model.diagnosis import CauseFound
from kastellan.model.finding import CheckResult, Finding, Severity, Verdict
from kastellan.model.finding_history import FindingRecord
from kastellan.model.snapshot import Cost, Vantage

KRAFT, ZOOKEEPER = "KRaft", "ZooKeeper"


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The size of the cluster, as far as it was seen; None is not seen."""

    kafka: str | None = None
    mode: str | None = None
    brokers: int | None = None
    brokers_answered: int | None = None
    controllers: int | None = None
    topics: int | None = None
    partitions: int | None = None
    groups: int | None = None


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison with the kept snapshot of `since_ms`: findings that are new, turned and gone, and what changed."""

    since_ms: int
    new: int
    turned: int
    gone: tuple[FindingRecord, ...]
    changes: Changes


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the cluster refuses by design, why, how that is known, and the Answers in which it did."""

    request: str
    says: str
    how: str
    answers: tuple[int, ...]


class Provided(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs the cluster, how that is known, and what it means for the report; `as_of` is the day of the profile."""

    id: str
    name: str
    stated: bool
    because: tuple[str, ...]
    as_of: str
    refused: tuple[Refused, ...] = ()
    unlike: tuple[str, ...] = ()


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The judgement of one cluster."""

    at_ms: int
    cluster_id: str | None
    vantage: Vantage
    shape: Shape
    results: tuple[CheckResult, ...]
    causes: tuple[CauseFound, ...] = ()
    answers: tuple[Answer, ...]
    collections: int
    cost: Cost
    notes: tuple[str, ...] = ()
    past: Past | None = None
    provider: Provided | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the worst and those that explain others first."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def refused_by_design(self) -> frozenset[int]:
        """The Answers to requests that the provider refuses by design."""
        return frozenset(answer for refused in (self.provider.refused if self.provider else ()) for answer in refused.answers)

    def worst(self) -> Severity | None:
        """The worst severity among the findings that nobody waived, None when there are none."""
        standing = (finding.severity for finding in self.findings if finding.waived is None)
        return min(standing, key=lambda severity: severity.rank, default=None)

    def count(self, verdict: Verdict) -> int:
        """How many subjects got this verdict, over all checks."""
        return sum(result.counts.get(verdict, 0) for result in self.results)
