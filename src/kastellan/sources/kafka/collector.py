"""Collectors: each fills tables of one concern; a scheduler orders them by what they declare.

A collector is a module in the folder `collectors` with a `COLLECTOR` and a coroutine function `collect(session, flow)`. There
is no list of them. Values go from one collector to another as declared: a table, or a value of a class of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

import kastellan.sources.kafka.collectors
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Defect
from kastellan.kernel.fan_out import fan_out, reason_of
from kastellan.kernel.folder import modules_in
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.model.answer import Peer
from kastellan.model.table import Table, Unseen
from kastellan.sources.kafka.collect_session import CollectSession

T = TypeVar("T")

_GRACE_S: Final = 8.0
"""How long collectors may decode, after the deadline, what arrived before it."""
_POLITE_SHARE: Final = 0.2
"""The part of the time after which a collector starts although those that go first have nothing yet."""


class Stage(IntEnum):
    """When a collector runs: the stages follow each other, the collectors of one stage run at once."""

    FIRST = 0
    """Before the others: the largest answer is decoded while no other answer is held."""
    MAIN = 1
    LAST = 2
    """After all others, for what only they make known together."""


class Collector(msgspec.Struct, frozen=True, kw_only=True):
    """What a collector fills, and what it takes from others.

    `gives` are values for other collectors only. What it `needs` is collected for it, even where nobody requests it;
    `needs_for` adds to that where one of these tables is wanted. What it `uses` it takes where it is collected anyway.
    `after` names what goes first on the wire: the collector starts once that is there, or after a part of the time.
    """

    fills: tuple[type[Table], ...] = ()
    gives: tuple[type, ...] = ()
    needs: tuple[type, ...] = ()
    needs_for: Mapping[type[Table], tuple[type, ...]] = {}
    uses: tuple[type, ...] = ()
    after: tuple[type, ...] = ()
    stage: Stage = Stage.MAIN

    @property
    def outputs(self) -> tuple[type, ...]:
        """Everything that it publishes."""
        return (*self.fills, *self.gives)

    @property
    def inputs(self) -> tuple[type, ...]:
        """Everything that it may take."""
        return (*self.needs, *(kind for kinds in self.needs_for.values() for kind in kinds), *self.uses)


class MissingInput(Exception):
    """What a collector needs was not collected; the Answer says why."""

    def __init__(self, answer: int) -> None:
        super().__init__(answer)
        self.answer = answer


class _Failure(msgspec.Struct, frozen=True):
    """Stands for an output that its collector failed to give."""

    answer: int


class Flow:
    """The values of one collection on their way from collector to collector, as one collector sees them."""

    def __init__(self, name: str, collector: Collector, outputs: dict[type, asyncio.Future[Any]]) -> None:
        self._name = name
        self._collector = collector
        self._outputs = outputs

    async def get(self, kind: type[T]) -> T:
        """An input that the collector cannot do without. Raises MissingInput when its collector failed."""
        value = await self._value(kind)
        if isinstance(value, _Failure):
            raise MissingInput(value.answer)
        if value is None:
            msg = f"the collector {self._name} takes {kind.__name__}, and no collector gave one"
            raise Defect(msg)
        return value

    async def find(self, kind: type[T]) -> T | None:
        """An input, or None where it is not collected or its collector failed."""
        value = await self._value(kind)
        return None if isinstance(value, _Failure) else value

    def publish(self, value: object) -> None:
        """Hand on an output before the collector ends."""
        kind = type(value)
        if kind not in self._collector.outputs:
            msg = f"the collector {self._name} gives {kind.__name__} and does not declare it"
            raise Defect(msg)
        if not self._outputs[kind].done():
            self._outputs[kind].set_result(value)

    async def go_after(self, deadline: Deadline) -> None:
        """Let what goes first go first, for a part of the time."""
        ahead = [self._outputs[kind] for kind in self._collector.after if kind in self._outputs]
        if ahead:
            await asyncio.wait(ahead, timeout=deadline.remaining_s() * _POLITE_SHARE)

    async def _value(self, kind: type) -> Any:  # noqa: ANN401
        if kind not in self._collector.inputs:
            msg = f"the collector {self._name} takes {kind.__name__} and does not declare it"
            raise Defect(msg)
        if kind not in self._outputs:
            return None
        output = self._outputs[kind]
        if not output.done():
            # Whoever is cancelled while it waits must not cancel what the others wait for.
            await asyncio.wait((output,))
        return output.result()


Collect: TypeAlias = Callable[[CollectSession, Flow], Awaitable[Iterable[object]]]


class RegisteredCollector(msgspec.Struct, frozen=True):
    """A collector of the folder: the name of its module, its declaration, its function."""

    name: str
    collector: Collector
    collect: Collect


@cache
def all_collectors() -> tuple[RegisteredCollector, ...]:
    """The collectors of the folder, providers before those that take from them."""
    package = kastellan.sources.kafka.collectors
    modules = [module for module in modules_in(package) if hasattr(module, "COLLECTOR")]
    return order_collectors(
        RegisteredCollector(module.__name__.removeprefix(package.__name__ + "."), module.COLLECTOR, module.collect)
        for module in modules
    )


@cache
def filled_tables() -> frozenset[str]:
    """The names of the tables that the collectors of the folder fill."""
    return frozenset(table.name for registered in all_collectors() for table in registered.collector.fills)


def order_collectors(collectors: Iterable[RegisteredCollector]) -> tuple[RegisteredCollector, ...]:
    """The collectors by stage, providers first, and before the others those that most others wait for.

    They start in this order, and what starts first is first on the wire. Raises Defect for two providers of one output, and
    for a circle.
    """
    listed = list(collectors)
    providers = _providers(listed)
    waiting = Counter(name for registered in listed for name in _providers_of(registered, providers))
    left = sorted(listed, key=lambda registered: (registered.collector.stage, -waiting[registered.name], registered.name))
    placed, placed_names = list[RegisteredCollector](), set[str]()
    while left:
        ready = next(
            (registered for registered in left if _providers_of(registered, providers) <= placed_names | {registered.name}), None
        )
        if ready is None:
            msg = f"collectors wait for each other: {', '.join(registered.name for registered in left)}"
            raise Defect(msg)
        left.remove(ready)
        placed.append(ready)
        placed_names.add(ready.name)
    return tuple(placed)


def _providers(collectors: Sequence[RegisteredCollector]) -> dict[type, RegisteredCollector]:
    providers: dict[type, RegisteredCollector] = {}
    for registered in collectors:
        for kind in registered.collector.outputs:
            if kind in providers:
                msg = f"the collectors {providers[kind].name} and {registered.name} both give {kind.__name__}"
                raise Defect(msg)
            providers[kind] = registered
    return providers


def _providers_of(registered: RegisteredCollector, providers: Mapping[type, RegisteredCollector]) -> set[str]:
    taken = (*registered.collector.inputs, *registered.collector.after)
    missing = [kind.__name__ for kind in taken if kind not in providers]
    if missing:
        msg = f"the collector {registered.name} takes {', '.join(missing)}, and no collector gives it"
        raise Defect(msg)
    return {providers[kind].name for kind in taken}


def wanted_outputs(collectors: Sequence[RegisteredCollector], requested: Iterable[type[Table]]) -> frozenset[type]:
    """The requested tables and everything that the collectors need for them."""
    providers, wanted = _providers(collectors), set[type]()
    todo: list[type] = [kind for kind in requested if kind in providers]
    while todo:
        kind = todo.pop()
        if kind in wanted:
            continue
        wanted.add(kind)
        declared = providers[kind].collector
        todo += declared.needs
        for table, kinds in declared.needs_for.items():
            if table is kind:
                todo += kinds
    return frozenset(wanted)


async def run_collectors(session: CollectSession, collectors: Sequence[RegisteredCollector]) -> dict[type, Any]:
    """Run those whose outputs are wanted; returns what they published, by class.

    A collector that raises, or that still runs long after the deadline, costs its own outputs only: a failed Answer names it and
    the exception's type, its tables are unseen under that Answer, and so are those of the collectors that need them.
    """
    running = [registered for registered in collectors if not session.wanted.isdisjoint(registered.collector.outputs)]
    loop = asyncio.get_running_loop()
    outputs: dict[type, asyncio.Future[Any]] = {
        kind: loop.create_future() for registered in running for kind in registered.collector.outputs
    }
    by_name = {registered.name: registered for registered in running}

    async def run(name: str, _: Deadline) -> Outcome[bool]:
        return await _run_collector(session, by_name[name], outputs)

    for stage in Stage:
        of_stage = [registered.name for registered in running if registered.collector.stage is stage]
        outcomes = await fan_out(of_stage, run, session.deadline, grace_s=_GRACE_S)
        for name, outcome in outcomes.items():
            if outcome.value is None:
                _fail(by_name[name], outputs, _enter_failure(session, name, outcome.reason, outcome.trouble))
    results = {kind: future.result() for kind, future in outputs.items()}
    return {kind: _unseen(kind, value) if isinstance(value, _Failure) else value for kind, value in results.items()}


async def _run_collector(
    session: CollectSession, registered: RegisteredCollector, outputs: dict[type, asyncio.Future[Any]]
) -> Outcome[bool]:
    flow = Flow(registered.name, registered.collector, outputs)
    try:
        await flow.go_after(session.deadline)
        for value in await registered.collect(session, flow):
            flow.publish(value)
        _close(session, registered, outputs)
    except MissingInput as error:
        _fail(registered, outputs, error.answer)
    except Exception as error:  # noqa: BLE001  (whatever a collector raises, the others are kept)
        _fail(registered, outputs, _enter_failure(session, registered.name, reason_of(error), None))
    return Outcome(value=True, state=State.COMPLETE, sent_ms=0)


def _close(session: CollectSession, registered: RegisteredCollector, outputs: dict[type, asyncio.Future[Any]]) -> None:
    """A value that the collector did not give is None for those that use it; a wanted table must be there."""
    for kind in registered.collector.outputs:
        if not outputs[kind].done():
            if kind in session.wanted and issubclass(kind, Table):
                msg = f"the collector {registered.name} did not fill {kind.name}"
                raise Defect(msg)
            outputs[kind].set_result(None)


def _fail(registered: RegisteredCollector, outputs: dict[type, asyncio.Future[Any]], answer: int) -> None:
    for kind in registered.collector.outputs:
        if not outputs[kind].done():
            outputs[kind].set_result(_Failure(answer))


def _enter_failure(session: CollectSession, name: str, reason: str, trouble: Trouble | None) -> int:
    return session.answers.enter_unsent("Collect", Peer("collector", name), reason, trouble=trouble)


def _unseen(kind: type, failure: _Failure) -> Table | None:
    if not issubclass(kind, Table):
        return None
    return kind.empty().with_unseen((Unseen(failure.answer, kind.roster),))
