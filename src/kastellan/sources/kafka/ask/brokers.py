"""Who is there: the registry, every broker's handshake, and the quorum."""

from __future__ import annotations

import asyncio
from typing import Final

from kastellan.sources.kafka.ask import controllers
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.fill import brokers as fill
from kastellan.sources.kafka.fill import certificates as fill_certificates
from kastellan.sources.kafka.fill import quorum as fill_quorum
from kastellan.sources.kafka.requester import Got
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.members import brokers_of
from kastellan.wire.kafka.requests import RequestSpec

_ASKED_OF_EACH: Final = (
    *("groups", "members", "assignments", "commits", "log_dirs", "replica_sizes"),
    *("topic_configs", "broker_configs", "transactions", "transaction_partitions"),
)
"""Tables for which every broker is asked something."""

_TELLS_FENCED: Final = 2
"""From this version of DescribeCluster on fenced brokers can be asked for."""


async def registry(look: CollectSession) -> fill.Registry:
    """The registered brokers, by DescribeCluster or, where nobody offers it, by Metadata."""
    wanted = RequestSpec(
        Api.DESCRIBE_CLUSTER,
        lambda version: requests.describe_cluster(version, fenced=version >= _TELLS_FENCED, authorized_operations=True),
    )
    got = await look.any(wanted)
    if got.value is None:
        got = await look.any(RequestSpec(Api.METADATA, lambda version: requests.metadata(version, ())))
    if got.value is None:
        return fill.Registry(None, got.answer, tells_fenced=False)
    look.cluster.learn(brokers_of(got.value))
    look.cluster_id = got.value.cluster_id
    look.rights = max(0, getattr(got.value, "cluster_authorized_operations", 0))
    look.memory.learn_rights(look.rights)
    nodes = tuple(got.value.brokers)
    return fill.Registry(nodes, got.answer, tells_fenced=any(hasattr(each, "is_fenced") for each in nodes))


async def handshakes(look: CollectSession) -> None:
    """Versions and features of every broker; also how every broker is met, whatever else is wanted of it."""
    try:
        if look.wants("features", "api_versions", "broker_features", "certificates", "brokers"):
            await _handshakes(look)
        elif look.wants("replicas"):
            await _features(look)
    finally:
        look.features_told.set()


async def _features(look: CollectSession) -> None:
    """The features as any broker tells them: by them it is known whether replicas may be eligible leaders out of sync."""
    for node in look.nodes:
        got = await look.asking.handshake(node, look.deadline)
        if got.value is not None:
            look.put(fill_quorum.features(got.value, got.answer))
            return


async def _handshakes(look: CollectSession) -> None:
    async def shake(node: int) -> Got:
        got = await look.asking.handshake(node, look.deadline)
        if got.value is not None and not look.features_told.is_set():
            look.put(fill_quorum.features(got.value, got.answer))
            look.features_told.set()
        return got

    fenced = asyncio.gather(*(_greet(look, node) for node in look.cluster.nodes if node not in look.nodes))
    told = dict(await look.each(shake))
    await fenced
    if told and not look.features_told.is_set():
        look.put(fill_quorum.features(None, next(iter(told.values())).answer))
    good = {node: (each.value, each.answer) for node, each in told.items()}
    missing = [(node, each.answer) for node, each in told.items() if each.value is None]
    look.put(fill_quorum.api_versions(good, missing), fill_quorum.broker_features(good, missing))
    if look.wants("certificates"):
        look.put(
            fill_certificates.certificates({node: (look.cluster.certificate(node), each.answer) for node, each in told.items()})
        )
    if look.wants("brokers") and not look.wants(*_ASKED_OF_EACH):
        await look.each(lambda node: _greet(look, node))


async def _greet(look: CollectSession, node: int) -> None:
    """Meet a broker of which nothing else is asked: one with an old connection only, or one that is fenced.

    A fenced broker is given a moment: refused and silent are different evidence of how it is away.
    """
    if node not in look.asking.met and look.wants("brokers"):
        await look.ask(node, RequestSpec(Api.API_VERSIONS, requests.api_versions), look.patience(node))


async def quorum(look: CollectSession) -> None:
    """The leadership and the nodes of the metadata quorum, from the controllers themselves where they can be asked."""
    if look.wants("quorum", "quorum_nodes"):
        got = await controllers.quorum(look, look.controllers) if look.controllers is not None else None
        got = got or await look.controller(RequestSpec(Api.DESCRIBE_QUORUM, requests.describe_quorum))
        silent_ms = look.asking.kept_waiting_ms(Api.DESCRIBE_QUORUM) if got.value is None else None
        look.put(*fill_quorum.quorum(got.value, got.answer, look.answers, silent_ms))
