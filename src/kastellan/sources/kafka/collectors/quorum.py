"""The leadership and the nodes of the metadata quorum, from the controllers themselves where their addresses were given.

That works while no broker can reach them; else brokers forward the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import CONTROLLER, Peer
from kastellan.model.table import Unseen
from kastellan.model.tables.quorum import Leadership, Quorum
from kastellan.model.tables.quorum_nodes import QuorumNode, QuorumNodes
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Response
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.reply import decode_reply
from kastellan.wire.kafka.requests import RequestSpec

COLLECTOR = Collector(fills=(Quorum, QuorumNodes))

_CONTROLLERS_SHARE: Final = 0.4
"""The part of the time that the controllers themselves may take, before brokers are asked."""
_DESCRIBE_QUORUM: Final = RequestSpec(Api.DESCRIBE_QUORUM, requests.describe_quorum)


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """Both tables."""
    response = await _ask_controllers(session, session.controllers) if session.controllers is not None else None
    response = response or await session.ask_controller(_DESCRIBE_QUORUM)
    silent_ms = session.requester.kept_waiting_ms(Api.DESCRIBE_QUORUM) if response.value is None else None
    return quorum(response.value, response.answer, session.answers, silent_ms)


async def _ask_controllers(session: CollectSession, controllers: Cluster) -> Response | None:
    """What the active controller says; None when the controllers told nothing, which is in the answer log."""
    deadline = session.share_of_time(_CONTROLLERS_SHARE)
    outcome = await controllers.bootstrap(deadline)
    if outcome.value is None:
        session.answers.enter(outcome, api_name(Api.DESCRIBE_CLUSTER), Peer("controllers"))
        return None
    members = outcome.value
    active = next((node for node in members.nodes if node.node_id == members.controller_id), members.told_by)
    return await _ask_active(session, controllers, active, deadline)


async def _ask_active(session: CollectSession, controllers: Cluster, active: Any, deadline: Deadline) -> Response | None:  # noqa: ANN401
    outcome = await controllers.ask(active, _DESCRIBE_QUORUM, deadline)
    peer = Peer(CONTROLLER, active.address if active.node_id is None else active.node_id)
    answer = session.answers.enter(outcome, api_name(Api.DESCRIBE_QUORUM), peer)
    if outcome.value is None:
        return None
    try:
        entity = decode_reply(outcome.value)
    except Garbled as error:
        session.answers.enter_part(answer, State.FAILED, error.message, Trouble.GARBLED)
        return None
    codes = {int(entity.error_code), *(int(part.error_code) for topic in entity.topics for part in topic.partitions)}
    if codes != {0}:
        session.answers.enter_refusal(answer, max(codes))
        return None
    return Response(entity, answer)


def quorum(
    entity: Any | None,  # noqa: ANN401
    answer: int,
    answers: KafkaAnswers,
    silent_ms: float | None = None,
) -> tuple[Quorum, QuorumNodes]:
    """Leadership and nodes; without an answer the leadership is a row of nulls and the nodes are unseen.

    `silent_ms` is how long the brokers waited for a controller in vain, where they did.
    """
    code = 0 if entity is None else entity.error_code
    part = None if entity is None or code else next((part for topic in entity.topics for part in topic.partitions), None)
    if part is not None and part.error_code:
        code, part = part.error_code, None
    if part is None:
        bad = answer if entity is None else answers.enter_refusal(answer, code)
        return Quorum([Leadership(silent_ms=silent_ms, answer=bad)]), QuorumNodes((), (Unseen(bad, "node"),))
    addresses = {node.node_id: node.listeners[0] for node in getattr(entity, "nodes", ()) if node.listeners}
    rows = [
        _node(replica, addresses.get(replica.replica_id), answer, voter=voter)
        for replicas, voter in ((part.current_voters, True), (part.observers, False))
        for replica in replicas
    ]
    lead = Leadership(leader=part.leader_id, leader_epoch=part.leader_epoch, high_watermark=part.high_watermark, answer=answer)
    return Quorum([lead]), QuorumNodes(rows)


def _node(replica: Any, address: Any | None, answer: int, *, voter: bool) -> QuorumNode:  # noqa: ANN401
    directory = getattr(replica, "replica_directory_id", None)
    return QuorumNode(
        node=replica.replica_id,
        voter=voter,
        log_end_offset=replica.log_end_offset if replica.log_end_offset >= 0 else None,
        last_fetch_ms=getattr(replica, "last_fetch_timestamp", None),
        last_caught_up_ms=getattr(replica, "last_caught_up_timestamp", None),
        directory_id=directory.hex if directory else None,
        host=str(address.host) if address else None,
        port=int(address.port) if address else None,
        answer=answer,
    )
