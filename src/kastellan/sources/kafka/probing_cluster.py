"""Beyond the login: who the cluster consists of, whether each advertised address works, rights, and the clock."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled
from kastellan.kernel.fan_out import fan_out
from kastellan.kernel.outcome import Outcome
from kastellan.kernel.units import duration_text, plural
from kastellan.model.probe import Layer, Sign, Step
from kastellan.sources.kafka.client_messages import Failure, sentences
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.client import Cluster
from kastellan.wire.kafka.endpoint import Endpoint
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
    outcome = await cluster.bootstrap(_part(deadline))
    if outcome.value is None:
        return [Step(layer=Layer.CLUSTER, of=through.address, sign=Sign.FAILED, observation=outcome.reason, fix=outcome.remedy)]
    members = outcome.value
    named = f"cluster {members.cluster_id}, {plural(len(members.nodes), 'broker')}"
    took = (outcome.arrived_ms or outcome.sent_ms) - outcome.sent_ms
    steps = [Step(layer=Layer.CLUSTER, of=through.address, sign=Sign.OK, observation=named, took_ms=took)]
    steps += await _dial_advertised(cluster, members, through, deadline)
    steps.append(await _rights(cluster, through, deadline))
    steps.append(await _clock(cluster, through, deadline))
    return steps


async def _dial_advertised(cluster: Cluster, members: ClusterMembers, through: Endpoint, deadline: Deadline) -> list[Step]:
    """Dial every advertised address from here; those that work are one step."""
    live = {node.node_id: node for node in members.nodes if node.node_id is not None and node.node_id not in members.fenced}
    outcomes = await fan_out(tuple(live), cluster.handshake, _part(deadline))
    foreign = await _foreign_loopback(cluster, members, through, [live[node] for node in live if outcomes[node].ok], deadline)
    good = [node for node_id, node in live.items() if outcomes[node_id].ok and node not in foreign]
    steps: list[Step] = []
    if good:
        text = f"reached from here, {len(good)} of {len(live)}: {', '.join(node.address for node in good)}"
        steps.append(Step(layer=Layer.ADVERTISED, of=plural(len(good), "broker"), sign=Sign.OK, observation=text))
    for node_id, node in live.items():
        own_machine = is_loopback(node.host) and not is_loopback(through.host)
        if node in foreign:
            steps.append(_loopback_step(node, Sign.FAILED, f", and from here it is {foreign[node]}"))
        elif own_machine and outcomes[node_id].ok:
            steps.append(_loopback_step(node, Sign.WARNING, "; the broker was reached so from here"))
        elif own_machine:
            steps.append(_loopback_step(node, Sign.FAILED, f": {outcomes[node_id].reason}"))
        elif not outcomes[node_id].ok:
            steps.append(_unreached_step(node, outcomes[node_id]))
    fenced = len(members.nodes) - len(live)
    if fenced:
        text = f"{plural(fenced, 'broker')} fenced by the controller, so not tried"
        steps.append(Step(layer=Layer.ADVERTISED, of=plural(fenced, "broker"), sign=Sign.SKIPPED, observation=text))
    hidden = steps[_MOST_TOLD:]
    if hidden:
        worst = Sign.FAILED if any(step.sign is Sign.FAILED for step in hidden) else Sign.WARNING
        more = Step(
            layer=Layer.ADVERTISED, of=plural(len(hidden), "broker"), sign=worst, observation="the same, of further brokers"
        )
        steps[_MOST_TOLD:] = [more]
    return steps


async def _foreign_loopback(
    cluster: Cluster, members: ClusterMembers, through: Endpoint, reached: Sequence[Endpoint], deadline: Deadline
) -> dict[Endpoint, str]:
    """Which loopback addresses answer from here for another cluster, and what they are."""
    if is_loopback(through.host) or not members.cluster_id:
        return {}
    own = tuple(node for node in reached if is_loopback(node.host))
    outcomes = await fan_out(own, cluster.members, _part(deadline))
    return {
        node: f"a broker of another cluster ({outcome.value.cluster_id})"
        for node, outcome in outcomes.items()
        if outcome.value is not None and outcome.value.cluster_id != members.cluster_id
    }


def _unreached_step(node: Endpoint, outcome: Outcome[Reply]) -> Step:
    remedy = (
        outcome.remedy
        or "advertise an address that clients can reach (advertised.listeners of this broker), or map it from here: "
        f"--resolve {node.address}=HOST:PORT"
    )
    return Step(
        layer=Layer.ADVERTISED,
        of=node.label,
        sign=Sign.FAILED,
        observation=outcome.reason,
        fix=remedy,
        clients=sentences(Failure.ADVERTISED),
    )


def _loopback_step(node: Endpoint, sign: Sign, more: str) -> Step:
    """A loopback address means the machine of whoever reads it: right for clients on the broker's machine alone."""
    return Step(
        layer=Layer.ADVERTISED,
        of=node.label,
        sign=sign,
        observation=f"it advertises {node.address}, which means every client's own machine{more}",
        fix="set advertised.listeners of this broker to an address that its clients can reach",
        clients=sentences(Failure.ADVERTISED) if sign is Sign.FAILED else {},
    )


