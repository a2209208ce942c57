"""Explain a check, a cause, a provider, a word or an exit code."""

from __future__ import annotations

import re

import msgspec

from kastellan.app.glossary import EXIT_CODES, TERMS
from kastellan.app.reference_data import read_providers
from kastellan.checks.catalogue import check_ids, read_check
from kastellan.diagnosis.cause import cause_ids, read_cause
from kastellan.kernel.errors import BadInput
from kastellan.kernel.near_names import near_names
from kastellan.reference.providers import Profile, ProviderData

_BRACES = re.compile(r"\{(\w+)[^}]*\}")


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an explanation by their headings, in order; `about` is the Markdown text of a check."""

    id: str
    title: str
    parts: dict[str, str]


def explain(name: str) -> Explanation:
    """The explanation of a check, a cause, a provider, a term or an exit code; a check also by the last part of its id.

    Raises BadInput with the closest names for anything else.
    """
    wanted = name.strip()
    checks = [check_id for check_id in check_ids() if wanted in (check_id, check_id.rpartition(".")[2])]
    if len(checks) == 1:
        return _explain_check(checks[0])
    if wanted in cause_ids():
        return _explain_cause(wanted)
    if wanted in EXIT_CODES:
        return Explanation(id=wanted, title=f"exit code {wanted}", parts={"Meaning": EXIT_CODES[wanted]})
    word = wanted.lower().replace("_", " ")
    for term in (word, word.replace(" ", "-")):
        if term in TERMS:
            return Explanation(id=term, title=term, parts={"Meaning": TERMS[term]})
    data = read_providers()
    profile = data.profile(wanted)
    if profile is not None:
        return _explain_provider(profile, data)
    raise BadInput(f"nothing is called {wanted[:60]!r}{_closest(wanted, data)}; `kastellan explain` lists all")


def everything() -> Explanation:
    """What there is to explain: one part for each family of checks, for the causes, the terms and for the exit codes."""
    families: dict[str, list[str]] = {}
    for check, _ in map(read_check, check_ids()):
        families.setdefault(check.family, []).append(f"{check.id}: {check.title}")
    causes = sorted((read_cause(cause_id)[0] for cause_id in cause_ids()), key=lambda cause: cause.rank)
    families["causes"] = [f"{cause.id}: {cause.title}" for cause in causes]
    families["providers"] = [f"{profile.id}: {profile.name}" for profile in read_providers().profiles]
    families["exit codes"] = [f"{code}: {meaning}" for code, meaning in EXIT_CODES.items()]
    families["terms"] = [f"{term}: {meaning}" for term, meaning in TERMS.items()]
    parts = {family: "\n".join(lines) for family, lines in families.items()}
    return Explanation(id="all", title="Everything that can be explained", parts=parts)


def _closest(wanted: str, data: ProviderData) -> str:
    ids = (*check_ids(), *cause_ids(), *(profile.id for profile in data.profiles), *TERMS)
    names = {name.lower(): name for name in ids} | {check_id.rpartition(".")[2]: check_id for check_id in check_ids()}
    near = near_names(wanted.lower(), names)
    return f"; near are {', '.join(dict.fromkeys(names[name] for name in near))}" if near else ""


def _explain_provider(profile: Profile, data: ProviderData) -> Explanation:
    parts = {
        "About": f"What `doctor` does on {profile.name}, recognised or stated by --provider {profile.id}.",
        "Recognised by": "\n".join(sign.says for sign in profile.signs),
        "Refused": "\n".join(f"{refusal.about}: {refusal.says} ({refusal.how})" for refusal in profile.refused),
        "Set aside": "\n".join(f"{', '.join(rule.of)}: {rule.says}" for rule in profile.not_applicable),
        "Owners": "\n".join(f"{', '.join(owner.of)}: {owner.says}" for owner in profile.owners),
        "Unlike Kafka": "\n".join(profile.unlike),
        "As of": data.as_of.isoformat(),
        "References": "\n".join(
            dict.fromkeys((*profile.sources, *(source for refusal in profile.refused for source in refusal.sources)))
        ),
    }
    return Explanation(id=profile.id, title=profile.name, parts={name: text for name, text in parts.items() if text})


def _explain_cause(cause_id: str) -> Explanation:
    cause, about = read_cause(cause_id)
    parts = {
        "About": about,
        "Do": cause.do,
        "Do not": cause.do_not,
        "Undo": cause.undo,
        "Verify": cause.verify,
        "No alarm while it lasts": ", ".join(cause.downgrades),
        "References": "\n".join(cause.references),
    }
    return Explanation(id=cause.id, title=cause.title, parts={name: text for name, text in parts.items() if text})


def _explain_check(check_id: str) -> Explanation:
    check, about = read_check(check_id)
    settings = (
        f"{setting.name} = {setting.default:g} {setting.unit} ({setting.low:g} to {setting.high:g}): {setting.meaning}; set it "
        f"with --set {check.id}.{setting.name}=VALUE"
        for setting in check.settings
    )
    parts = {
        "Severity": check.severity.value,
        "About": about,
        "Impact": _BRACES.sub(r"<\1>", check.impact),
        "Expected": _BRACES.sub(r"<\1>", check.expected),
        "Do": check.do,
        "Do not": check.do_not,
        "Undo": check.undo,
        "Verify": check.verify,
        "Settings": "\n".join(settings),
        "Follows from": ", ".join(check.follows_from),
        "Kafka": check.kafka,
        "References": "\n".join(check.references),
        "Since": check.since,
        "Proven by": f"the lab's fault {check.proven_by}" if check.proven_by else "unproven: no lab scenario has shown it yet",
    }
    return Explanation(id=check.id, title=check.title, parts={name: text for name, text in parts.items() if text})
