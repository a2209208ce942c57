"""Demonstrate: a real cluster with load on this machine, a real fault, and what is found."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager

from kastellan import lab as labs
from kastellan.findings.summary import ReportSummary
from kastellan.lab import Lab, injection, load, processes
from kastellan.lab.faults._model import Truth
from kastellan.model.subject import KINDS, Subject

Say = Callable[[str], None]
FAULT = "broker_killed"


@contextmanager
def stage(say: Say, brokers: int, *, keep: bool = False) -> Generator[Lab]:
    """A running cluster with load; it is ended afterwards, whatever happens, unless it is to be kept.

    A kill that leaves no time to clean up leaves a lab whose owner is gone: the next lab command ends it.
    """
    name = "demo" if keep else f"demo-{os.getpid()}"
    with _ended_by_signals():
        try:
            say("starting Kafka on this machine; the first time it is fetched, which takes a minute")
            spec = labs.LabSpec(name=name, brokers=brokers, racks=brokers, owner=None if keep else processes.me())
            lab = labs.up(spec, say)
            say(f"Kafka {lab.kafka} runs with {len(lab.nodes)} nodes; starting producers and consumer groups")
            load.start(lab)
            load.wait_moving(lab)
            yield lab
        finally:
            if not keep:
                with _ignore_signals():
                    say("ending the demo cluster")
                    labs.down(name)


def hurt(lab: Lab, fault: str) -> Truth:
    """Injects a fault and returns the truth about it."""
    return injection.inject(lab, fault)


def found_first(telling: ReportSummary, truth: Truth) -> bool:
    """The first problem names the component that was hurt, or explains what was found on it."""
    if not telling.problems or truth.kind not in KINDS:
        return False
    first, subject = telling.problems[0], Subject(truth.kind, tuple(truth.key))
    return any(result.kind == truth.kind and subject in result.examples for result in (first, *first.explains))


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """SIGTERM and SIGHUP end the demonstration as Ctrl-C does: with its cleaning up."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ignore_signals() -> Generator[None]:
    """Cleaning up is not interrupted by an impatient second Ctrl-C."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
