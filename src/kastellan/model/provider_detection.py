"""Recognise the provider of a cluster by evidence in its looks; never guess silently.

Evidence counts in an order: the addresses that the user gave and the cluster id, which every look has; then the
advertised addresses; then what the brokers' settings say. The latter two count only where the address of every broker was seen:
so that a look which sees less recognises the same provider or none, and never another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import polars as pl

from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.reference.providers import NONE, Profile, Provider, ProviderData

_ASKED = 3
"""Whose settings are read: who runs one broker of a cluster runs them all, and one of these may not have told."""


class Recognised(NamedTuple):
    """The provider with its profile, or None.

    `profile` is None too for a provider that the data does not hold. `contested` names those for which the evidence
    speaks alike, where it contradicts itself.
    """

    provider: Provider | None
    profile: Profile | None = None
    contested: tuple[str, ...] = ()


def provider_of(snapshot: Snapshot, data: ProviderData, stated: Provider | None = None) -> Recognised:
    """Who runs the cluster: what the user states counts first, then what the snapshot carries, then the evidence."""
    carried = stated or snapshot.provider
    if carried is not None:
        return Recognised(carried, data.profile(carried.id))
    for look in (snapshot, *snapshot.earlier):
        found = _recognised(look, data)
        if found.provider is not None or found.contested:
            return found
    return Recognised(None)


def identified(snapshot: Snapshot, data: ProviderData) -> Snapshot:
    """The snapshot that carries its provider where it is recognised: names may then be taken from it.

    What it carries is in the words of a profile of this data and of nobody else, for a file may say anything.
    """
    provider, profile, _ = provider_of(snapshot, data)
    if provider is None or (profile is None and provider.id != NONE):
        return msgspec.structs.replace(snapshot, provider=None)
    said = {each.says for each in profile.signs} if profile else set[str]()
    because = tuple(each for each in provider.because if each in said)
    return snapshot.of_provider(msgspec.structs.replace(provider, because=because))


def _recognised(look: Snapshot, data: ProviderData) -> Recognised:
    texts: list[tuple[str, list[str]]] = []
    for kind, found in _evidence(look):
        texts.append((kind, found))
        weighed = [(each, *_weighed(each, texts)) for each in data.profiles]
        enough = [(profile, because) for profile, weight, because in weighed if weight >= data.enough]
        if len(enough) == 1:
            profile, because = enough[0]
            return Recognised(Provider(id=profile.id, because=because), profile)
        if enough:
            return Recognised(None, None, tuple(profile.name for profile, _ in enough))
    return Recognised(None)


def _weighed(profile: Profile, texts: Iterable[tuple[str, list[str]]]) -> tuple[int, tuple[str, ...]]:
    """The weight of the signs that are there, each once, and what they say."""
    listed = list(texts)
    there = [sign for sign in profile.signs if any(sign.kind == kind and sign.found_in(found) for kind, found in listed)]
    return sum(each.weight for each in there), tuple(each.says for each in there)


def _evidence(look: Snapshot) -> Iterable[tuple[str, list[str]]]:
    """What may show the provider, by the kind of sign, in the order in which it counts."""
    bootstrap = (each.strip().rpartition(":")[0] or each.strip() for each in look.vantage.bootstrap.split(","))
    yield "address", [each.lower() for each in bootstrap if each]
    yield "cluster-id", [look.cluster_id] if look.cluster_id else []
    brokers = look.table(Brokers)
    if brokers is None or brokers.unseen or any(each.host is None for each in brokers.rows):
        return
    yield "address", [each.host.lower() for each in brokers.rows if each.host]
    configs = look.table(BrokerConfigs)
    if configs is not None:
        few = [each.broker for each in brokers.rows[:_ASKED]]
        told = configs.df.filter(pl.col("broker").is_in(few) & pl.col("value").is_not_null())
        yield "config", list({f"{config}={value}" for config, value in told.select("config", "value").iter_rows()})
