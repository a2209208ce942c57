"""Asking the controllers themselves, where their addresses were given: it works while no broker can reach them."""

from __future__ import annotations

from typing import Any

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import CONTROLLER, Peer
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.requester import Got
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.reply import decode_reply
from kastellan.wire.kafka.requests import RequestSpec

_SHARE = 0.4


async def quorum(look: CollectSession, controllers: Cluster) -> Got | None:
    """What the active controller says of the quorum; None when the controllers told nothing, which is in the answer log."""
    deadline = look.part_of_time(_SHARE)
    found = await controllers.bootstrap(deadline)
    if found.value is None:
        look.answers.enter(found, api_name(Api.DESCRIBE_CLUSTER), Peer("controllers"))
        return None
    roster = found.value
    active = next((each for each in roster.nodes if each.node_id == roster.controller_id), roster.told_by)
    return await _asked(look, controllers, active, deadline)


async def _asked(look: CollectSession, controllers: Cluster, active: Any, deadline: Deadline) -> Got | None:  # noqa: ANN401
    outcome = await controllers.ask(active, RequestSpec(Api.DESCRIBE_QUORUM, requests.describe_quorum), deadline)
    answer = look.answers.enter(
        outcome, api_name(Api.DESCRIBE_QUORUM), Peer(CONTROLLER, active.address if active.node_id is None else active.node_id)
    )
    if outcome.value is None:
        return None
    try:
        entity = decode_reply(outcome.value)
    except Garbled as error:
        look.answers.enter_part(answer, State.FAILED, error.message, Trouble.GARBLED)
        return None
    codes = {int(entity.error_code), *(int(part.error_code) for topic in entity.topics for part in topic.partitions)}
    if codes != {0}:
        look.answers.enter_refusal(answer, max(codes))
        return None
    return Got(entity, answer)
