"""A cluster as its client sees it: bootstrap, brokers and controllers, and asking each of them.

    async with Cluster(parse_endpoints("localhost:9092")) as cluster:
        deadline = Deadline.after(5)
        found = await cluster.bootstrap(deadline)              # Outcome[Roster]; first good address wins
        if found.value is None: raise Unreachable(found.reason)

        whole = await cluster.ask(None, Choose(Api.METADATA, metadata), deadline)         # any broker
        if whole.value is not None:
            answer = decode_reply(whole.value)                 # off the loop when it is large
            cluster.learn(brokers_of(answer))

        async def ends(node: int, deadline: Deadline) -> Outcome[Reply]:
            wanted = Choose(Api.LIST_OFFSETS, lambda version: list_offsets(version, led[node], LATEST))
            return await cluster.ask(node, wanted, deadline)
        outcomes = await fan_out(cluster.nodes, ends, deadline)   # {node: Outcome[Reply]}

        await cluster.ask(node, Choose(Api.DESCRIBE_LOG_DIRS, describe_log_dirs), deadline, channel="log dirs")
        # Hundreds of questions: `ask_each`, which spends no task on each.
        cluster.costs()                                        # what it cost the cluster

A cached `Packed` may be given instead of a `Choose`; when the broker does not speak its version the outcome says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Final, Self, cast

import msgspec

from kastellan.config.proxy import Proxy
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Defect
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.kernel.units import duration_text
from kastellan.wire.kafka.api import Api, api_name
from kastellan.wire.kafka.attempts import (
    FailedAttempt,
    combine,
    encode,
    may_try,
    refuse_repeated,
    suspect_missing_login,
    throttle_ms_of,
)
from kastellan.wire.kafka.connection import Frame, Limits
from kastellan.wire.kafka.connection_slot import ConnectionSlot
from kastellan.wire.kafka.costs import Costs, Meter
from kastellan.wire.kafka.dial import DialOptions
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.members import BY_METADATA, ClusterMembers, by_describe_cluster, members_from, too_old
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.permit import Permit, require_permit
from kastellan.wire.kafka.reply import Reply
from kastellan.wire.kafka.requests import RequestSpec
from kastellan.wire.kafka.security import Security
from kastellan.wire.kafka.trouble import Refusal, failed_outcome, now_ms
from kastellan.wire.kafka.versions import Ranges

MAIN: Final = "main"
Target = int | Endpoint | None
"""A broker's id, an exact address (a controller, a bootstrap address), or None for any broker."""


