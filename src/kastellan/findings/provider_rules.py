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
from kastellan.findings.unseen_text import join_names
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

_SHOWN = 5
_ANSWERED = frozenset({State.COMPLETE, State.VISIBLE_ONLY, State.PARTIAL, State.STALE})
_REFUSED = frozenset({State.DENIED, State.UNSUPPORTED})
_NO_SUCH_REQUEST = "INVALID_REQUEST"


def exclude(results: Iterable[CheckResult], snapshot: Snapshot, run_by: Recognised) -> tuple[CheckResult, ...]:
    """The results with what the provider's profile takes out of them; the same ones where there is no profile."""
    profile = run_by.profile
    if profile is None:
        return tuple(results)
    designed = {answer: refused for refused in refused_by_design(snapshot, profile) for answer in refused.answers}
    harmless = frozenset(answer.id for answer in snapshot.answers if answer.state is State.VISIBLE_ONLY)
    return tuple(_without(result, profile, designed, harmless) for result in results)


def describe_provider(snapshot: Snapshot, run_by: Recognised, data: ProviderData) -> Provided | None:
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
    recognised: list[Refused] = []
    for refusal in profile.refused:
        replies = [answer for answer in snapshot.answers if answer.request == refusal.request and _meant(answer, refusal, used)]
        refused = [answer for answer in replies if _is_refusal(answer)]
        if refused and not any(_told_something(answer, refused, used) for answer in replies):
            answers = tuple(answer.id for answer in refused)
            recognised.append(Refused(request=refusal.request, says=refusal.says, how=refusal.how, answers=answers))
    return tuple(recognised)


def apply_owner_remedies(checks: Mapping[str, Check], profile: Profile | None) -> dict[str, Check]:
    """The checks with remedies that name who owns what they change."""
    return {
        name: check if profile is None else msgspec.structs.replace(check, do=_with_owner(name, check.do, profile))
        for name, check in checks.items()
    }


def apply_owner_remedies_to_causes(causes: Iterable[CauseFound], profile: Profile | None) -> tuple[CauseFound, ...]:
    """The same for causes."""
    if profile is None:
        return tuple(causes)
    return tuple(msgspec.structs.replace(cause, do=_with_owner(cause.cause, cause.do, profile)) for cause in causes)


def provider_notes(
    results: Iterable[CheckResult], snapshot: Snapshot, provider: Provided | None, run_by: Recognised
) -> tuple[str, ...]:
    """What the report says of the provider: why it is assumed, what was set aside for it, what is refused, what differs."""
    if provider is None:
        return tuple(_no_profile(run_by))
    return tuple(_profile_notes(tuple(results), snapshot, provider))


def _no_profile(recognised: Recognised) -> Iterable[str]:
    if recognised.contested:
        yield f"looks like {' and like '.join(recognised.contested)} at once: judged as any Kafka; --provider says which it is"
    elif recognised.provider is not None and recognised.provider.id == NONE:
        yield "judged as any Kafka, as --provider none says"
    elif recognised.provider is not None:
        yield f"the provider {recognised.provider.id[:40]!r} has no profile here: judged as any Kafka; take a newer Kastellan"


def _profile_notes(results: tuple[CheckResult, ...], snapshot: Snapshot, provider: Provided) -> Iterable[str]:
    if provider.stated:
        yield f"judged as {provider.name}, as --provider or the context says"
    else:
        yield f"looks like {provider.name}, because {'; '.join(provider.because)} (--provider none: judge it as any Kafka)"
    by_reason: dict[str, list[tuple[str, Excluded]]] = {}
    for result in results:
        for aside in result.excluded:
            by_reason.setdefault(aside.reason, []).append((result.check, aside))
    for reason, entries in by_reason.items():
        count, failed = sum(subject.count for _, subject in entries), sum(subject.failed for _, subject in entries)
        names = tuple(dict.fromkeys(name for name, _ in entries))
        also = f", {failed} of them failing" if failed else ""
        verdicts = f"{plural(count, 'verdict')} of {plural(len(names), 'check')}"
        yield f"{verdicts} set aside as not applicable{also} ({join_names(names[:_SHOWN], len(names))}): {reason}"
    if provider.refused:
        requests = ", ".join(dict.fromkeys(refusal.request for refusal in provider.refused))
        yield f"refused by design on {provider.name}, and so not counted as unseen: {requests}"
    yield from (f"unlike Kafka, on {provider.name} {difference}" for difference in provider.unlike)
    days = age_days(date.fromisoformat(provider.as_of), snapshot.at_ms)
    if days > OLD_AFTER_DAYS:
        yield f"the provider profiles are of {provider.as_of} and {days} days old: what is refused there may have changed"