async def _rights(cluster: Cluster, through: Endpoint, deadline: Deadline) -> Step:
    wanted = RequestSpec(Api.DESCRIBE_CLUSTER, lambda version: describe_cluster(version, authorized_operations=True))
    answer = _decode(await cluster.ask(None, wanted, _part(deadline)))
    bits = getattr(answer, "cluster_authorized_operations", None)
    if bits is None or bits < 0:
        text = "this cluster does not tell what this principal may do"
        return Step(
            layer=Layer.RIGHTS, of=through.address, sign=Sign.UNKNOWN, observation=text, fix="kastellan preflight tries it"
        )
    lacking = [name for bit, name in ((_DESCRIBE, "Describe"), (_DESCRIBE_CONFIGS, "DescribeConfigs")) if not bits >> bit & 1]
    if lacking:
        text = f"without the right to {' and '.join(lacking)} on the cluster parts of it stay unseen"
        fix = "kastellan preflight prints what is missing as kafka-acls lines"
        return Step(layer=Layer.RIGHTS, of=through.address, sign=Sign.WARNING, observation=text, fix=fix)
    text = "the cluster and its configuration may be described; kastellan preflight looks at the rest"
    return Step(layer=Layer.RIGHTS, of=through.address, sign=Sign.OK, observation=text)


async def _clock(cluster: Cluster, through: Endpoint, deadline: Deadline) -> Step:
    """The active controller's clock against ours: it stamps its own row of DescribeQuorum when it answers (KIP-836)."""
    outcome = await cluster.ask(None, RequestSpec(Api.DESCRIBE_QUORUM, describe_quorum), _part(deadline))
    there_ms = _leaders_time_ms(_decode(outcome))
    if there_ms is None or outcome.arrived_ms is None:
        text = outcome.reason or "no controller told its time: this cluster has no metadata quorum, or it may not be described"
        return Step(layer=Layer.CLOCK, of=through.address, sign=Sign.UNKNOWN, observation=text)
    half_ms = (outcome.arrived_ms - outcome.sent_ms) / 2
    skew_ms = there_ms - (outcome.sent_ms + half_ms)
    way = "ahead of" if skew_ms > 0 else "behind"
    text = f"the active controller's clock is {duration_text(abs(skew_ms))} {way} ours, give or take {duration_text(half_ms + 1)}"
    if abs(skew_ms) - half_ms <= _SKEW_MS:
        return Step(layer=Layer.CLOCK, of=through.address, sign=Sign.OK, observation=text)
    fix = "set the clocks by NTP, here and there: tokens and certificates are judged by them"
    return Step(layer=Layer.CLOCK, of=through.address, sign=Sign.WARNING, observation=text, fix=fix)


def _leaders_time_ms(answer: Any | None) -> int | None:  # noqa: ANN401
    part = next((part for topic in getattr(answer, "topics", ()) for part in topic.partitions), None)
    if part is None or part.error_code:
        return None
    for voter in part.current_voters:
        if voter.replica_id == part.leader_id:
            at = getattr(voter, "last_fetch_timestamp", None)
            return at if at is not None and at > 0 else None
    return None


def _decode(outcome: Outcome[Reply]) -> Any | None:  # noqa: ANN401
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
