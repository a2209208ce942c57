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
    """Evidence for a provider: a regular expression that is searched in an address, the cluster id or `key=value`."""

    kind: Literal["address", "cluster-id", "config"]
    pattern: str
    weight: int
    says: str

    def found_in(self, texts: Iterable[str]) -> bool:
        """Whether the pattern matches within one of the texts."""
        return any(re.search(self.pattern, text) for text in texts)


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request that is refused by design; with `tables`, only where it fills these.

    `how` this is known: documented by the provider, reported by users, or expected because the thing is not the user's.
    It counts only where the cluster does refuse it. Profiles name the request in the key `asked`.
    """

    request: str = msgspec.field(name="asked")
    how: Literal["documented", "reported", "expected"]
    says: str
    tables: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The request, with the tables that are meant."""
        return f"{self.request} of {', '.join(table.replace('_', ' ') for table in self.tables)}" if self.tables else self.request


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Checks or families that are not applicable at this provider, and why."""

    of: tuple[str, ...]
    says: str


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who changes what these checks, families or causes ask for; `instead`: the usual remedy is out of the user's reach."""

    of: tuple[str, ...]
    says: str
    instead: bool = False


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The profile of one provider. `rights` names the form in which rights are given there."""

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
        """Why this check is not applicable at this provider; empty where it applies."""
        return next((exclusion.says for exclusion in self.not_applicable if covers(check, exclusion.of)), "")

    def owner_of(self, about: str) -> Owner | None:
        """Who owns the setting that this check or cause asks to change, or None."""
        exact = next((owner for owner in self.owners if about in owner.of), None)
        return exact or next((owner for owner in self.owners if covers(about, owner.of)), None)


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
        """The age of the data in whole days; 0 when its date lies in the future."""
        return age_days(self.as_of, at_ms)

    def profile(self, provider: str) -> Profile | None:
        """The profile of this id, if there is one."""
        return next((profile for profile in self.profiles if profile.id == provider), None)

    def confirm(self, provider: str, place: str) -> Provider:
        """The provider that a user states in this `place`. Raises BadInput for a provider without a profile."""
        if provider != NONE and self.profile(provider) is None:
            ids = ", ".join((*(profile.id for profile in self.profiles), NONE))
            raise BadInput(f"{place} names the provider {provider[:40]!r}; there are: {ids}")
        return Provider(id=provider, stated=True)


def covers(check: str, names: Iterable[str]) -> bool:
    """True when a list of checks and families names this check.

    >>> covers("storage.log_dir_offline", ("storage",)), covers("storage.log_dir_offline", ("stor",))
    (True, False)
    """
    return any(name in (check, check.partition(".")[0]) for name in names)


def parse(data: bytes, name: str) -> ProviderData:
    """The profiles in the bytes of a file called `name`. Raises BadInput in one sentence for invalid data."""
    try:
        profiles = _spread(msgspec.json.decode(data, type=ProviderData))
    except msgspec.DecodeError as error:
        reason = str(error).partition("\n")[0]
        raise BadInput(f"{name} holds no provider profiles: {reason}; take the file of a newer Kastellan or correct it") from None
    problem = _problem(profiles)
    if problem:
        raise BadInput(f"{name} holds no provider profiles: {problem}; take the file of a newer Kastellan or correct it")
    return profiles


def _spread(data: ProviderData) -> ProviderData:
    """The same data with each `@name` replaced by the members of that set; an unknown name stays and is reported later."""

    def members(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            member for name in names for member in (data.sets.get(name[1:], (name,)) if name.startswith("@") else (name,))
        )

    return msgspec.structs.replace(
        data,
        profiles=tuple(
            msgspec.structs.replace(
                profile,
                not_applicable=tuple(
                    msgspec.structs.replace(exclusion, of=members(exclusion.of)) for exclusion in profile.not_applicable
                ),
                owners=tuple(msgspec.structs.replace(owner, of=members(owner.of)) for owner in profile.owners),
            )
            for profile in data.profiles
        ),
    )


def _problem(data: ProviderData) -> str:
    """The first invalid value, as part of a sentence; empty when all values are valid."""
    if data.schema != SCHEMA:
        return f"its schema is {data.schema[:40]!r} and not {SCHEMA!r}"
    ids = [profile.id for profile in data.profiles]
    twice = next((name for name in ids if ids.count(name) > 1 or name == NONE), None)
    if twice is not None:
        return f"the provider {twice[:40]!r} stands there twice, or is called {NONE!r}"
    return next(filter(None, (_problem_of(profile, data.enough) for profile in data.profiles)), "")


def _problem_of(profile: Profile, enough: int) -> str:
    if not profile.sources:
        return f"{profile.id} names no source"
    if not profile.signs or not 1 <= enough <= sum(sign.weight for sign in profile.signs):
        return f"the signs of {profile.id} can never be enough to recognise it"
    for sign in profile.signs:
        if not _sound(sign.pattern) or sign.weight < 1:
            return f"{profile.id} has a sign that is no regular expression, or without weight: {sign.pattern[:60]!r}"
    unsourced = next((refusal.request for refusal in profile.refused if refusal.how != "expected" and not refusal.sources), None)
    if unsourced:
        return f"{profile.id} names no source for its refusal of {unsourced}"
    strange = next(
        (name for entry in (*profile.not_applicable, *profile.owners) for name in entry.of if name.startswith("@")), None
    )
    return f"{profile.id} names {strange!r}, which is no set" if strange else ""


def _sound(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return 0 < len(pattern) <= _LONGEST
