"""Who runs a cluster when it is not plain Kafka: dated profiles of managed services, operators and look-alikes.

A profile says how its clusters are recognised, which requests are refused there by design, about what a verdict would
mean nothing, and who owns which settings. The file comes with Kastellan (`providers.json`) and ages; where the internet
is out of reach another one takes its place.

Sources: those that each profile names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from kastellan.kernel.errors import BadInput
from kastellan.reference.age import age_days

SCHEMA = "kastellan.providers/1"
PACKAGED = "the provider profiles that came with Kastellan"
OLD_AFTER_DAYS = 180
"""From this age on a service may well answer what it refused, or refuse what it answered."""
NONE = "none"
"""What a user states of a cluster that is to be judged as any Kafka."""
_LONGEST = 400
"""A longer pattern is not taken from a file that somebody wrote."""


class Provider(msgspec.Struct, frozen=True, kw_only=True):
    """Which provider runs a cluster: stated by the user, or recognised, and by what.

    `id` is that of a profile, or "none". No sentence in `because` holds anything of the cluster itself.
    """

    id: str
    stated: bool = False
    because: tuple[str, ...] = ()


class Sign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What speaks for a provider: a regular expression that is searched in an address, the cluster id or `key=value`."""

    kind: Literal["address", "cluster-id", "config"]
    pattern: str
    weight: int
    says: str

    def found_in(self, texts: Iterable[str]) -> bool:
        """True when one of the texts has it."""
        return any(re.search(self.pattern, each) for each in texts)


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request that is refused by design; with `tables`, only where it fills these.

    `how` this is known: documented by the provider, reported by users, or expected because the thing is not the user's.
    It counts only where the cluster does refuse it.
    """

    asked: str
    how: Literal["documented", "reported", "expected"]
    says: str
    tables: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The request, with what of it is meant."""
        return f"{self.asked} of {', '.join(each.replace('_', ' ') for each in self.tables)}" if self.tables else self.asked


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checks or families whose verdict means nothing there, and why."""

    of: tuple[str, ...]
    says: str


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who changes what these checks, families or causes ask for; `instead`: the usual remedy is out of the user's reach."""

    of: tuple[str, ...]
    says: str
    instead: bool = False


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of one provider. `rights` names the form in which rights are given there."""

    id: str
    name: str
    rights: Literal["acls", "iam", "strimzi", "confluent", "azure"]
    signs: tuple[Sign, ...]
    refused: tuple[Refusal, ...]
    not_applicable: tuple[Exclusion, ...]
    owners: tuple[Owner, ...]
    unlike: tuple[str, ...]
    sources: tuple[str, ...]

    def excludes(self, check: str) -> str:
        """Why a verdict of this check means nothing there; empty where it means something."""
        return next((each.says for each in self.not_applicable if named(check, each.of)), "")

    def owner_of(self, about: str) -> Owner | None:
        """Who changes what this check or cause asks for, where it is told."""
        exact = next((each for each in self.owners if about in each.of), None)
        return exact or next((each for each in self.owners if named(about, each.of)), None)


class ProviderData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file.

    `sets` are names for several checks, which lists write as `@name`; `enough` is the weight of signs from which on a
    provider counts as recognised.
    """

    schema: str
    as_of: date
    enough: int
    sets: Mapping[str, tuple[str, ...]]
    profiles: tuple[Profile, ...]

    def age_days(self, at_ms: int) -> int:
        """How many whole days old the data is at that time; 0 where its date lies ahead of it."""
        return age_days(self.as_of, at_ms)

    def profile(self, provider: str) -> Profile | None:
        """The profile of this id, if there is one."""
        return next((each for each in self.profiles if each.id == provider), None)

    def stated(self, provider: str, said: str) -> Provider:
        """What a user states, as `said` names the place. Raises BadInput for a provider without a profile."""
        if provider != NONE and self.profile(provider) is None:
            known = ", ".join((*(each.id for each in self.profiles), NONE))
            raise BadInput(f"{said} names the provider {provider[:40]!r}; there are: {known}")
        return Provider(id=provider, stated=True)


def named(check: str, names: Iterable[str]) -> bool:
    """True when a list of checks and families names this check.

    >>> named("storage.log_dir_offline", ("storage",)), named("storage.log_dir_offline", ("stor",))
    (True, False)
    """
    return any(each in (check, check.partition(".")[0]) for each in names)


def parse(data: bytes, name: str) -> ProviderData:
    """The profiles in the bytes of a file called `name`. Raises BadInput, in one sentence, for anything else."""
    try:
        found = _spread(msgspec.json.decode(data, type=ProviderData))
    except msgspec.DecodeError as error:
        told = str(error).partition("\n")[0]
        raise BadInput(f"{name} holds no provider profiles: {told}; take the file of a newer Kastellan or correct it") from None
    problem = _problem(found)
    if problem:
        raise BadInput(f"{name} holds no provider profiles: {problem}; take the file of a newer Kastellan or correct it")
    return found


def _spread(data: ProviderData) -> ProviderData:
    """The same with the members of sets in place of their names; a name that is no set stays, and is a problem."""

    def members(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one for each in names for one in (data.sets.get(each[1:], (each,)) if each.startswith("@") else (each,)))

    return msgspec.structs.replace(
        data,
        profiles=tuple(
            msgspec.structs.replace(
                each,
                not_applicable=tuple(msgspec.structs.replace(one, of=members(one.of)) for one in each.not_applicable),
                owners=tuple(msgspec.structs.replace(one, of=members(one.of)) for one in each.owners),
            )
            for each in data.profiles
        ),
    )


def _problem(data: ProviderData) -> str:
    """What is wrong with values that have the right types; empty when nothing is."""
    if data.schema != SCHEMA:
        return f"its schema is {data.schema[:40]!r} and not {SCHEMA!r}"
    ids = [each.id for each in data.profiles]
    twice = next((each for each in ids if ids.count(each) > 1 or each == NONE), None)
    if twice is not None:
        return f"the provider {twice[:40]!r} stands there twice, or is called {NONE!r}"
    return next(filter(None, (_problem_of(each, data.enough) for each in data.profiles)), "")


def _problem_of(profile: Profile, enough: int) -> str:
    if not profile.sources:
        return f"{profile.id} names no source"
    if not profile.signs or not 1 <= enough <= sum(each.weight for each in profile.signs):
        return f"the signs of {profile.id} can never be enough to recognise it"
    for sign in profile.signs:
        if not _sound(sign.pattern) or sign.weight < 1:
            return f"{profile.id} has a sign that is no regular expression, or without weight: {sign.pattern[:60]!r}"
    unsourced = next((each.asked for each in profile.refused if each.how != "expected" and not each.sources), None)
    if unsourced:
        return f"{profile.id} names no source for its refusal of {unsourced}"
    strange = next((one for each in (*profile.not_applicable, *profile.owners) for one in each.of if one.startswith("@")), None)
    return f"{profile.id} names {strange!r}, which is no set" if strange else ""


def _sound(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return 0 < len(pattern) <= _LONGEST
