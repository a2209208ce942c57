"""Builds the human-readable summary of a report: problems with what they explain, what was not seen, hygiene folded.

Every surface for people (terminal, Markdown, HTML) renders the one ReportSummary; none of them groups, counts or words
anything itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from kastellan.checks.check import Check, sentence
from kastellan.findings.grouping import Group, group_findings
from kastellan.findings.history_text import changed_lines, headline, new_among, since_text
from kastellan.findings.line import Line, line_of
from kastellan.findings.unseen_text import join_names, unseen_brief, unseen_lines
from kastellan.kernel.time_texts import moment_text
from kastellan.kernel.units import bytes_text, count_text, duration_text, plural
from kastellan.model.answer import Answer
from kastellan.model.diagnosis import CauseFound
from kastellan.model.finding import Finding, Severity, UnknownKind, Verdict, Waived
from kastellan.model.report import ZOOKEEPER, Report
from kastellan.model.subject import KINDS, Subject

_MOST_SHOWN = 5
_FEW = 3


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Findings of one check that stand under their cause; `examples` are the first subjects."""

    check: str
    title: str
    severity: Severity
    count: int
    kind: str
    examples: tuple[Subject, ...]

    @property
    def text(self) -> str:
        """For example `Partition is under-replicated: 10,290 partitions (orders-0, orders-1, ...)`."""
        return f"{self.title}: {_subjects(self.examples, self.count, self.kind, _FEW)}"

    @property
    def brief(self) -> str:
        """The text without names where there are several: `Partition is under-replicated: 10,290 partitions`."""
        return f"{self.title}: {_subjects(self.examples, self.count, self.kind, 1)}"

    @property
    def line(self) -> Line:
        """The text with the subjects that it names."""
        examples = self.examples[:_FEW]
        return Line(text=self.text, subjects=examples, findings=tuple((self.check, subject) for subject in examples))


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to be dealt with: findings of one check that nothing else explains, and what follows from them.

    Where a cause was found the words are its own, and `check` names the check by which it showed itself first. `subject` is
    the first of its subjects, the cause's own where there is one: with `check` or `cause` it is the problem's key.
    `severity` is the worst among the findings and what they explain. `confirmed` is false when only one collection saw it.
    """

    check: str
    cause: str
    title: str
    severity: Severity
    confirmed: bool
    count: int
    kind: str
    examples: tuple[Subject, ...]
    impact: tuple[Line, ...]
    evidence: tuple[Line, ...]
    against: tuple[Line, ...]
    explains: tuple[Explained, ...]
    do: str
    do_not: str
    undo: str
    verify: str
    since: str = ""

    @property
    def subjects(self) -> str:
        """The first few subjects and how many there are."""
        if self.count == 1:
            return self.examples[0].text
        return f"{_many(self.count, self.kind)}: {join_names([subject.text for subject in self.examples], self.count)}"

    @property
    def subject(self) -> Subject:
        """The first subject."""
        return self.examples[0]

    @property
    def about(self) -> str:
        """What `kastellan explain` is asked for."""
        return self.cause or self.check

    @property
    def parts(self) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        """What is said of it by label, in the order in which it is read; a label with nothing to say is left out."""
        labelled = (
            ("Since", self._words(self.since)),
            ("Impact", self.impact),
            ("Evidence", self.evidence),
            ("Against", self.against),
            ("Explains", tuple(explained.line for explained in self.explains)),
            ("Do", self._words(self.do)),
            ("Do not", self._words(self.do_not)),
            ("Undo", self._words(self.undo)),
            ("Verify", self._words(self.verify)),
        )
        return tuple((label, lines) for label, lines in labelled if lines)

    def _words(self, text: str) -> tuple[Line, ...]:
        return (Line(text=text, subjects=self.examples, cause=self.cause),) if text else ()


class HygieneItem(msgspec.Struct, frozen=True, kw_only=True):
    """Hygiene: findings of one check that hurt nobody today."""

    check: str
    title: str
    count: int
    kind: str
    examples: tuple[Subject, ...]
    observed: str
    do: str

    @property
    def subjects(self) -> str:
        """The first few subjects and how many there are."""
        return f"{_many(self.count, self.kind)}: {join_names([subject.text for subject in self.examples], self.count)}"

    @property
    def line(self) -> Line:
        """The whole item in one line."""
        return Line(
            text=f"{self.title}: {self.subjects}. {self.observed}. {self.do}",
            subjects=self.examples,
            findings=tuple((self.check, subject) for subject in self.examples),
        )


class ReportSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The first screen as values; every text in it is complete and has no markup."""

    cluster: str
    header: tuple[str, ...]
    verdict: str
    worst: Severity | None
    problems: tuple[Problem, ...]
    running: tuple[Line, ...]
    unseen: tuple[Line, ...]
    unseen_brief: tuple[Line, ...]
    hygiene: tuple[HygieneItem, ...]
    hygiene_line: str
    waived: tuple[Line, ...]
    notes: tuple[str, ...]
    cost: str
    too_little: tuple[str, ...]
    blind: dict[str, str]
    changed: tuple[Line, ...] = ()


