"""Versions, features and certificates of every broker, from the beginning of its connection; and how every broker is met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from kastellan.model.table import Table, Unseen
from kastellan.model.tables.api_versions import ApiVersions
from kastellan.model.tables.assignments import Assignments
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.broker_features import BrokerFeatures
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.certificates import Certificate, Certificates
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.features import Feature, Features
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.members import Members
from kastellan.model.tables.replica_sizes import ReplicaSizes
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.model.tables.transactions import Transactions
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.requester import Request, Response
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.tls.handshake_errors import certificate_facts


class EveryBrokerMet(msgspec.Struct, frozen=True):
    """Every broker was asked something, so that the requester knows how each of them is met."""


COLLECTOR = Collector(fills=(Features, ApiVersions, BrokerFeatures, Certificates), gives=(EveryBrokerMet,))

_ASK_EVERY_BROKER: Final[tuple[type[Table], ...]] = (
    *(Groups, Members, Assignments, Commits, LogDirs, ReplicaSizes),
    *(TopicConfigs, BrokerConfigs, Transactions, TransactionPartitions),
)
"""Tables for which every broker is asked something."""

_GREETING: Final = RequestSpec(Api.API_VERSIONS, requests.api_versions)

Handshakes: TypeAlias = Mapping[int, Response]
"""What each broker said at the beginning of its connection, by its id."""


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """All that handshakes tell; of what is needed only by replicas, the features as any broker tells them."""
    if not session.requests_any(Features, ApiVersions, BrokerFeatures, Certificates, Brokers):
        return await _ask_features(session)

    async def shake(node: int) -> Response | None:
        if node not in session.nodes:
            await _greet(session, [node])
            return None
        response = await session.requester.handshake(node, session.deadline)
        if response.value is not None:
            flow.publish(features(response.value, response.answer))
        return response

    nodes = session.cluster.nodes
    responses = await session.run_each(nodes, shake)
    shaken = {node: response for node, response in zip(nodes, responses, strict=True) if response is not None}
    if session.wants(Brokers) and not session.wants(*_ASK_EVERY_BROKER):
        await _greet(session, session.nodes)
    first = next((response.answer for response in shaken.values()), session.members.answer)
    certificates = certificates_of(session, shaken) if session.requests_any(Certificates) else Certificates.empty()
    # Where a broker told its features, they are published already.
    return features(None, first), api_versions(shaken), broker_features(shaken), certificates, EveryBrokerMet()


async def _ask_features(session: CollectSession) -> Iterable[object]:
    """The features tell whether replicas may be eligible leaders out of sync; any broker knows them."""
    rest = (ApiVersions.empty(), BrokerFeatures.empty(), Certificates.empty())
    answer = session.members.answer
    for node in session.nodes:
        response = await session.requester.handshake(node, session.deadline)
        answer = response.answer
        if response.value is not None:
            return features(response.value, answer), *rest
    return features(None, answer), *rest


async def _greet(session: CollectSession, nodes: Iterable[int]) -> None:
    """Ask brokers of which nothing else is asked: those with an old connection only, and those that are fenced.

    A fenced broker is given a moment: refused and silent are different evidence of how it is away.
    """
    if session.wants(Brokers):
        batch = [
            Request(node, _GREETING, deadline=session.patience(node)) for node in nodes if node not in session.requester.contacts
        ]
        await session.requester.ask_all(batch, session.deadline)


def features(entity: Any | None, answer: int) -> Features:  # noqa: ANN401
    """Finalized and supported levels as one broker tells them."""
    if entity is None:
        return Features((), (Unseen(answer, "feature"),))
    finalized = {feature.name: feature.max_version_level for feature in getattr(entity, "finalized_features", ())}
    supported = {feature.name: feature for feature in getattr(entity, "supported_features", ())}
    # A broker that knows which features are in force leaves out those that are not: their level is 0.
    off = 0 if getattr(entity, "finalized_features_epoch", -1) >= 0 else None
    return Features(
        Feature(
            feature=name,
            finalized_level=finalized.get(name, off),
            supported_min=supported[name].min_version if name in supported else None,
            supported_max=supported[name].max_version if name in supported else None,
            answer=answer,
        )
        for name in sorted(finalized.keys() | supported.keys())
    )


def api_versions(shaken: Handshakes) -> ApiVersions:
    """The versions of every broker; one that did not tell has a placeholder."""
    rows = [
        {
            "broker": broker,
            "api_key": api.api_key,
            "min_version": api.min_version,
            "max_version": api.max_version,
            "answer": response.answer,
        }
        for broker, response in shaken.items()
        if response.value is not None
        for api in response.value.api_keys
    ]
    rows += [{"broker": broker, "answer": response.answer} for broker, response in shaken.items() if response.value is None]
    return ApiVersions.of_rows(rows)


def broker_features(shaken: Handshakes) -> BrokerFeatures:
    """What every broker's software supports; one that did not tell, or tells no features, has a placeholder."""
    rows = [
        {
            "broker": broker,
            "feature": feature.name,
            "supported_min": feature.min_version,
            "supported_max": feature.max_version,
            "answer": response.answer,
        }
        for broker, response in shaken.items()
        if response.value is not None
        for feature in getattr(response.value, "supported_features", ())
    ]
    with_features = {row["broker"] for row in rows}
    rows += [{"broker": broker, "answer": response.answer} for broker, response in shaken.items() if broker not in with_features]
    return BrokerFeatures.of_rows(rows)


def certificates_of(session: CollectSession, shaken: Handshakes) -> Certificates:
    """What each broker presented in its TLS handshake."""
    return Certificates(
        _certificate(broker, session.cluster.certificate(broker), response.answer) for broker, response in sorted(shaken.items())
    )


def _certificate(broker: int, presented: tuple[str, bytes] | None, answer: int) -> Certificate:
    """The row of a broker from its address and certificate (DER, empty without TLS)."""
    if presented is None:
        return Certificate(broker=broker, answer=answer)
    address, der = presented
    certificate = certificate_facts(der) if der else None
    if certificate is None:
        return Certificate(broker=broker, address=address, tls=bool(der), answer=answer)
    return Certificate(
        broker=broker,
        address=address,
        tls=True,
        subject=certificate.subject,
        issuer=certificate.issuer,
        names=",".join(certificate.names),
        not_before_ms=int(certificate.not_before.timestamp() * 1000),
        not_after_ms=int(certificate.not_after.timestamp() * 1000),
        self_signed=certificate.subject == certificate.issuer,
        answer=answer,
    )
