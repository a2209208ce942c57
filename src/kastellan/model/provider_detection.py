"""Recognise the provider of a cluster by evidence in its snapshots; never guess silently.

Evidence counts in an order: the addresses that the user gave and the cluster id, which every look has; then the
advertised addresses; then what the brokers' settings say. The latter two count only where the address of every broker was seen:
so that a snapshot which sees less recognises the same provider or none, and never another one.
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

_BROKERS_READ = 3
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
        recognised = _recognise(look, data)
        if recognised.provider is not None or recognised.contested:
            return recognised
    return Recognised(None)


def settle_provider(snapshot: Snapshot, data: ProviderData) -> Snapshot:
    """The snapshot with its provider set where it is recognised, so that names can be redacted afterwards.

    Its reasons are sentences of a profile of this data; others are dropped, because a snapshot file may hold any text.
    """
    provider, profile, _ = provider_of(snapshot, data)
    if provider is None or (profile is None and provider.id != NONE):
        return msgspec.structs.replace(snapshot, provider=None)
    sentences = {sign.says for sign in profile.signs} if profile else set[str]()
    because = tuple(sentence for sentence in provider.because if sentence in sentences)
    return snapshot.of_provider(msgspec.structs.replace(provider, because=because))


def _recognise(look: Snapshot, data: ProviderData) -> Recognised:
    texts: list[tuple[str, list[str]]] = []
    for kind, evidence in _evidence(look):
        texts.append((kind, evidence))
        weighed = [(profile, *_weigh(profile, texts)) for profile in data.profiles]
        enough = [(profile, because) for profile, weight, because in weighed if weight >= data.enough]
        if len(enough) == 1:
            profile, because = enough[0]
            return Recognised(Provider(id=profile.id, because=because), profile)
        if enough:
            return Recognised(None, None, tuple(profile.name for profile, _ in enough))
    return Recognised(None)


def _weigh(profile: Profile, texts: Iterable[tuple[str, list[str]]]) -> tuple[int, tuple[str, ...]]:
    """The summed weight of the signs that the evidence shows, and their sentences."""
    listed = list(texts)
    there = [sign for sign in profile.signs if any(sign.kind == kind and sign.found_in(evidence) for kind, evidence in listed)]
    return sum(sign.weight for sign in there), tuple(sign.says for sign in there)


def _evidence(look: Snapshot) -> Iterable[tuple[str, list[str]]]:
    """The texts that may show the provider, by kind of sign, in the order in which they count."""
    bootstrap = (address.strip().rpartition(":")[0] or address.strip() for address in look.vantage.bootstrap.split(","))
    yield "address", [address.lower() for address in bootstrap if address]
    yield "cluster-id", [look.cluster_id] if look.cluster_id else []
    brokers = look.table(Brokers)
    if brokers is None or brokers.unseen or any(broker.host is None for broker in brokers.rows):
        return
    yield "address", [broker.host.lower() for broker in brokers.rows if broker.host]
    configs = look.table(BrokerConfigs)
    if configs is not None:
        few = [broker.broker for broker in brokers.rows[:_BROKERS_READ]]
        settings = configs.df.filter(pl.col("broker").is_in(few) & pl.col("value").is_not_null())
        yield "config", list({f"{config}={value}" for config, value in settings.select("config", "value").iter_rows()})
