"""What the provider's profile changes in judged results: one place, after judging and before anything is told.

Subjects of checks that mean nothing there are not applicable, and so are verdicts that are unknown because of requests that
are refused there by design. Remedies say who owns what they change. Nothing is hidden: each result counts what was set
aside and why, and how much of it had failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from kastellan.checks.check import Check
from kastellan.findings.unseen_text import listed
from kastellan.kernel.outcome import State, Trouble
from kastellan.kernel.units import plural
from kastellan.model.answer import Answer
from kastellan.model.diagnosis import CauseFound
from kastellan.model.finding import CheckResult, Excluded, UnknownVerdicts, Verdict
from kastellan.model.provider_detection import Recognised
from kastellan.model.report import Provided, Refused
from kastellan.model.snapshot import Snapshot
from kastellan.reference.age import age_days
from kastellan.reference.providers import NONE, OLD_AFTER_DAYS, Profile, ProviderData, Refusal

_SOME = 5
_ANSWERED = frozenset({State.COMPLETE, State.VISIBLE_ONLY, State.PARTIAL, State.STALE})
_REFUSED = frozenset({State.DENIED, State.UNSUPPORTED})
_NO_SUCH_REQUEST = "INVALID_REQUEST"


def set_aside(results: Iterable[CheckResult], snapshot: Snapshot, run_by: Recognised) -> tuple[CheckResult, ...]:
    """The results with what the provider's profile takes out of them; the same ones where there is no profile."""
    profile = run_by.profile
    if profile is None:
        return tuple(results)
    designed = {answer: refused for refused in refused_by_design(snapshot, profile) for answer in refused.answers}
    harmless = frozenset(each.id for each in snapshot.answers if each.state is State.VISIBLE_ONLY)
    return tuple(_without(each, profile, designed, harmless) for each in results)


def provided(snapshot: Snapshot, run_by: Recognised, data: ProviderData) -> Provided | None:
    """What is known of who runs the cluster; None where nothing is, or where the user said that nothing is to be assumed."""
    provider, profile, _ = run_by
    if provider is None or profile is None:
        return None
    return Provided(
        id=profile.id,
        name=profile.name,
        stated=provider.stated,
        because=provider.because,
        as_of=data.as_of.isoformat(),
        refused=refused_by_design(snapshot, profile),
        unlike=profile.unlike,
    )


def refused_by_design(snapshot: Snapshot, profile: Profile) -> tuple[Refused, ...]:
    """The requests of the profile that this cluster did refuse, and nobody there answered: an answer belies the profile."""
    used = _answers_of_tables(snapshot)
    found: list[Refused] = []
    for each in profile.refused:
        asked = [answer for answer in snapshot.answers if answer.asked == each.asked and _meant(answer, each, used)]
        refused = [answer for answer in asked if _is_refusal(answer)]
        if refused and not any(_told_something(answer, refused, used) for answer in asked):
            answers = tuple(answer.id for answer in refused)
            found.append(Refused(asked=each.asked, says=each.says, how=each.how, answers=answers))
    return tuple(found)


def worded(checks: Mapping[str, Check], profile: Profile | None) -> dict[str, Check]:
    """The checks with remedies that name who owns what they change."""
    return {
        name: each if profile is None else msgspec.structs.replace(each, do=_owned(name, each.do, profile))
        for name, each in checks.items()
    }


def causes_worded(causes: Iterable[CauseFound], profile: Profile | None) -> tuple[CauseFound, ...]:
    """The same for causes."""
    if profile is None:
        return tuple(causes)
    return tuple(msgspec.structs.replace(each, do=_owned(each.cause, each.do, profile)) for each in causes)


def notes_of(
    results: Iterable[CheckResult], snapshot: Snapshot, provider: Provided | None, run_by: Recognised
) -> tuple[str, ...]:
    """What the report says of the provider: why it is assumed, what was set aside for it, what is refused, what differs."""
    if provider is None:
        return tuple(_no_profile(run_by))
    return tuple(_profile_notes(tuple(results), snapshot, provider))


def _no_profile(found: Recognised) -> Iterable[str]:
    if found.contested:
        yield f"looks like {' and like '.join(found.contested)} at once: judged as any Kafka; --provider says which it is"
    elif found.provider is not None and found.provider.id == NONE:
        yield "judged as any Kafka, as --provider none says"
    elif found.provider is not None:
        yield f"the provider {found.provider.id[:40]!r} has no profile here: judged as any Kafka; take a newer Kastellan"


