"""What could not be seen, in lines for people: answers that are not whole, doubts that rest on them, checks that wait."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from kastellan.kernel.outcome import State
from kastellan.kernel.units import plural
from kastellan.model.answer import Answer
from kastellan.model.finding import UnknownKind, UnknownVerdicts
from kastellan.model.report import Report

_SOME = 5
_NUMBERS = re.compile(r"\d[\d,.]*")


def not_seen(report: Report) -> tuple[str, ...]:
    """All lines, the answers first; what the cluster refuses by design is told elsewhere."""
    designed = report.refused_by_design
    return (*bad_answers(each for each in report.answers if each.id not in designed), *_doubted(report), *_waiting(report))


def bad_answers(answers: Iterable[Answer]) -> Iterable[str]:
    """Answers that are not whole, those of one peer in one line, peers with the same trouble together."""
    by_peer: dict[tuple[str, State, str], dict[str, str]] = defaultdict(dict)
    for each in answers:
        if each.state is not State.COMPLETE:
            by_peer[each.peer.text, each.state, each.trouble or ""].setdefault(each.asked, each.reason)
    alike: dict[tuple[State, str, tuple[str, ...], str], list[str]] = defaultdict(list)
    for (of, state, trouble), asked in by_peer.items():
        reasons = [each for each in dict.fromkeys(asked.values()) if each]
        reason = reasons[0].replace(of, "it") if reasons else ""
        alike[state, trouble, tuple(sorted(asked)), reason].append(of)
    for (state, trouble, asked, reason), peers in alike.items():
        how = f"{state}, {trouble}" if trouble and trouble != state else f"{state}"
        why = f": {reason}" if reason else ""
        yield f"{listed(peers[:_SOME], len(peers))} ({how}) {listed(asked[:_SOME], len(asked))}{why}"


def _doubted(report: Report) -> Iterable[str]:
    """Doubts by reason, numbers apart; those that rest on answers told above in one line."""
    by_reason: dict[str, list[tuple[str, UnknownVerdicts]]] = defaultdict(list)
    resting: list[tuple[str, UnknownVerdicts]] = []
    for result in report.results:
        for doubt in result.unknown:
            if doubt.answers:
                resting.append((result.check, doubt))
            elif doubt.kind is not UnknownKind.EARLIER_LOOK:
                by_reason[_NUMBERS.sub("#", doubt.reason)].append((result.check, doubt))
    if resting:
        names = tuple(dict.fromkeys(name for name, _ in resting))
        unknown = plural(sum(each.count for _, each in resting), "unknown verdict")
        yield f"because of that {unknown} of {plural(len(names), 'check')}: {listed(names[:_SOME], len(names))}"
    for doubts in by_reason.values():
        names = tuple(dict.fromkeys(name for name, _ in doubts))
        like = "such as " if len({each.reason for _, each in doubts}) > 1 else ""
        unknown = plural(sum(each.count for _, each in doubts), "unknown verdict")
        yield f"{listed(names[:3], len(names))}: {unknown}: {like}{doubts[0][1].reason}"


def _waiting(report: Report) -> Iterable[str]:
    waiting = [result.check for result in report.results for doubt in result.unknown if doubt.kind is UnknownKind.EARLIER_LOOK]
    if waiting:
        need = "needs" if len(waiting) == 1 else "need"
        yield f"{plural(len(waiting), 'check')} {need} an earlier look ({listed(waiting[:3], len(waiting))}): use --watch"


def listed(some: Sequence[str], count: int) -> str:
    """The first few of a number of things."""
    return ", ".join(some) + (", ..." if count > len(some) else "")
