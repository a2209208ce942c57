"""What could not be seen, in lines for people: incomplete Answers, unknown verdicts that rest on them, checks that wait."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from kastellan.findings.line import Line
from kastellan.kernel.outcome import State
from kastellan.kernel.units import plural
from kastellan.model.answer import Answer
from kastellan.model.finding import UnknownKind, UnknownVerdicts
from kastellan.model.report import Report

_SHOWN = 5
_FEW = 3
_NUMBERS = re.compile(r"\d[\d,.]*")


def unseen_lines(report: Report) -> tuple[Line, ...]:
    """All lines, the Answers first; what the cluster refuses by design stands elsewhere."""
    return (*_answer_lines(_incomplete(report)), *_unknown_lines(report), *_waiting_line(report))


def unseen_brief(report: Report) -> tuple[Line, ...]:
    """The same in at most two lines: who did not answer, and how much is unknown for it."""
    return (*_brief_answers(_incomplete(report)), *_brief_unknown(report))


def bad_answers(answers: Iterable[Answer]) -> Iterable[str]:
    """The texts about incomplete Answers: those of one peer in one line, peers with the same trouble together."""
    return (line.text for line in _answer_lines(answer for answer in answers if answer.state is not State.COMPLETE))


def join_names(names: Sequence[str], count: int) -> str:
    """The first few of a number of names."""
    return ", ".join(names) + (", ..." if count > len(names) else "")


def _incomplete(report: Report) -> tuple[Answer, ...]:
    designed = report.refused_by_design
    return tuple(answer for answer in report.answers if answer.state is not State.COMPLETE and answer.id not in designed)


def _how(answer: Answer) -> str:
    trouble = answer.trouble or ""
    return f"{answer.state}, {trouble}" if trouble and trouble != answer.state else f"{answer.state}"


def _answer_lines(answers: Iterable[Answer]) -> Iterable[Line]:
    by_peer: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for answer in answers:
        by_peer[answer.peer.text, _how(answer)].append(answer)
    alike: dict[tuple[str, tuple[str, ...], str], list[tuple[str, list[Answer]]]] = defaultdict(list)
    for (peer, how), of_peer in by_peer.items():
        requests = tuple(sorted({answer.request for answer in of_peer}))
        reason = next((answer.reason for answer in of_peer if answer.reason), "")
        alike[how, requests, _of_it(reason, of_peer[0])].append((peer, of_peer))
    for (how, requests, reason), peers in alike.items():
        names = [peer for peer, _ in peers]
        why = f": {reason}" if reason else ""
        yield Line(
            text=f"{join_names(names[:_SHOWN], len(names))} ({how}) {join_names(requests[:_SHOWN], len(requests))}{why}",
            answers=tuple(answer.id for _, of_peer in peers for answer in of_peer),
        )


def _of_it(reason: str, answer: Answer) -> str:
    """The reason without the peer's name, which stands before it."""
    named = re.sub(rf"^{re.escape(answer.peer.kind)} {re.escape(str(answer.peer.key))}(?: \([^()]*\))?(?=\W)", "it", reason)
    return named.replace(answer.peer.text, "it")


def _brief_answers(answers: tuple[Answer, ...]) -> Iterable[Line]:
    if not answers:
        return
    requests: dict[str, set[str]] = defaultdict(set)
    manners: dict[str, dict[str, None]] = defaultdict(dict)
    for answer in answers:
        requests[answer.peer.text].add(answer.request)
        manners[answer.peer.text][answer.trouble or answer.state] = None
    parts = [
        f"{next(iter(names)) if len(names) == 1 else plural(len(names), 'request')} of {peer} ({', '.join(manners[peer])})"
        for peer, names in requests.items()
    ]
    yield Line(text=f"incomplete: {join_names(parts[:_FEW], len(parts))}", answers=tuple(answer.id for answer in answers))


def _brief_unknown(report: Report) -> Iterable[Line]:
    unknown = [(result.check, verdicts) for result in report.results for verdicts in result.unknown]
    now = [(check, verdicts) for check, verdicts in unknown if verdicts.kind is not UnknownKind.EARLIER_LOOK]
    parts: list[str] = []
    if now:
        count = sum(verdicts.count for _, verdicts in now)
        parts.append(f"{plural(count, 'unknown verdict')} of {plural(len({check for check, _ in now}), 'check')}")
    waiting = {check for check, verdicts in unknown if verdicts.kind is UnknownKind.EARLIER_LOOK}
    if waiting:
        parts.append(f"{plural(len(waiting), 'check')} {_need(waiting)} an earlier look (--watch)")
    if parts:
        yield Line(text="; ".join(parts), answers=_answers_of(verdicts for _, verdicts in now))


def _need(checks: Iterable[str]) -> str:
    return "needs" if len(list(checks)) == 1 else "need"


def _answers_of(unknown: Iterable[UnknownVerdicts]) -> tuple[int, ...]:
    return tuple(sorted({answer for verdicts in unknown for answer in verdicts.answers}))


def _unknown_lines(report: Report) -> Iterable[Line]:
    """Unknown verdicts by reason, numbers apart; those that rest on the Answers told above in one line."""
    by_reason: dict[str, list[tuple[str, UnknownVerdicts]]] = defaultdict(list)
    resting: list[tuple[str, UnknownVerdicts]] = []
    for result in report.results:
        for verdicts in result.unknown:
            if verdicts.answers:
                resting.append((result.check, verdicts))
            elif verdicts.kind is not UnknownKind.EARLIER_LOOK:
                by_reason[_NUMBERS.sub("#", verdicts.reason)].append((result.check, verdicts))
    if resting:
        names = tuple(dict.fromkeys(name for name, _ in resting))
        count = plural(sum(verdicts.count for _, verdicts in resting), "unknown verdict")
        text = f"because of that {count} of {plural(len(names), 'check')}: {join_names(names[:_SHOWN], len(names))}"
        yield Line(text=text, answers=_answers_of(verdicts for _, verdicts in resting))
    for alike in by_reason.values():
        names = tuple(dict.fromkeys(name for name, _ in alike))
        like = "such as " if len({verdicts.reason for _, verdicts in alike}) > 1 else ""
        count = plural(sum(verdicts.count for _, verdicts in alike), "unknown verdict")
        subjects = dict.fromkeys(subject for _, verdicts in alike for subject in verdicts.examples[:_SHOWN])
        yield Line(
            text=f"{join_names(names[:_FEW], len(names))}: {count}: {like}{alike[0][1].reason}",
            subjects=tuple(subjects),
        )


def _waiting_line(report: Report) -> Iterable[Line]:
    waiting = tuple(
        dict.fromkeys(
            result.check for result in report.results for verdicts in result.unknown if verdicts.kind is UnknownKind.EARLIER_LOOK
        )
    )
    if waiting:
        checks = plural(len(waiting), "check")
        text = f"{checks} {_need(waiting)} an earlier look ({join_names(waiting[:_FEW], len(waiting))}): use --watch"
        yield Line(text=text)
