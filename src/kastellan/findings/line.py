"""A text of a report with what it is about, so that a surface can link it, filter it by right and show its sources."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kastellan.model.diagnosis import Key
from kastellan.model.finding import Finding
from kastellan.model.subject import Subject


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One text.

    `subjects` are those that the text names, `findings` the findings that it tells of (the first few of many), `cause` the
    cause whose words it is in, `answers` the ids of the Answers that it rests on.
    """

    text: str
    subjects: tuple[Subject, ...] = ()
    findings: tuple[Key, ...] = ()
    cause: str = ""
    answers: tuple[int, ...] = ()


def line_of(text: str, findings: Iterable[Finding]) -> Line:
    """A text that names these findings' subjects."""
    listed = tuple(findings)
    return Line(
        text=text,
        subjects=tuple(dict.fromkeys(finding.subject for finding in listed)),
        findings=tuple((finding.check, finding.subject) for finding in listed),
        answers=tuple(sorted({answer for finding in listed for answer in finding.evidence})),
    )
