"""Brokers: those that are registered, those that only replicas name, and how each was met from here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.sources.kafka.cluster_members import Members, broker_id
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow, Stage
from kastellan.sources.kafka.collectors.handshakes import EveryBrokerMet
from kastellan.sources.kafka.requester import Contact
from kastellan.sources.kafka.topology import TopicMetadata

COLLECTOR = Collector(fills=(Brokers,), needs=(EveryBrokerMet,), uses=(TopicMetadata,), stage=Stage.LAST)


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """One row per broker; last, because every other collector meets brokers."""
    members, contacts = session.members, session.requester.contacts
    registered = {broker_id(node): node for node in members.registered or ()}
    named = {*session.nodes, *session.dead_brokers(await flow.find(TopicMetadata))}
    numbers = sorted(registered.keys() | named)
    return (Brokers([_broker(number, registered.get(number), members, contacts.get(number)) for number in numbers]),)


def _broker(number: int, node: Any | None, members: Members, contact: Contact | None) -> Broker:  # noqa: ANN401
    fenced = (bool(node.is_fenced) if node is not None else None) if members.tells_fenced else None
    row = Broker(
        broker=number,
        host=str(node.host) if node is not None else None,
        port=int(node.port) if node is not None else None,
        rack=(node.rack or "") if node is not None else None,
        registered=node is not None if members.tells_fenced or node is not None else None,
        listed=None if members.registered is None else node is not None and not fenced,
        fenced=fenced,
        answer=members.answer,
    )
    if contact is None:
        return row
    return msgspec.structs.replace(
        row,
        reached=contact.reached,
        trouble=contact.trouble,
        reason=contact.reason,
        answer_ms=contact.answer_ms,
        answer=members.answer if contact.reached else contact.answer,
    )
