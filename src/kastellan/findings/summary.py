"""How a Report is told to a tired person: the problems with what they explain, what was not seen, hygiene folded.

Pure. Every surface that speaks to people (terminal, Markdown, HTML) renders the one `Telling`; none of them groups,
counts or words anything itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kastellan.checks.check import Check, sentence
from kastellan.findings.grouping import Group, grouped
from kastellan.findings.history_text import changed, headline, new_among, since_text
from kastellan.findings.unseen_text import listed, not_seen
from kastellan.kernel.time_texts import moment_text
from kastellan.kernel.units import bytes_text, count_text, duration_text, plural
from kastellan.model.answer import Answer
from kastellan.model.finding import Finding, Severity, UnknownKind, Verdict, Waived
from kastellan.model.report import Report
from kastellan.model.subject import KINDS

_SOME = 5


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one check that are told under their cause."""

    check: str
    title: str
    severity: Severity
    count: int
    kind: str
    some: tuple[str, ...]

    @property
    def text(self) -> str:
        """For example `Partition is under-replicated: 10,290 partitions (orders-0, orders-1, ...)`."""
        return f"{self.title}: {_many(self.count, self.kind)} ({listed(self.some, self.count)})"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be dealt with: findings of one check that nothing else explains, and what follows from them.

    Where a cause was found it is told in its words, and `check` names the check by which it showed itself first.
    `severity` is the worst among the findings and what they explain. `confirmed` is false when only one look saw it.
    """

    check: str
    cause: str
    title: str
    severity: Severity
    confirmed: bool
    count: int
    kind: str
    some: tuple[str, ...]
    impact: tuple[str, ...]
    evidence: tuple[str, ...]
    against: tuple[str, ...]
    explains: tuple[Explained, ...]
    do: str
    do_not: str
    undo: str
    verify: str
    since: str = ""

    @property
    def subjects(self) -> str:
        """The first few subjects and how many there are."""
        return self.some[0] if self.count == 1 else f"{_many(self.count, self.kind)}: {listed(self.some, self.count)}"

    @property
    def about(self) -> str:
        """What `kastellan explain` is asked for."""
        return self.cause or self.check

    @property
    def parts(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is said of it by label, in the order in which it is read; a label with nothing to say is left out."""
        told = (
            ("Since", (self.since,)),
            ("Impact", self.impact),
            ("Evidence", self.evidence),
            ("Against", self.against),
            ("Explains", tuple(each.text for each in self.explains)),
            ("Do", (self.do,)),
            ("Do not", (self.do_not,)),
            ("Undo", (self.undo,)),
            ("Verify", (self.verify,)),
        )
        return tuple((label, texts) for label, texts in told if any(texts))


class HygieneItem(msgspec.Struct, frozen=True, kw_only=True):
    """Hygiene: findings of one check that hurt nobody today."""

    check: str
    title: str
    count: int
    kind: str
    some: tuple[str, ...]
    observed: str
    do: str

    @property
    def subjects(self) -> str:
        """The first few subjects and how many there are."""
        return f"{_many(self.count, self.kind)}: {listed(self.some, self.count)}"


class ReportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The first screen as values; every text in it is complete and has no markup."""

    cluster: str
    header: tuple[str, ...]
    verdict: str
    worst: Severity | None
    problems: tuple[Problem, ...]
    running: tuple[str, ...]
    unseen: tuple[str, ...]
    hygiene: tuple[HygieneItem, ...]
    hygiene_line: str
    waived: tuple[str, ...]
    notes: tuple[str, ...]
    cost: str
    too_little: tuple[str, ...]
    blind: dict[str, str]
    changed: tuple[str, ...] = ()


def summarize(report: Report, checks: Mapping[str, Check]) -> ReportSummary:
    """The report in the order of importance."""
    groups = grouped(report, checks)
    answers = {each.id: each for each in report.answers}
    problems = [
        msgspec.structs.replace(_problem(each, checks, answers), since=since_text(each.roots or each.under, report))
        for each in groups
        if each.severity is not Severity.INFO
    ]
    told = sorted(problems, key=_importance)
    folded = [each for each in groups if each.severity is Severity.INFO]
    remarks = tuple(_remark(each, checks) for each in folded)
    return ReportSummary(
        cluster=report.cluster_id or report.vantage.bootstrap or "cluster",
        header=_header(report),
        verdict=_verdict(report, told),
        worst=told[0].severity if told else None,
        problems=tuple(told),
        running=tuple(f"{each.title}: {each.says}." for each in report.causes if each.expected),
        unseen=not_seen(report),
        hygiene=remarks,
        hygiene_line=_hygiene_line(remarks, new_among((each.roots for each in folded), report)),
        waived=tuple(_waived(report, checks)),
        notes=report.notes,
        cost=_cost(report),
        too_little=too_little(report, checks),
        blind=blind(report, checks),
        changed=changed(report, checks),
    )


def too_little(report: Report, checks: Mapping[str, Check]) -> tuple[str, ...]:
    """Why this report must not be read as healthy, one sentence each; empty when enough was seen.

    Too little was seen where a check was blind, and where an error was seen once and no second look could confirm it.
    """
    once = sum(not each.confirmed for each in report.findings if each.waived is None)
    found = [f"{plural(once, 'error')} seen once and not confirmed by a second look"] if once else []
    return (*found, *blind(report, checks).values())


def blind(report: Report, checks: Mapping[str, Check]) -> dict[str, str]:
    """The checks of severity error that left more subjects unknown than they judged, each with a sentence.

    Those that only wait for an earlier look are not among them.
    """
    found: dict[str, str] = {}
    for result in report.results:
        check = checks.get(result.check)
        unseen = [verdicts for verdicts in result.unknown if verdicts.kind is not UnknownKind.EARLIER_LOOK]
        unknown = sum(verdicts.count for verdicts in unseen)
        judged = sum(count for verdict, count in result.counts.items() if verdict is not Verdict.UNKNOWN)
        if check is not None and check.severity is Severity.ERROR and unknown > judged:
            of = f"{count_text(unknown)} of {count_text(unknown + judged)} subjects"
            found[result.check] = f"{result.check} could not judge {of}: {unseen[0].reason}"
    return found


def _many(count: int, kind: str) -> str:
    return plural(count, kind.replace("_", " "), KINDS[kind].plural)


def _importance(problem: Problem) -> tuple[int, int, int, str]:
    return problem.severity.rank, -sum(each.count for each in problem.explains), -problem.count, problem.check


# --- one problem ------------------------------------------------------------------------------------------------------


def _problem(group: Group, checks: Mapping[str, Check], answers: Mapping[int, Answer]) -> Problem:
    roots, cause = group.roots or group.under, group.cause
    check = checks[roots[0].check]
    explains = _explains(group.under, checks)
    subjects = [cause.subject] if cause else [each.subject for each in roots]
    hurt = [
        f"{_many(each.count, each.kind)}: {_impact_of(each.check, group.under, checks)}"
        for each in explains
        if each.severity is Severity.ERROR
    ]
    own = [_impact_of(check.id, roots, checks)] if group.roots else []
    words = cause or check
    return Problem(
        check=check.id,
        cause=cause.cause if cause else "",
        title=words.title,
        severity=group.severity,
        confirmed=all(each.confirmed for each in group.roots),
        count=len(subjects),
        kind=subjects[0].kind,
        some=tuple(each.text for each in subjects[:_SOME]),
        impact=(*own, *hurt),
        evidence=(*((cause.says,) if cause else ()), *(_evidence(group.roots, answers) if group.roots else ())),
        against=cause.against if cause else (),
        explains=explains,
        do=words.do,
        do_not=words.do_not,
        undo=words.undo,
        verify=words.verify,
    )


def _impact_of(check: str, findings: Iterable[Finding], checks: Mapping[str, Check]) -> str:
    finding = next(each for each in findings if each.check == check)
    try:
        return sentence(checks[check].impact, {**finding.subject.fields, **finding.facts, **checks[check].defaults})
    except (KeyError, IndexError, ValueError, TypeError):
        return checks[check].impact


def _explains(under: list[Finding], checks: Mapping[str, Check]) -> tuple[Explained, ...]:
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for each in under:
        by_check[each.check].append(each)
    told = [
        Explained(
            check=name,
            title=checks[name].title,
            severity=min((each.severity for each in findings), key=lambda each: each.rank),
            count=len(findings),
            kind=findings[0].subject.kind,
            some=tuple(each.subject.text for each in findings[:3]),
        )
        for name, findings in by_check.items()
    ]
    return tuple(sorted(told, key=lambda each: (each.severity.rank, -each.count, each.check)))


def _evidence(roots: list[Finding], answers: Mapping[int, Answer]) -> tuple[str, ...]:
    by_words: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in roots:
        by_words[each.observed, each.expected].append(each.subject.text)
    lines: list[str] = []
    for (observed, expected), subjects in list(by_words.items())[:_SOME]:
        of = "" if len(roots) == 1 else f"{listed(subjects[:3], len(subjects))}: "
        lines.append(f"{of}{observed} (expected: {expected})")
    if len(by_words) > _SOME:
        lines.append(f"and {count_text(len(by_words) - _SOME)} more like these")
    asked: dict[str, dict[str, None]] = defaultdict(dict)
    for number in dict.fromkeys(number for each in roots for number in each.evidence):
        if number in answers:
            asked[answers[number].asked][answers[number].peer.text] = None
    if asked:
        told = [f"{what} of {listed(list(of)[:3], len(of))}" for what, of in asked.items()]
        lines.append("told by " + "; ".join(told[:_SOME]) + ("; ..." if len(told) > _SOME else ""))
    return tuple(lines)


def _remark(group: Group, checks: Mapping[str, Check]) -> HygieneItem:
    roots = group.roots or group.under
    first, words = roots[0], group.cause or checks[roots[0].check]
    return HygieneItem(
        check=first.check,
        title=words.title,
        count=len(roots),
        kind=first.subject.kind,
        some=tuple(each.subject.text for each in roots[:_SOME]),
        observed=group.cause.says if group.cause else first.observed,
        do=words.do,
    )


# --- the lines around -------------------------------------------------------------------------------------------------


def _header(report: Report) -> tuple[str, ...]:
    shape, vantage = report.shape, report.vantage
    release = (shape.kafka or "?").partition(" (")[0].replace(" or newer", "+")
    at = moment_text(report.at_ms)
    sizes = f"{_some(shape.brokers, 'broker')}, {_some(shape.controllers, 'controller')}"
    of = f"{_some(shape.partitions, 'partition')}, {_some(shape.groups, 'group')}"
    answered = f"{_count(shape.brokers_answered)}/{_count(shape.brokers)} brokers answered"
    where = f"From {vantage.host or '?'} as {vantage.principal} by {vantage.bootstrap or '?'}"
    kafka = " ".join(each for each in ("Kafka", release, shape.mode) if each)
    return (
        " · ".join((report.cluster_id or "cluster id not seen", kafka, sizes, of)),
        " · ".join((at, where, answered, plural(report.looks, "look"))),
        *filter(None, (headline(report),)),
    )


def _some(count: int | None, word: str) -> str:
    return f"{word}s ?" if count is None else plural(count, word)


def _count(count: int | None) -> str:
    return "?" if count is None else count_text(count)


def _cost(report: Report) -> str:
    cost = report.cost
    took = f"{plural(cost.requests, 'request')}, {bytes_text(cost.received_bytes)} received, {bytes_text(cost.sent_bytes)} sent"
    judging = sum(each.took_ms for each in report.results)
    where = f"at most {duration_text(cost.broker_ms)} of the brokers' time, {duration_text(cost.wall_ms)} here"
    return f"{took}, {where}; judged in {duration_text(judging)}"


def _waived(report: Report, checks: Mapping[str, Check]) -> Iterable[str]:
    """What was accepted, by whom, until when and why: one line for each check and decision."""
    together: dict[tuple[str, Waived], list[Finding]] = defaultdict(list)
    for each in report.findings:
        if each.waived is not None:
            together[each.check, each.waived].append(each)
    for (check, waived), findings in together.items():
        title = checks[check].title if check in checks else check
        subjects = listed([each.subject.text for each in findings[:_SOME]], len(findings))
        yield f"{title}: {subjects}. Accepted by {waived.owner} until {waived.expires}: {waived.reason}"


def _verdict(report: Report, told: Sequence[Problem]) -> str:
    errors = sum(each.severity is Severity.ERROR for each in told)
    warnings = len(told) - errors
    checks = plural(len(report.results), "check")
    if errors:
        also = f", {plural(warnings, 'warning')}" if warnings else ""
        return f"{plural(errors, 'ERROR', 'ERRORS')}{also}: clients are hurt now, or one more failure loses data or writes."
    if warnings:
        return f"{plural(warnings, 'warning')}, no error: look at it today."
    unknown = report.count(Verdict.UNKNOWN)
    passed = f"{plural(report.count(Verdict.PASS), 'subject')} passed {checks}"
    waived = sum(each.waived is not None for each in report.findings)
    aside = sum(one.count for result in report.results for one in result.excluded)
    also = (f"; {plural(waived, 'finding')} waived" if waived else "") + (f"; {count_text(unknown)} not seen" if unknown else "")
    there = f"; {count_text(aside)} not applicable on {report.provider.name}" if aside and report.provider else ""
    return f"No problem found: {passed}{also}{there}."


def _hygiene_line(remarks: Sequence[HygieneItem], new: int | None) -> str:
    by_family: dict[str, int] = defaultdict(int)
    for each in remarks:
        by_family[each.check.partition(".")[0]] += each.count
    if not by_family:
        return ""
    told = ", ".join(
        f"{family} {count_text(count)}" for family, count in sorted(by_family.items(), key=lambda each: (-each[1], each[0]))
    )
    fresh = "" if new is None else f", {count_text(new)} new"
    return f"{count_text(sum(by_family.values()))} folded{fresh} ({told})"