def _profile_notes(results: tuple[CheckResult, ...], snapshot: Snapshot, provider: Provided) -> Iterable[str]:
    if provider.stated:
        yield f"judged as {provider.name}, as --provider or the context says"
    else:
        yield f"looks like {provider.name}, because {'; '.join(provider.because)} (--provider none: judge it as any Kafka)"
    by_reason: dict[str, list[tuple[str, Excluded]]] = {}
    for result in results:
        for aside in result.excluded:
            by_reason.setdefault(aside.reason, []).append((result.check, aside))
    for reason, some in by_reason.items():
        count, failed = sum(each.count for _, each in some), sum(each.failed for _, each in some)
        names = tuple(dict.fromkeys(name for name, _ in some))
        also = f", {failed} of them failing" if failed else ""
        verdicts = f"{plural(count, 'verdict')} of {plural(len(names), 'check')}"
        yield f"{verdicts} set aside as not applicable{also} ({listed(names[:_SOME], len(names))}): {reason}"
    if provider.refused:
        told = ", ".join(dict.fromkeys(each.asked for each in provider.refused))
        yield f"refused by design on {provider.name}, and so not counted as unseen: {told}"
    yield from (f"unlike Kafka, on {provider.name} {each}" for each in provider.unlike)
    days = age_days(date.fromisoformat(provider.as_of), snapshot.at_ms)
    if days > OLD_AFTER_DAYS:
        yield f"the provider profiles are of {provider.as_of} and {days} days old: what is refused there may have changed"


def _without(result: CheckResult, profile: Profile, designed: Mapping[int, Refused], harmless: frozenset[int]) -> CheckResult:
    reason = profile.excludes(result.check)
    if reason and not result.crashed:
        return _all_aside(result, reason)
    kept: list[UnknownVerdicts] = []
    aside: list[Excluded] = []
    for each in result.unknown:
        reasons = _designed(each, designed, harmless, profile)
        if reasons:
            aside.append(Excluded(reason=reasons, count=each.count, some=each.some))
        else:
            kept.append(each)
    if not aside:
        return result
    moved = sum(each.count for each in aside)
    counts = {**result.counts, Verdict.NOT_APPLICABLE: result.counts.get(Verdict.NOT_APPLICABLE, 0) + moved}
    counts[Verdict.UNKNOWN] = result.counts.get(Verdict.UNKNOWN, 0) - moved
    return msgspec.structs.replace(
        result, counts={name: count for name, count in counts.items() if count}, unknown=tuple(kept), excluded=tuple(aside)
    )


def _all_aside(result: CheckResult, reason: str) -> CheckResult:
    count = sum(result.counts.values())
    if count == result.counts.get(Verdict.NOT_APPLICABLE, 0):
        return result
    some = (*(each.subject for each in result.findings), *(one for each in result.unknown for one in each.some))
    aside = Excluded(
        reason=reason,
        count=count - result.counts.get(Verdict.NOT_APPLICABLE, 0),
        failed=result.counts.get(Verdict.FAIL, 0),
        some=tuple(dict.fromkeys(some))[:_SOME],
    )
    return msgspec.structs.replace(result, counts={Verdict.NOT_APPLICABLE: count}, findings=(), unknown=(), excluded=(aside,))


def _designed(doubt: UnknownVerdicts, designed: Mapping[int, Refused], harmless: frozenset[int], profile: Profile) -> str:
    """Why the doubt rests on nothing but requests that are refused by design; empty when it does not.

    `harmless` are Answers that leave something out silently: what they do tell is seen, and no value is lacking by them.
    """
    refused = [designed[each] for each in doubt.answers if each in designed]
    if not refused or any(each not in designed and each not in harmless for each in doubt.answers):
        return ""
    return "; ".join(dict.fromkeys(f"{each.asked} is refused on {profile.name} by design: {each.says}" for each in refused))


def _answers_of_tables(snapshot: Snapshot) -> dict[str, set[int]]:
    """The Answers on which each table rests."""
    return {
        name: {each.answer for each in table.unseen} | set(table.df["answer"].drop_nulls().unique())
        for name, table in snapshot.tables.items()
    }


def _meant(answer: Answer, refusal: Refusal, used: Mapping[str, set[int]]) -> bool:
    """The Answer is one of those that the refusal is about: with tables, it fills these and no others."""
    if not refusal.tables:
        return True
    fills = {name for name, answers in used.items() if answer.id in answers}
    return bool(fills) and fills <= set(refusal.tables)


def _is_refusal(answer: Answer) -> bool:
    """Refused, as opposed to silent or slow: also by closing the connection on a request that the peer does not know."""
    if answer.state in _REFUSED or answer.trouble is Trouble.CLOSED:
        return True
    return answer.trouble is Trouble.REJECTED and answer.reason.startswith(_NO_SUCH_REQUEST)


def _told_something(answer: Answer, refused: Iterable[Answer], used: Mapping[str, set[int]]) -> bool:
    """The peer answered: with more than an envelope in which every piece is a refusal."""
    if answer.state not in _ANSWERED:
        return False
    pieces = any((each.peer, each.sent_ms) == (answer.peer, answer.sent_ms) for each in refused)
    return not pieces or any(answer.id in answers for answers in used.values())


def _owned(about: str, do: str, profile: Profile) -> str:
    owner = profile.owner_of(about)
    if owner is None:
        return do
    return owner.says.strip() if owner.instead else f"{owner.says.strip()} {do}"