class Cluster:
    """A client of one cluster for one event loop; connections stay open between cycles, `close` ends them."""

    def __init__(
        self,
        bootstrap: Sequence[Endpoint],
        *,
        security: Security | None = None,
        resolve: Mapping[str, str] | None = None,
        permit: Permit | None = None,
        limits: Limits | None = None,
        proxy: Proxy | None = None,
        meter: Meter | None = None,
    ) -> None:
        if not bootstrap:
            msg = "a cluster needs at least one bootstrap address"
            raise Defect(msg)
        self._bootstrap = tuple(bootstrap)
        self._permit = permit
        self._options = DialOptions(
            security or Security.of(None), resolve or {}, limits or Limits(), permit, meter or Meter(), proxy
        )
        self._slots: dict[tuple[str, int, str], ConnectionSlot] = {}
        self._brokers: dict[int, Endpoint] = {}
        self._outcomes: dict[Endpoint, Outcome[ClusterMembers]] = {}
        self._tasks: set[asyncio.Task[Outcome[ClusterMembers]]] = set()
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; afterwards no task and no socket is left."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        slots, self._slots = list(self._slots.values()), {}
        await asyncio.gather(*(slot.close() for slot in slots))

    # Who there is.

    @property
    def nodes(self) -> tuple[int, ...]:
        """The ids of the brokers that were learnt, in order."""
        return tuple(sorted(self._brokers))

    def endpoint(self, node: int) -> Endpoint | None:
        """Where a broker says that it is reached; None for one that nobody named."""
        return self._brokers.get(node)

    def learn(self, brokers: Iterable[Endpoint]) -> None:
        """Take over the brokers of a newer answer; one that moved is dialled anew, one that is not named is kept."""
        for broker in brokers:
            if broker.node_id is not None:
                self._brokers[broker.node_id] = broker

    async def bootstrap(self, deadline: Deadline) -> Outcome[ClusterMembers]:
        """Ask every bootstrap address at once; the first good answer wins and its brokers are learnt.

        When none is good, the reason tells what each address said. `bootstrap_outcomes` keeps all of them.
        """
        sent_ms = now_ms()
        self._outcomes.clear()
        tasks = {asyncio.create_task(self.members(endpoint, deadline)): endpoint for endpoint in self._bootstrap}
        self._tasks.update(tasks)
        for task in tasks:
            task.add_done_callback(self._tasks.discard)
        waiting = set(tasks)
        while waiting:
            finished, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            # All that ended at once is kept, also beside the answer that wins.
            outcomes = {tasks[task]: task.result() for task in finished}
            self._outcomes.update(outcomes)
            for outcome in outcomes.values():
                if outcome.value is not None:
                    for late in waiting:
                        late.add_done_callback(lambda late_task: self._note(tasks[late_task], late_task))
                    if outcome.value.told_by.role != "controller":
                        self.learn(outcome.value.nodes)
                    return outcome
        return self._nobody(sent_ms)

    def _note(self, address: Endpoint, task: asyncio.Task[Outcome[ClusterMembers]]) -> None:
        if not task.cancelled() and task.exception() is None:
            self._outcomes[address] = task.result()

    def _nobody(self, sent_ms: int) -> Outcome[ClusterMembers]:
        """What each address said; what several say alike is said once, and last what only follows from another's word."""
        alike: dict[str, list[Endpoint]] = {}
        for address in self._bootstrap:
            alike.setdefault(self._outcomes[address].reason.removeprefix(address.label), []).append(address)
        groups = [(self._outcomes[addresses[0]], _and_others(addresses[1:])) for addresses in alike.values()]
        tried = [(outcome, others) for outcome, others in groups if not outcome.untried] or groups
        untried = [(outcome, others) for outcome, others in groups if outcome.untried and outcome is not tried[0][0]]
        reason = "; ".join(outcome.reason + others for outcome, others in tried)
        return Outcome(
            value=None,
            state=tried[0][0].state,
            sent_ms=sent_ms,
            trouble=tried[0][0].trouble,
            reason=reason + "".join(f", and {outcome.reason}{others}" for outcome, others in untried),
            remedy="; ".join(dict.fromkeys(outcome.remedy for outcome, _ in tried if outcome.remedy)),
        )

    @property
    def bootstrap_outcomes(self) -> Mapping[Endpoint, Outcome[ClusterMembers]]:
        """What each bootstrap address said so far; one that lost the race may be missing still."""
        return dict(self._outcomes)

    async def members(self, address: Endpoint, deadline: Deadline) -> Outcome[ClusterMembers]:
        """Who the cluster consists of, as the node at this address says; controllers list controllers."""
        controllers = address.role == "controller"
        members = members_from(await self.ask(address, by_describe_cluster(controllers=controllers), deadline), address)
        # Services refuse DescribeCluster, or do not know it; Metadata says the same of who is there.
        if members.trouble not in {Trouble.UNSUPPORTED, Trouble.REJECTED} or controllers:
            return members
        by_metadata = await self.ask(address, BY_METADATA, deadline)
        if by_metadata.trouble is Trouble.UNSUPPORTED and members.trouble is Trouble.UNSUPPORTED:
            ranges = await self.ranges(address, deadline)
            if ranges.value is not None:
                return failed_outcome(too_old(ranges.value, address), by_metadata.sent_ms)
        return members_from(by_metadata, address)

    # What they offer and what they cost.

    async def ranges(self, target: Target, deadline: Deadline) -> Outcome[Ranges]:
        """The versions that a node offers, by API key."""
        handshake = await self.handshake(target, deadline)
        slot = self._slot_of(target, MAIN)
        if handshake.value is None or isinstance(slot, Refusal) or slot.handshake is None:
            return msgspec.structs.replace(cast("Outcome[Ranges]", handshake), value=None)
        return Outcome(
            value=slot.handshake.ranges, state=handshake.state, sent_ms=handshake.sent_ms, arrived_ms=handshake.arrived_ms
        )

    async def handshake(self, target: Target, deadline: Deadline) -> Outcome[Reply]:
        """The ApiVersions answer of the connection's beginning: versions and features, without another request."""
        sent_ms = now_ms()
        slot = self._slot_of(target, MAIN)
        if isinstance(slot, Refusal):
            return failed_outcome(slot, sent_ms)
        ready = await slot.ready(deadline)
        if isinstance(ready, Refusal):
            return failed_outcome(ready, sent_ms)
        handshake = slot.handshake
        if handshake is None:
            msg = "a connection is ready without its handshake"
            raise Defect(msg)
        return self._outcome(slot, EncodedRequest(Api.API_VERSIONS, handshake.version, b"", flexible=False), handshake.frame)

    def certificate(self, target: Target) -> tuple[str, bytes] | None:
        """The address of a node and the certificate (DER, empty without TLS) of its open connection; None where none is open."""
        slot = self._slot_of(target, MAIN)
        if isinstance(slot, Refusal):
            return None
        presented = slot.presented
        return None if presented is None else (slot.endpoint.address, presented)

    def costs(self) -> Costs:
        """What was asked so far; `later.since(earlier)` is the bill of a cycle."""
        return self._options.meter.costs()

    # Asking.

    async def ask(
        self,
        target: Target,
        request: EncodedRequest | RequestSpec,
        deadline: Deadline,
        *,
        channel: str = MAIN,
        after: FailedAttempt | None = None,
    ) -> Outcome[Reply]:
        """One answer, raw. A trouble of the connection itself is tried once more, if the request only reads.

        `after` is what came of a first try by `begin`. Raises NotPermitted for a request that changes a cluster when the
        client was built without a permit.
        """
        api = request.api_key if isinstance(request, EncodedRequest) else request.api
        require_permit(api, self._permit)
        sent_ms = now_ms() if after is None else after.sent_ms
        refusals = [] if after is None else [after.refusal]
        while not deadline.passed and may_try(api, refusals):
            # A request on which the peer hangs up is repeated apart from the others: it must not take them along twice.
            slot = self._slot_of(target, channel if not refusals or not refusals[-1].suspect else f"{channel}, apart")
            answer = slot if isinstance(slot, Refusal) else await self._once(slot, request, deadline)
            if not isinstance(answer, Refusal):
                return self._outcome(*answer)
            refusals.append(answer)
        if not refusals:
            return failed_outcome(Refusal(Trouble.SLOW, f"the deadline had passed before {api_name(api)} was asked"), sent_ms)
        return failed_outcome(combine(refusals), sent_ms)

    async def _once(
        self, slot: ConnectionSlot, request: EncodedRequest | RequestSpec, deadline: Deadline
    ) -> tuple[ConnectionSlot, EncodedRequest, Frame] | Refusal:
        if slot.muted_until_s:
            muted = await _wait_until_heard(slot, deadline)
            if muted is not None:
                return muted
        connection = slot.at_once or await slot.ready(deadline)
        if isinstance(connection, Refusal):
            return connection
        encoded = refuse_repeated(encode(request, slot), slot)
        if isinstance(encoded, Refusal):
            return encoded
        frame = await connection.ask(encoded, deadline)
        return self._add_hint(slot, frame) if isinstance(frame, Refusal) else (slot, encoded, frame)

    def begin(
        self,
        target: Target,
        request: EncodedRequest | RequestSpec,
        deadline: Deadline,
        tell: Callable[[Outcome[Reply] | FailedAttempt], object],
        *,
        channel: str = MAIN,
        earlier: bytes | None = None,
    ) -> Callable[[], None] | None:
        """Ask without waiting, where a connection is open and nothing must be waited for; None where `ask` is needed instead.

        `tell` is called once with the answer, or with the first try with which `ask` goes on. What is returned leaves the
        question. For `known` see `Connection.begin`. Raises NotPermitted as `ask` does.
        """
        slot = self._slot_of(target, channel)
        if isinstance(slot, Refusal) or deadline.passed or slot.muted_until_s > time.monotonic():
            return None
        connection = slot.at_once
        encoded = None if connection is None else refuse_repeated(encode(request, slot), slot)
        if connection is None or not isinstance(encoded, EncodedRequest):
            return None
        sent_ms = now_ms()

        def deliver(frame: Frame | Refusal) -> None:
            refused = isinstance(frame, Refusal)
            tell(FailedAttempt(self._add_hint(slot, frame), sent_ms) if refused else self._outcome(slot, encoded, frame))

        pending = connection.begin(encoded, deadline, deliver, earlier=earlier)
        return lambda: connection.leave(pending)

    def _add_hint(self, slot: ConnectionSlot, refusal: Refusal) -> Refusal:
        if refusal.trouble is not Trouble.CLOSED or self._options.security.login:
            return refusal
        address = (slot.endpoint.host, slot.endpoint.port)
        served = any(other.served for (*where, _), other in self._slots.items() if tuple(where) == address)
        return refusal if served else suspect_missing_login(refusal)

    def _slot_of(self, target: Target, name: str) -> ConnectionSlot | Refusal:
        endpoint = self._endpoint_of(target)
        if endpoint is None:
            return Refusal(Trouble.UNREACHABLE, f"no broker told an address of broker {target}")
        if self._closed:
            return Refusal(Trouble.CLOSED, f"the client was closed before {endpoint.label} was asked")
        key = (endpoint.host, endpoint.port, name)
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = ConnectionSlot(endpoint, self._options)
        elif endpoint.node_id is not None:
            slot.name(endpoint)
        return slot

    def _endpoint_of(self, target: Target) -> Endpoint | None:
        if isinstance(target, Endpoint):
            return target
        if target is not None:
            return self._brokers.get(target)
        candidates = [self._brokers[node] for node in self.nodes] or list(self._bootstrap)
        for candidate in candidates:
            slot = self._slots.get((candidate.host, candidate.port, MAIN))
            if slot is not None and slot.warm:
                return candidate
        return candidates[0]

    def _outcome(self, slot: ConnectionSlot, encoded: EncodedRequest, frame: Frame) -> Outcome[Reply]:
        throttle_ms = throttle_ms_of(encoded, frame.data)
        if throttle_ms:
            slot.muted_until_s = time.monotonic() + throttle_ms / 1_000
        reply = Reply(
            node=slot.endpoint.node_id,
            whom=slot.whom,
            api=encoded.api_key,
            version=encoded.version,
            data=frame.data,
            sent_ms=frame.sent_ms,
            arrived_ms=frame.arrived_ms,
        )
        return Outcome(
            value=reply,
            state=State.COMPLETE,
            sent_ms=frame.sent_ms,
            arrived_ms=frame.arrived_ms,
            throttle_ms=throttle_ms,
        )


def _and_others(others: Sequence[Endpoint]) -> str:
    return f" (and so with {', '.join(endpoint.address for endpoint in others)})" if others else ""


async def _wait_until_heard(slot: ConnectionSlot, deadline: Deadline) -> Refusal | None:
    """A muted client that keeps sending is muted longer: wait it out, or say that there is no time for it."""
    left_s = slot.muted_until_s - time.monotonic()
    if left_s <= 0:
        return None
    if left_s < deadline.remaining_s():
        await asyncio.sleep(left_s)
        return None
    muted = duration_text(left_s * 1_000)
    return Refusal(Trouble.THROTTLED, f"{slot.endpoint.label} muted this client for its quota, for another {muted}")
