"""Explain a check, a cause, a provider, a word or an exit code."""

from __future__ import annotations

import difflib
import re

import msgspec

from kastellan.app.glossary import EXIT_CODES, TERMS
from kastellan.app.reference_data import read_providers
from kastellan.checks.catalogue import RegisteredCheck, all_checks
from kastellan.diagnosis.cause import Reasoning, all_causes
from kastellan.kernel.errors import BadInput
from kastellan.reference.providers import Profile, ProviderData

_BRACES = re.compile(r"\{(\w+)[^}]*\}")


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an explanation by their headings, in order; `about` is the Markdown text of a check."""

    id: str
    title: str
    parts: dict[str, str]


def explain(name: str) -> Explanation:
    """The explanation of a check, a cause, a provider, a term or an exit code.

    Raises BadInput with the closest names for anything else.
    """
    wanted = name.strip()
    checks = all_checks()
    found = [each for each in checks if wanted in (each, each.rpartition(".")[2])]
    if len(found) == 1:
        return _of_check(checks[found[0]])
    if wanted in all_causes():
        return _of_cause(all_causes()[wanted])
    data = read_providers()
    profile = data.profile(wanted)
    if profile is not None:
        return _of_profile(profile, data)
    if wanted in EXIT_CODES:
        return Explanation(id=wanted, title=f"exit code {wanted}", parts={"Meaning": EXIT_CODES[wanted]})
    word = wanted.lower().replace("_", " ")
    term = next((each for each in TERMS if each == word or each == word.replace(" ", "-")), None)
    if term:
        return Explanation(id=term, title=term, parts={"Meaning": TERMS[term]})
    raise BadInput(f"nothing is called {wanted[:60]!r}{_closest(wanted, data)}; `kastellan explain` lists all")


def everything() -> Explanation:
    """What there is to explain: one part for each family of checks, for the causes, the terms and for the exit codes."""
    families: dict[str, list[str]] = {}
    for each in all_checks().values():
        families.setdefault(each.check.family, []).append(f"{each.check.id}: {each.check.title}")
    families["causes"] = [f"{each.cause.id}: {each.cause.title}" for each in all_causes().values()]
    families["providers"] = [f"{each.id}: {each.name}" for each in read_providers().profiles]
    families["exit codes"] = [f"{code}: {meaning}" for code, meaning in EXIT_CODES.items()]
    families["terms"] = [f"{term}: {meaning}" for term, meaning in TERMS.items()]
    parts = {name: "\n".join(found) for name, found in families.items()}
    return Explanation(id="all", title="Everything that can be explained", parts=parts)


def _closest(wanted: str, data: ProviderData) -> str:
    names = {each.lower(): each for each in (*all_checks(), *all_causes(), *(one.id for one in data.profiles), *TERMS)}
    names |= {each.rpartition(".")[2]: each for each in all_checks()}
    near = difflib.get_close_matches(wanted.lower(), names, n=3, cutoff=0.5)
    found = list(dict.fromkeys(names[each] for each in near))
    return f"; near are {', '.join(found)}" if found else ""


def _of_profile(profile: Profile, data: ProviderData) -> Explanation:
    parts = {
        "About": f"What `doctor` does on {profile.name}, recognised or stated by --provider {profile.id}.",
        "Recognised by": "\n".join(each.says for each in profile.signs),
        "Refused": "\n".join(f"{each.about}: {each.says} ({each.how})" for each in profile.refused),
        "Set aside": "\n".join(f"{', '.join(each.of)}: {each.says}" for each in profile.not_applicable),
        "Owners": "\n".join(f"{', '.join(each.of)}: {each.says}" for each in profile.owners),
        "Unlike Kafka": "\n".join(profile.unlike),
        "As of": data.as_of.isoformat(),
        "References": "\n".join(dict.fromkeys((*profile.sources, *(one for each in profile.refused for one in each.sources)))),
    }
    return Explanation(id=profile.id, title=profile.name, parts={name: text for name, text in parts.items() if text})


def _of_cause(reasoning: Reasoning) -> Explanation:
    cause = reasoning.cause
    parts = {
        "About": reasoning.about,
        "Do": cause.do,
        "Do not": cause.do_not,
        "Undo": cause.undo,
        "Verify": cause.verify,
        "No alarm while it lasts": ", ".join(cause.tames),
        "References": "\n".join(cause.references),
    }
    return Explanation(id=cause.id, title=cause.title, parts={name: text for name, text in parts.items() if text})


def _of_check(judgement: RegisteredCheck) -> Explanation:
    check = judgement.check
    settings = (
        f"{each.name} = {each.default:g} {each.unit} ({each.low:g} to {each.high:g}): {each.meaning}; set it with "
        f"--set {check.id}.{each.name}=VALUE"
        for each in check.settings
    )
    parts = {
        "Severity": check.severity.value,
        "About": judgement.about,
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