def summarize(report: Report, checks: Mapping[str, Check]) -> ReportSummary:
    """The report in the order of importance."""
    groups = group_findings(report, checks)
    answers = {answer.id: answer for answer in report.answers}
    problems = [
        msgspec.structs.replace(_problem(group, checks, answers), since=since_text(group.roots or group.under, report))
        for group in groups
        if group.severity is not Severity.INFO
    ]
    ranked = sorted(problems, key=_importance)
    folded = [group for group in groups if group.severity is Severity.INFO]
    remarks = tuple(_remark(group, checks) for group in folded)
    return ReportSummary(
        cluster=report.cluster_id or report.vantage.bootstrap or "cluster",
        header=_header(report),
        verdict=_verdict(report, ranked),
        worst=ranked[0].severity if ranked else None,
        problems=tuple(ranked),
        running=tuple(_running(cause) for cause in report.causes if cause.expected),
        unseen=unseen_lines(report),
        unseen_brief=unseen_brief(report),
        hygiene=remarks,
        hygiene_line=_hygiene_line(remarks, new_among((group.roots for group in folded), report)),
        waived=tuple(_list_waived(report, checks)),
        notes=report.notes,
        cost=_cost(report),
        too_little=too_little(report, checks),
        blind=blind(report, checks),
        changed=changed_lines(report, checks),
    )


def too_little(report: Report, checks: Mapping[str, Check]) -> tuple[str, ...]:
    """Why this report must not be read as healthy, one sentence each; empty when enough was seen.

    Too little was seen where a check was blind, and where an error was seen once and no second look could confirm it.
    """
    once = sum(not finding.confirmed for finding in report.findings if finding.waived is None)
    unconfirmed = [f"{plural(once, 'error')} seen once and not confirmed by a second look"] if once else []
    return (*unconfirmed, *blind(report, checks).values())


def blind(report: Report, checks: Mapping[str, Check]) -> dict[str, str]:
    """The checks of severity error that left more subjects unknown than they judged, each with a sentence.

    Those that only wait for an earlier look are not among them.
    """
    sentences: dict[str, str] = {}
    for result in report.results:
        check = checks.get(result.check)
        unseen = [verdicts for verdicts in result.unknown if verdicts.kind is not UnknownKind.EARLIER_LOOK]
        unknown = sum(verdicts.count for verdicts in unseen)
        judged = sum(count for verdict, count in result.counts.items() if verdict is not Verdict.UNKNOWN)
        if check is not None and check.severity is Severity.ERROR and unknown > judged:
            of = f"{count_text(unknown)} of {count_text(unknown + judged)} subjects"
            sentences[result.check] = f"{result.check} could not judge {of}: {unseen[0].reason}"
    return sentences


def _many(count: int, kind: str) -> str:
    return plural(count, kind.replace("_", " "), KINDS[kind].plural)


def _importance(problem: Problem) -> tuple[int, int, int, str]:
    return problem.severity.rank, -sum(key.count for key in problem.explains), -problem.count, problem.check


# --- one problem ------------------------------------------------------------------------------------------------------


def _problem(group: Group, checks: Mapping[str, Check], answers: Mapping[int, Answer]) -> Problem:
    roots, cause = group.roots or group.under, group.cause
    check = checks[roots[0].check]
    subjects = [cause.subject] if cause else [finding.subject for finding in roots]
    words = cause or check
    return Problem(
        check=check.id,
        cause=cause.cause if cause else "",
        title=words.title,
        severity=group.severity,
        confirmed=all(finding.confirmed for finding in group.roots),
        count=len(subjects),
        kind=subjects[0].kind,
        examples=tuple(subjects[:_MOST_SHOWN]),
        impact=tuple(_impact(group, checks)),
        evidence=(*_evidence(group, answers), *_sources(roots, answers)),
        against=tuple(Line(text=text, subjects=(cause.subject,), cause=cause.cause) for text in cause.against) if cause else (),
        explains=_explains(group.under, checks),
        do=words.do,
        do_not=words.do_not,
        undo=words.undo,
        verify=words.verify,
    )