def _without(result: CheckResult, profile: Profile, designed: Mapping[int, Refused], harmless: frozenset[int]) -> CheckResult:
    reason = profile.excludes(result.check)
    if reason and not result.crashed:
        return _exclude_all(result, reason)
    kept: list[UnknownVerdicts] = []
    aside: list[Excluded] = []
    for verdicts in result.unknown:
        reasons = _reason_of_design(verdicts, designed, harmless, profile)
        if reasons:
            aside.append(Excluded(reason=reasons, count=verdicts.count, examples=verdicts.examples))
        else:
            kept.append(verdicts)
    if not aside:
        return result
    moved = sum(excluded.count for excluded in aside)
    counts = {**result.counts, Verdict.NOT_APPLICABLE: result.counts.get(Verdict.NOT_APPLICABLE, 0) + moved}
    counts[Verdict.UNKNOWN] = result.counts.get(Verdict.UNKNOWN, 0) - moved
    return msgspec.structs.replace(
        result, counts={name: count for name, count in counts.items() if count}, unknown=tuple(kept), excluded=tuple(aside)
    )


def _exclude_all(result: CheckResult, reason: str) -> CheckResult:
    count = sum(result.counts.values())
    if count == result.counts.get(Verdict.NOT_APPLICABLE, 0):
        return result
    examples = (
        *(finding.subject for finding in result.findings),
        *(subject for verdicts in result.unknown for subject in verdicts.examples),
    )
    aside = Excluded(
        reason=reason,
        count=count - result.counts.get(Verdict.NOT_APPLICABLE, 0),
        failed=result.counts.get(Verdict.FAIL, 0),
        examples=tuple(dict.fromkeys(examples))[:_SHOWN],
    )
    return msgspec.structs.replace(result, counts={Verdict.NOT_APPLICABLE: count}, findings=(), unknown=(), excluded=(aside,))


def _reason_of_design(doubt: UnknownVerdicts, designed: Mapping[int, Refused], harmless: frozenset[int], profile: Profile) -> str:
    """Why the doubt rests on nothing but requests that are refused by design; empty when it does not.

    `harmless` are Answers that leave something out silently: what they do tell is seen, and no value is lacking by them.
    """
    refused = [designed[answer] for answer in doubt.answers if answer in designed]
    if not refused or any(answer not in designed and answer not in harmless for answer in doubt.answers):
        return ""
    return "; ".join(
        dict.fromkeys(f"{refusal.request} is refused on {profile.name} by design: {refusal.says}" for refusal in refused)
    )


def _answers_of_tables(snapshot: Snapshot) -> dict[str, set[int]]:
    """The Answers on which each table rests."""
    return {
        name: {members.answer for members in table.unseen} | set(table.df["answer"].drop_nulls().unique())
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
    pieces = any((refusal.peer, refusal.sent_ms) == (answer.peer, answer.sent_ms) for refusal in refused)
    return not pieces or any(answer.id in answers for answers in used.values())


def _with_owner(about: str, do: str, profile: Profile) -> str:
    owner = profile.owner_of(about)
    if owner is None:
        return do
    return owner.says.strip() if owner.instead else f"{owner.says.strip()} {do}"
