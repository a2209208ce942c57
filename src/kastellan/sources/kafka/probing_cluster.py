"""Beyond the login: who the cluster consists of, whether each advertised address works, rights, and the clock."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.outcome import Outcome
from kastellan.kernel.units import duration_text, plural
from kastellan.model.probe import Layer, Sign, Step
from kastellan.sources.kafka.client_messages import Failure, sentences
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.fan_out import fan_out
from kastellan.wire.kafka.members import ClusterMembers
from kastellan.wire.kafka.reply import Reply, decode_reply
from kastellan.wire.kafka.requests import RequestSpec, describe_cluster, describe_quorum

_SHARE: Final = 0.5
_MOST_TOLD: Final = 12
_DESCRIBE, _DESCRIBE_CONFIGS = 8, 10
_SKEW_MS: Final = 30_000
"""From here on tokens and certificates are judged wrongly, and timestamps mislead."""


async def cluster_steps(cluster: Cluster, through: Endpoint, deadline: Deadline) -> list[Step]:
    """All steps that need an open door."""
    roster = await cluster.bootstrap(_part(deadline))
    if roster.value is None:
        return [Step(layer=Layer.CLUSTER, of=through.address, sign=Sign.FAILED, seen=roster.reason, fix=roster.remedy)]
    found = roster.value
    named = f"cluster {found.cluster_id}, {plural(len(found.nodes), 'broker')}"
    took = (roster.arrived_ms or roster.sent_ms) - roster.sent_ms
    steps = [Step(layer=Layer.CLUSTER, of=through.address, sign=Sign.OK, seen=named, took_ms=took)]
    steps += await _advertised(cluster, found, through, deadline)
    steps.append(await _rights(cluster, through, deadline))
    steps.append(await _clock(cluster, through, deadline))
    return steps


async def _advertised(cluster: Cluster, roster: ClusterMembers, through: Endpoint, deadline: Deadline) -> list[Step]:
    """Every advertised address is dialled from here; those that work are told in one step."""
    live = [each for each in roster.nodes if each.node_id is not None and each.node_id not in roster.fenced]
    ids = tuple(each.node_id for each in live if each.node_id is not None)
    told = await fan_out(ids, cluster.handshake, _part(deadline))
    steps = [_unreached(each, told[each.node_id]) for each in live if each.node_id in told and told[each.node_id].value is None]
    good = [told[each] for each in ids if told[each].value is not None]
    if good:
        addresses = ", ".join(each.address for each in live if each.node_id in told and told[each.node_id].value is not None)
        seen = f"reached from here, {len(good)} of {len(live)}: {addresses}"
        steps.insert(0, Step(layer=Layer.ADVERTISED, of=plural(len(good), "broker"), sign=Sign.OK, seen=seen))
    if not is_loopback(through.host):
        steps += [_misleading(each) for each in live if is_loopback(each.host)]
    fenced = len(roster.nodes) - len(live)
    if fenced:
        seen = f"{plural(fenced, 'broker')} fenced by the controller, so not tried"
        steps.append(Step(layer=Layer.ADVERTISED, of=plural(fenced, "broker"), sign=Sign.SKIPPED, seen=seen))
    more = len(steps) - _MOST_TOLD
    if more > 0:
        steps[_MOST_TOLD:] = [
            Step(layer=Layer.ADVERTISED, of=plural(more, "broker"), sign=Sign.FAILED, seen="the same, of further brokers")
        ]
    return steps


def _unreached(node: Endpoint, outcome: Outcome[Reply]) -> Step:
    remedy = (
        outcome.remedy
        or "advertise an address that clients can reach (advertised.listeners of this broker), or map it from here: "
        f"--resolve {node.address}=HOST:PORT"
    )
    return Step(
        layer=Layer.ADVERTISED,
        of=node.label,
        sign=Sign.FAILED,
        seen=outcome.reason,
        fix=remedy,
        clients=sentences(Failure.ADVERTISED),
    )


def _misleading(node: Endpoint) -> Step:
    return Step(
        layer=Layer.ADVERTISED,
        of=node.label,
        sign=Sign.FAILED,
        seen=f"it advertises {node.address}, which means every client's own machine",
        fix="set advertised.listeners of this broker to an address that its clients can reach",
        clients=sentences(Failure.ADVERTISED),
    )


async def _rights(cluster: Cluster, through: Endpoint, deadline: Deadline) -> Step:
    wanted = RequestSpec(Api.DESCRIBE_CLUSTER, lambda version: describe_cluster(version, authorized_operations=True))
    answer = _decoded(await cluster.ask(None, wanted, _part(deadline)))
    bits = getattr(answer, "cluster_authorized_operations", None)
    if bits is None or bits < 0:
        seen = "this cluster does not tell what this principal may do"
        return Step(layer=Layer.RIGHTS, of=through.address, sign=Sign.UNKNOWN, seen=seen, fix="kastellan preflight tries it")
    lacking = [name for bit, name in ((_DESCRIBE, "Describe"), (_DESCRIBE_CONFIGS, "DescribeConfigs")) if not bits >> bit & 1]
    if lacking:
        seen = f"without the right to {' and '.join(lacking)} on the cluster parts of it stay unseen"
        fix = "kastellan preflight prints what is missing as kafka-acls lines"
        return Step(layer=Layer.RIGHTS, of=through.address, sign=Sign.WARNING, seen=seen, fix=fix)
    seen = "the cluster and its configuration may be described; kastellan preflight looks at the rest"
    return Step(layer=Layer.RIGHTS, of=through.address, sign=Sign.OK, seen=seen)


async def _clock(cluster: Cluster, through: Endpoint, deadline: Deadline) -> Step:
    """The active controller's clock against ours: it stamps its own row of DescribeQuorum when it answers (KIP-836)."""
    outcome = await cluster.ask(None, RequestSpec(Api.DESCRIBE_QUORUM, describe_quorum), _part(deadline))
    there_ms = _leaders_time_ms(_decoded(outcome))
    if there_ms is None or outcome.arrived_ms is None:
        seen = outcome.reason or "no controller told its time: this cluster has no metadata quorum, or it may not be described"
        return Step(layer=Layer.CLOCK, of=through.address, sign=Sign.UNKNOWN, seen=seen)
    half_ms = (outcome.arrived_ms - outcome.sent_ms) / 2
    skew_ms = there_ms - (outcome.sent_ms + half_ms)
    way = "ahead of" if skew_ms > 0 else "behind"
    seen = f"the active controller's clock is {duration_text(abs(skew_ms))} {way} ours, give or take {duration_text(half_ms + 1)}"
    if abs(skew_ms) - half_ms <= _SKEW_MS:
        return Step(layer=Layer.CLOCK, of=through.address, sign=Sign.OK, seen=seen)
    fix = "set the clocks by NTP, here and there: tokens and certificates are judged by them"
    return Step(layer=Layer.CLOCK, of=through.address, sign=Sign.WARNING, seen=seen, fix=fix)


def _leaders_time_ms(answer: Any | None) -> int | None:  # noqa: ANN401
    part = next((part for topic in getattr(answer, "topics", ()) for part in topic.partitions), None)
    if part is None or part.error_code:
        return None
    for each in part.current_voters:
        if each.replica_id == part.leader_id:
            at = getattr(each, "last_fetch_timestamp", None)
            return at if at is not None and at > 0 else None
    return None


def _decoded(outcome: Outcome[Reply]) -> Any | None:  # noqa: ANN401
    if outcome.value is None:
        return None
    try:
        answer = decode_reply(outcome.value)
    except Garbled:
        return None
    return None if getattr(answer, "error_code", 0) else answer


def is_loopback(host: str) -> bool:
    """The host means this machine, wherever it is read.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("kafka-1")
    (True, True, True, False)
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _part(deadline: Deadline) -> Deadline:
    return deadline.within(deadline.remaining_s() * _SHARE)