def _impact(group: Group, checks: Mapping[str, Check]) -> Iterable[Line]:
    """What the roots mean for clients, then what those errors mean that follow from them."""
    if group.roots:
        check = group.roots[0].check
        yield line_of(_impact_of(check, group.roots, checks), group.roots[:_MOST_SHOWN])
    for explained in _explains(group.under, checks):
        if explained.severity is Severity.ERROR:
            findings = [finding for finding in group.under if finding.check == explained.check]
            whose = (
                "" if explained.kind == "cluster" else f"{_subjects(explained.examples, explained.count, explained.kind, 1)}: "
            )
            yield line_of(f"{whose}{_impact_of(explained.check, findings, checks)}", findings[:1])


def _impact_of(check: str, findings: Iterable[Finding], checks: Mapping[str, Check]) -> str:
    finding = next(finding for finding in findings if finding.check == check)
    try:
        return sentence(checks[check].impact, {**finding.subject.fields, **finding.facts, **checks[check].defaults})
    except (KeyError, IndexError, ValueError, TypeError):
        return checks[check].impact


def _explains(under: list[Finding], checks: Mapping[str, Check]) -> tuple[Explained, ...]:
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for finding in under:
        by_check[finding.check].append(finding)
    explained = [
        Explained(
            check=name,
            title=checks[name].title,
            severity=min((finding.severity for finding in findings), key=lambda severity: severity.rank),
            count=len(findings),
            kind=findings[0].subject.kind,
            examples=tuple(finding.subject for finding in findings[:_MOST_SHOWN]),
        )
        for name, findings in by_check.items()
    ]
    return tuple(sorted(explained, key=lambda part: (part.severity.rank, -part.count, part.check)))


def _evidence(group: Group, answers: Mapping[int, Answer]) -> Iterable[Line]:
    """What was observed: in the words of the cause, which tell of its findings too, else finding by finding."""
    cause, roots = group.cause, group.roots
    if cause is not None:
        ids = {answer for finding in roots for answer in finding.evidence if answer in answers}
        yield Line(
            text=cause.says,
            subjects=(cause.subject,),
            findings=cause.rests_on[:_MOST_SHOWN],
            cause=cause.cause,
            answers=tuple(sorted(ids)),
        )
        return
    by_words: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in roots:
        by_words[finding.observed, finding.expected].append(finding)
    for (observed, expected), findings in list(by_words.items())[:_MOST_SHOWN]:
        examples = findings[:_FEW]
        names = "" if len(roots) == 1 else f"{join_names([finding.subject.text for finding in examples], len(findings))}: "
        yield line_of(f"{names}{observed} (expected: {expected})", examples)
    if len(by_words) > _MOST_SHOWN:
        yield Line(text=f"and {count_text(len(by_words) - _MOST_SHOWN)} more like these")


def _sources(roots: list[Finding], answers: Mapping[int, Answer]) -> Iterable[Line]:
    """Which requests showed it, and whose."""
    peers: dict[str, dict[str, None]] = defaultdict(dict)
    ids = tuple(dict.fromkeys(answer for finding in roots for answer in finding.evidence if answer in answers))
    for answer in ids:
        peers[answers[answer].request][answers[answer].peer.text] = None
    if peers:
        sources = [f"{request} of {join_names(list(names)[:_FEW], len(names))}" for request, names in peers.items()]
        yield Line(
            text="told by " + "; ".join(sources[:_MOST_SHOWN]) + ("; ..." if len(sources) > _MOST_SHOWN else ""), answers=ids
        )


def _remark(group: Group, checks: Mapping[str, Check]) -> HygieneItem:
    roots = group.roots or group.under
    first, words = roots[0], group.cause or checks[roots[0].check]
    return HygieneItem(
        check=first.check,
        title=words.title,
        count=len(roots),
        kind=first.subject.kind,
        examples=tuple(finding.subject for finding in roots[:_MOST_SHOWN]),
        observed=group.cause.says if group.cause else first.observed,
        do=words.do,
    )


