"""From findings to causes: every cause that exists looks at them, and what an expected one explains is no alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from kastellan.diagnosis.cause import RegisteredCause
from kastellan.engine.needs import Views
from kastellan.engine.resolver import Missing, Resolver
from kastellan.model.diagnosis import CauseFound, EarlierLooks, Key, Symptoms
from kastellan.model.finding import CheckResult, Severity
from kastellan.model.snapshot import Snapshot, Supplied


class Diagnosed(NamedTuple):
    """The causes that hold, those first that speak first, and the results with what they tame."""

    causes: tuple[CauseFound, ...]
    results: tuple[CheckResult, ...]


def diagnose(
    results: tuple[CheckResult, ...], snapshot: Snapshot, causes: Mapping[str, RegisteredCause], views: Views
) -> Diagnosed:
    """The causes behind the findings. A cause whose needs this snapshot cannot meet is silent: it explains nothing.

    A waived finding shows no cause: what was accepted must not hide what follows from it. A finding belongs to one
    cause, the first that claims it.
    """
    standing = [
        msgspec.structs.replace(result, findings=tuple(f for f in result.findings if f.waived is None)) for result in results
    ]
    supplied: dict[type[Supplied], Supplied] = {Symptoms: Symptoms(standing), EarlierLooks: EarlierLooks(snapshot)}
    resolver = Resolver(snapshot, views)
    holding: list[CauseFound] = []
    claimed: set[Key] = set()
    for reasoning in causes.values():
        arguments = resolver.arguments(reasoning.find, supplied=supplied)
        if isinstance(arguments, Missing):
            continue
        for cause in reasoning.find(**arguments):
            own = _drop_claimed(cause, claimed)
            if own.rests_on or own.explains or not (cause.rests_on or cause.explains):
                holding.append(own)
                claimed.update((*own.rests_on, *own.explains))
    downgraded = {
        key
        for cause in holding
        if cause.expected and not cause.against
        for key in (*cause.rests_on, *cause.explains)
        if key[0] in causes[cause.cause].cause.downgrades
    }
    return Diagnosed(tuple(holding), tuple(_downgrade(results, downgraded)) if downgraded else results)


def _drop_claimed(cause: CauseFound, claimed: set[Key]) -> CauseFound:
    rests_on = tuple(key for key in cause.rests_on if key not in claimed)
    explains = tuple(key for key in dict.fromkeys(cause.explains) if key not in claimed and key not in rests_on)
    return msgspec.structs.replace(cause, rests_on=rests_on, explains=explains)


def _downgrade(results: Iterable[CheckResult], downgraded: set[Key]) -> Iterable[CheckResult]:
    for result in results:
        findings = tuple(
            msgspec.structs.replace(finding, severity=Severity.WARNING)
            if finding.severity is Severity.ERROR and (finding.check, finding.subject) in downgraded
            else finding
            for finding in result.findings
        )
        yield msgspec.structs.replace(result, findings=findings)
