"""The findings of one cluster over time: since when each exists."""

from __future__ import annotations

import msgspec

from kastellan.model.finding import Severity
from kastellan.model.subject import Subject

SCHEMA = "kastellan.ledger/1"


class FindingRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that a snapshot has shown.

    `seen_ms` is the last look that showed it. `began` is false when nothing is known of the time before `since_ms`:
    then it may be older. `turned_ms` is the look with which its severity became another one. `gone_ms` is the look that
    saw that it is gone; a look that could not see the subject leaves everything as it was.
    """

    check: str
    subject: Subject
    severity: Severity
    since_ms: int
    seen_ms: int
    began: bool
    turned_ms: int | None = None
    gone_ms: int | None = None


class FindingHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The findings of one cluster, as of the snapshot at `at_ms`."""

    schema: str = SCHEMA
    at_ms: int = 0
    records: tuple[FindingRecord, ...] = msgspec.field(default=(), name="known")
    """The file keeps the field under the name that it had first."""

    @property
    def by_key(self) -> dict[tuple[str, Subject], FindingRecord]:
        """The entries by check and subject."""
        return {(record.check, record.subject): record for record in self.records}