def _subjects(examples: Sequence[Subject], count: int, kind: str, shown: int) -> str:
    """One subject by its name, several by their number and the first names."""
    if count == 1:
        return "the cluster" if kind == "cluster" else examples[0].text
    names = f" ({join_names([subject.text for subject in examples[:shown]], count)})" if shown > 1 else ""
    return f"{_many(count, kind)}{names}"


# --- the lines around -------------------------------------------------------------------------------------------------


def _header(report: Report) -> tuple[str, ...]:
    shape, vantage = report.shape, report.vantage
    release = (shape.kafka or "?").partition(" (")[0].replace(" or newer", "+")
    at = moment_text(report.at_ms)
    controllers = () if shape.mode == ZOOKEEPER else (_count_or_unknown(shape.controllers, "controller"),)
    sizes = ", ".join((_count_or_unknown(shape.brokers, "broker"), *controllers))
    of = f"{_count_or_unknown(shape.partitions, 'partition')}, {_count_or_unknown(shape.groups, 'group')}"
    answered = f"{_count(shape.brokers_answered)}/{_count(shape.brokers)} brokers"
    first = (vantage.bootstrap or "?").partition(",")[0]
    where = f"From {vantage.host or '?'} as {vantage.principal} by {first}"
    kafka = " ".join(word for word in ("Kafka", release, shape.mode) if word)
    return (
        " · ".join((report.cluster_id or "cluster id not seen", kafka, sizes, of)),
        " · ".join((at, where, answered, plural(report.collections, "sample"))),
        *filter(None, (headline(report),)),
    )


def _count_or_unknown(count: int | None, word: str) -> str:
    return f"{word}s ?" if count is None else plural(count, word)


def _count(count: int | None) -> str:
    return "?" if count is None else count_text(count)


def _cost(report: Report) -> str:
    cost = report.cost
    size = f"{bytes_text(cost.received_bytes)} received, {bytes_text(cost.sent_bytes)} sent"
    where = f"at most {duration_text(cost.broker_ms)} broker time, {duration_text(cost.wall_ms)} here"
    return f"{plural(cost.requests, 'request')}, {size}, {where}"


def _running(cause: CauseFound) -> Line:
    return Line(text=f"{cause.title}: {cause.says}.", subjects=(cause.subject,), cause=cause.cause)


def _list_waived(report: Report, checks: Mapping[str, Check]) -> Iterable[Line]:
    """What was accepted, by whom, until when and why: one line for each check and decision."""
    together: dict[tuple[str, Waived], list[Finding]] = defaultdict(list)
    for finding in report.findings:
        if finding.waived is not None:
            together[finding.check, finding.waived].append(finding)
    for (check, waived), findings in together.items():
        title = checks[check].title if check in checks else check
        examples = findings[:_MOST_SHOWN]
        subjects = join_names([finding.subject.text for finding in examples], len(findings))
        yield line_of(f"{title}: {subjects}. Accepted by {waived.owner} until {waived.expires}: {waived.reason}", examples)


def _verdict(report: Report, problems: Sequence[Problem]) -> str:
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    checks = plural(len(report.results), "check")
    if errors:
        also = f", {plural(warnings, 'warning')}" if warnings else ""
        return f"{plural(errors, 'ERROR', 'ERRORS')}{also}: clients are hurt now, or one more failure loses data or writes."
    if warnings:
        return f"{plural(warnings, 'warning')}, no error: look at it today."
    unknown = report.count(Verdict.UNKNOWN)
    passed = f"{plural(report.count(Verdict.PASS), 'subject')} passed {checks}"
    waived = sum(finding.waived is not None for finding in report.findings)
    aside = sum(excluded.count for result in report.results for excluded in result.excluded)
    also = (f"; {plural(waived, 'finding')} waived" if waived else "") + (f"; {count_text(unknown)} not seen" if unknown else "")
    there = f"; {count_text(aside)} not applicable on {report.provider.name}" if aside and report.provider else ""
    return f"No problem found: {passed}{also}{there}."


def _hygiene_line(remarks: Sequence[HygieneItem], new: int | None) -> str:
    by_family: dict[str, int] = defaultdict(int)
    for item in remarks:
        by_family[item.check.partition(".")[0]] += item.count
    if not by_family:
        return ""
    families = ", ".join(
        f"{family} {count_text(count)}" for family, count in sorted(by_family.items(), key=lambda entry: (-entry[1], entry[0]))
    )
    fresh = "" if new is None else f", {count_text(new)} new"
    return f"{count_text(sum(by_family.values()))} folded{fresh} ({families})"
