"""How the past of a cluster is told: since when, what is new or gone, what else changed. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kastellan.checks.check import Check
from kastellan.findings.line import Line
from kastellan.kernel.time_texts import clock_text, minute_text
from kastellan.kernel.units import count_text, duration_text, plural
from kastellan.model.changes import Became, Changes, Configured, Grown, How, Moved
from kastellan.model.finding import Change, Finding, Severity
from kastellan.model.finding_history import FindingRecord
from kastellan.model.report import Past, Report
from kastellan.model.subject import KINDS, Subject

_FEW = 3
_MOST_LINES = 12
_DAY_MS = 86_400_000
_HOWS = {
    How.APPEARED: "appeared",
    How.GONE: "is gone",
    How.MADE_ANEW: "was deleted and made anew",
    How.AWAY: "left",
    How.BACK: "is back",
}
_HOWS_MANY = {**_HOWS, How.GONE: "are gone", How.MADE_ANEW: "were deleted and made anew", How.BACK: "are back"}


def time_text(at_ms: int, now_ms: int) -> str:
    """A moment as one would say it now: the time alone within the last hours, else with its date.

    >>> time_text(1_750_000_000_000, 1_750_000_060_000), time_text(1_750_000_000_000, 1_760_000_000_000)
    ('15:06:40Z', '2025-06-15 15:06Z')
    """
    near = 0 <= now_ms - at_ms < _DAY_MS / 2
    return clock_text(at_ms) if near else minute_text(at_ms)


def since_text(findings: Sequence[Finding], report: Report) -> str:
    """Since when these findings are, in one sentence; empty where nothing is known of the time before this look."""
    past, at_ms = report.past, report.at_ms
    if past is None or not findings:
        return ""
    compared = time_text(past.since_ms, at_ms)
    news = Counter(finding.news for finding in findings)
    if news[Change.NEW] == len(findings):
        first_ms = min(finding.since_ms or at_ms for finding in findings)
        first_seen = "" if first_ms == at_ms else f", first seen {time_text(first_ms, at_ms)}"
        return f"new since the look of {compared}{first_seen}"
    parts = list[str]()
    if news[Change.NEW]:
        parts.append(f"{count_text(news[Change.NEW])} new since the look of {compared}")
    if news[Change.TURNED]:
        parts.append(f"{count_text(news[Change.TURNED])} of another severity then")
    older = [
        finding.since_ms
        for finding in findings
        if finding.since_ms is not None and finding.news in (Change.UNCHANGED, Change.TURNED)
    ]
    if older:
        first_ms = min(older)
        oldest = "known" if not parts else "the oldest known"
        parts.append(f"{oldest} since {time_text(first_ms, at_ms)} ({duration_text(at_ms - first_ms)})")
    if not parts:
        return f"not seen before, and the look of {compared} could not see it"
    return "; ".join(parts)


def headline(report: Report) -> str:
    """The whole report against the compared look; empty without one."""
    past = report.past
    if past is None:
        return ""
    parts = [f"{count_text(past.new)} new", f"{count_text(len(past.gone))} gone"]
    if past.turned:
        parts.append(f"{count_text(past.turned)} of another severity")
    ago = duration_text(report.at_ms - past.since_ms)
    return f"{', '.join(parts)} since the look of {time_text(past.since_ms, report.at_ms)} ({ago} ago)"


def new_among(groups: Iterable[Sequence[Finding]], report: Report) -> int | None:
    """How many of these findings are new; None where that is not known."""
    if report.past is None:
        return None
    return sum(finding.news is Change.NEW for group in groups for finding in group)


def changed_lines(report: Report, checks: Mapping[str, Check]) -> tuple[Line, ...]:
    """What else happened since the compared look, one line each; what is gone first."""
    past = report.past
    if past is None:
        return ()
    lines = [*_gone(past, report.at_ms, checks), *change_lines(past.changes)]
    if not lines:
        return ()
    between = f"between {time_text(past.changes.after_ms, report.at_ms)} and {time_text(past.changes.before_ms, report.at_ms)}"
    return (Line(text=f"{between}:"), *_cap_lines(lines))


def change_lines(changes: Changes) -> tuple[Line, ...]:
    """Every change in words, the weightiest first; things that changed alike are told together."""
    return (
        *_became(changes.brokers, "broker"),
        *(Line(text=f"{level.name}: {level.before} -> {level.now}") for level in changes.levels),
        *_leaders(changes.leaders),
        *_became(changes.topics, "topic"),
        *map(_grown, changes.grown),
        *_configs(changes.configs),
        *_rights(changes.acls),
        *_became(changes.groups, "group"),
        *_members(changes),
    )


def _grown(topic: Grown) -> Line:
    text = f"topic/{topic.topic} has {plural(topic.now, 'partition')}, {count_text(topic.before)} before"
    return Line(text=text, subjects=(Subject("topic", (topic.topic,)),))


def _cap_lines(lines: Sequence[Line]) -> Iterable[Line]:
    yield from lines[:_MOST_LINES]
    if len(lines) > _MOST_LINES:
        yield Line(text=f"and {count_text(len(lines) - _MOST_LINES)} more: `kastellan snapshot diff` lists them")


def _gone(past: Past, now_ms: int, checks: Mapping[str, Check]) -> Iterable[Line]:
    by_check: dict[str, list[FindingRecord]] = defaultdict(list)
    for record in past.gone:
        if record.severity is not Severity.INFO:
            by_check[record.check].append(record)
    for name, records in by_check.items():
        title = checks[name].title if name in checks else name
        seen_ms = max(record.seen_ms for record in records)
        subjects = [record.subject for record in records]
        yield Line(
            text=f"gone: {title}: {_subjects(subjects)}, last seen {time_text(seen_ms, now_ms)}",
            subjects=tuple(subjects[:_FEW]),
            findings=tuple((name, subject) for subject in subjects[:_FEW]),
        )


def _subjects(subjects: Sequence[Subject]) -> str:
    first = subjects[0]
    if len(subjects) == 1:
        return first.text
    names = ", ".join(subject.text for subject in subjects[:_FEW]) + (", ..." if len(subjects) > _FEW else "")
    return f"{plural(len(subjects), first.kind.replace('_', ' '), KINDS[first.kind].plural)} ({names})"


def _became(became: Sequence[Became], kind: str) -> Iterable[Line]:
    for how in How:
        subjects = [change.subject for change in became if change.how is how]
        if subjects:
            word = "joined" if kind == "broker" and how is How.APPEARED else (_HOWS if len(subjects) == 1 else _HOWS_MANY)[how]
            yield Line(text=f"{_subjects(subjects)} {word}", subjects=tuple(subjects[:_FEW]))


def _leaders(ways: Sequence[Moved]) -> Iterable[Line]:
    """From whom leaders moved: that is what a person asks; the ways are in the document."""
    by_loser: dict[int, list[Moved]] = defaultdict(list)
    for way in ways:
        by_loser[way.before].append(way)
    for loser, moves in sorted(by_loser.items(), key=lambda entry: -sum(way.partitions for way in entry[1])):
        count = sum(way.partitions for way in moves)
        to = ", ".join("nobody" if way.now < 0 else f"broker/{way.now}" for way in moves[:_FEW])
        more = ", ..." if len(moves) > _FEW else ""
        brokers = tuple(Subject("broker", (broker,)) for broker in (loser, *(way.now for way in moves[:_FEW])) if broker >= 0)
        if loser < 0:
            yield Line(text=f"{plural(count, 'partition')} without a leader got one ({to}{more})", subjects=brokers)
        else:
            partition = moves[0].examples[0]
            where = f"{partition.text}, ..." if count > 1 else partition.text
            text = f"{plural(count, 'leader')} moved from broker/{loser} to {to}{more} ({where})"
            yield Line(text=text, subjects=(*brokers, partition))


def _configs(configs: Sequence[Configured]) -> Iterable[Line]:
    alike: dict[tuple[str, str, str, str], list[Subject]] = defaultdict(list)
    for change in configs:
        alike[change.subject.kind, change.config, change.before, change.now].append(change.subject)
    for (_, config, then, now), subjects in alike.items():
        text = f"{config} {then or 'empty'} -> {now or 'empty'} on {_subjects(subjects)}"
        yield Line(text=text, subjects=tuple(subjects[:_FEW]))


def _rights(acls: Sequence[Became]) -> Iterable[Line]:
    """What somebody may do with something in one line; many are counted for each sort of news."""
    for how in (How.GONE, How.APPEARED):
        alike: dict[tuple[str | int | None, ...], list[Subject]] = defaultdict(list)
        for change in acls:
            *resource, _, permission = change.subject.key
            if change.how is how:
                alike[*resource, permission].append(change.subject)
        texts = [
            Subject("acl", (*resource, ", ".join(str(subject.key[-2]) for subject in subjects), permission)).text
            for (*resource, permission), subjects in alike.items()
        ]
        if len(texts) > _FEW:
            count = plural(sum(map(len, alike.values())), "ACL")
            yield Line(text=f"{count} {_HOWS_MANY[how]} ({texts[0]}, ...)", subjects=tuple(next(iter(alike.values()))))
        else:
            for text, subjects in zip(texts, alike.values(), strict=True):
                yield Line(text=f"{text} {_HOWS[how]}", subjects=tuple(subjects))


def _members(changes: Changes) -> Iterable[Line]:
    if len(changes.members) > _FEW:
        joined, left = sum(group.joined for group in changes.members), sum(group.left for group in changes.members)
        count = plural(len(changes.members), "group")
        yield Line(text=f"members of {count}: {count_text(joined)} joined, {count_text(left)} left")
        return
    for group in changes.members:
        text = f"group/{group.group}: {plural(group.joined, 'member')} joined, {count_text(group.left)} left"
        yield Line(text=text, subjects=(Subject("group", (group.group,)),))
