"""From findings to causes: every cause that exists looks at them, and what an expected one explains is no alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from kastellan.diagnosis.cause import Reasoning
from kastellan.engine.needs import Views
from kastellan.engine.resolver import Missing, Resolver
from kastellan.model.diagnosis import CauseFound, EarlierLooks, Key, Symptoms
from kastellan.model.finding import CheckResult, Severity
from kastellan.model.snapshot import Snapshot, Supplied


class Diagnosed(NamedTuple):
    """The causes that hold, those first that speak first, and the results with what they tame."""

    causes: tuple[CauseFound, ...]
    results: tuple[CheckResult, ...]


def diagnose(results: tuple[CheckResult, ...], snapshot: Snapshot, causes: Mapping[str, Reasoning], views: Views) -> Diagnosed:
    """The causes behind the findings. A cause whose needs this snapshot cannot meet is silent: it explains nothing.

    A waived finding shows no cause: what was accepted must not hide what follows from it. A finding belongs to one
    cause, the first that claims it.
    """
    standing = [msgspec.structs.replace(each, findings=tuple(f for f in each.findings if f.waived is None)) for each in results]
    supplied: dict[type[Supplied], Supplied] = {Symptoms: Symptoms(standing), EarlierLooks: EarlierLooks(snapshot)}
    resolver = Resolver(snapshot, views)
    found: list[CauseFound] = []
    claimed: set[Key] = set()
    for each in causes.values():
        arguments = resolver.arguments(each.find, supplied=supplied)
        if isinstance(arguments, Missing):
            continue
        for cause in each.find(**arguments):
            own = _unclaimed(cause, claimed)
            if own.rests_on or own.explains or not (cause.rests_on or cause.explains):
                found.append(own)
                claimed.update((*own.rests_on, *own.explains))
    tamed = {
        key
        for cause in found
        if cause.expected and not cause.against
        for key in (*cause.rests_on, *cause.explains)
        if key[0] in causes[cause.cause].cause.tames
    }
    return Diagnosed(tuple(found), tuple(_tamed(results, tamed)) if tamed else results)


def _unclaimed(cause: CauseFound, claimed: set[Key]) -> CauseFound:
    rests_on = tuple(each for each in cause.rests_on if each not in claimed)
    explains = tuple(each for each in dict.fromkeys(cause.explains) if each not in claimed and each not in rests_on)
    return msgspec.structs.replace(cause, rests_on=rests_on, explains=explains)


def _tamed(results: Iterable[CheckResult], tamed: set[Key]) -> Iterable[CheckResult]:
    for result in results:
        findings = tuple(
            msgspec.structs.replace(each, severity=Severity.WARNING)
            if each.severity is Severity.ERROR and (each.check, each.subject) in tamed
            else each
            for each in result.findings
        )
        yield msgspec.structs.replace(result, findings=findings)
