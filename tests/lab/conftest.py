"""Real clusters for tests. Each worker has its own; whoever is killed, the next run or command ends what was left.

`lab`: three combined nodes for the session. `loaded_lab`: the same cluster with the load running and every part moving.
`eventually(condition, what)`: wait for a condition, bounded. `injected(lab, fault)`: a fault for the length of a block.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from kastellan import lab as labs
from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import MissingTool
from kastellan.lab import injection, load, processes
from kastellan.lab.faults._model import Truth
from kastellan.lab.jars import provide_kdc
from kastellan.lab.load import clients
from kastellan.lab.model import KERBEROS

Eventually = Callable[..., None]
Injected = Callable[..., AbstractContextManager[Truth]]
SESSION_MS = 4_000
"""How long a login by Kerberos holds before the broker wants another."""


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Tests of one cluster go to one worker, and where there is one only, the session's cluster comes last.

    Else two workers would each start the same cluster, and a load that nobody looks at would keep the cores busy.
    """
    here = Path(__file__).parent
    for item in (each for each in items if here in each.path.parents):
        item.add_marker(pytest.mark.xdist_group(_cluster_of(item)))
    yield
    places = [place for place, item in enumerate(items) if here in item.path.parents]
    late = sorted((items[each] for each in places), key=lambda item: len({"lab", "loaded_lab"} & _needs(item)))
    for place, item in zip(places, late, strict=True):
        items[place] = item


def _needs(item: pytest.Item) -> set[str]:
    return {*getattr(item, "fixturenames", ())}


def _cluster_of(item: pytest.Item) -> str:
    """The name of the cluster that a test looks at; those that make clusters of their own go by their file."""
    needed, kind = _needs(item), getattr(item, "callspec", None)
    if "lab" in needed:
        return "session"
    if "kerberos" in needed:
        return KERBEROS
    return next((str(kind.params[each]) for each in ("secured", "old") if kind and each in needed), item.path.stem)


@pytest.fixture(scope="session")
def lab() -> Iterator[labs.Lab]:
    """Three combined nodes, owned by this process. Addresses stay the same through restarts; `labs.find` has fresh pids."""
    labs.sweep()
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test-{worker}-{os.getpid()}"
    try:
        yield labs.up(labs.LabSpec(name=name, brokers=3, racks=3, owner=processes.me()))
    finally:
        labs.down(name)


def zombies() -> list[int]:
    """Dead children of this process that nobody has reaped."""
    children = (processes.parse_stat(text, "") for text in _stat_lines())
    return [child.identity.pid for child in children if child.parent == os.getpid() and child.state == "Z"]


def _stat_lines() -> Iterator[str]:
    for path in processes.PROC.glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield path.read_text(errors="replace")


@pytest.fixture(scope="session")
def loaded_lab(lab: labs.Lab) -> labs.Lab:
    """The session's cluster with its load, every writer and every group moving; `load.truth(lab)` is the known answer."""
    load.start(lab)
    load.wait_moving(lab)
    return lab


@pytest.fixture(scope="session", params=["sasl_ssl", "mtls", "oauth", *([KERBEROS] if find_spec("gssapi") else [])])
def secured(request: pytest.FixtureRequest) -> Iterator[labs.Lab]:
    """One node that lets nobody in without a name, and topic orders: one after the other for all tests that want it."""
    if request.param == KERBEROS:
        yield request.getfixturevalue("kerberos")
        return
    name = f"test-{request.param}-{os.getpid()}"
    try:
        lab = labs.up(labs.LabSpec(name=name, brokers=1, racks=1, security=request.param, owner=processes.me()))
        clients.create(lab, [("orders", 1, 1, {})], Deadline.after(60))
        yield lab
    finally:
        labs.down(name)


@pytest.fixture(scope="session")
def kerberos() -> Iterator[labs.Lab]:
    """The same with a realm of its own, which the environment tells; skipped where its KDC cannot be had."""
    try:
        provide_kdc(lambda _: None)
    except MissingTool as missing:
        pytest.skip(f"Kerberos is not tried: {missing.message}")
    name = f"test-kerberos-{os.getpid()}"
    spec = labs.LabSpec(name=name, brokers=1, racks=1, security=KERBEROS, reauthenticate_ms=SESSION_MS, owner=processes.me())
    try:
        lab = labs.up(spec)
        clients.create(lab, [("orders", 1, 1, {})], Deadline.after(60))
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("KRB5_CONFIG", str(lab.krb5_conf))
            yield lab
    finally:
        labs.down(name)


@pytest.fixture(scope="session", params=["3.9", "3.9-zk"])
def old(request: pytest.FixtureRequest) -> Iterator[labs.Lab]:
    """Two brokers of Kafka 3.9, secured, and topic orders; the controller is a node of its own, or ZooKeeper."""
    name = f"test-old-{request.param.replace('.', '')}-{os.getpid()}"
    try:
        spec = labs.LabSpec(name=name, brokers=2, racks=2, kafka=request.param, security="sasl_ssl", owner=processes.me())
        # A controller of its own, so that the quorum outlives a broker.
        lab = labs.up(msgspec.structs.replace(spec, controllers=None if spec.has_zookeeper else 1))
        clients.create(lab, [("orders", 2, 2, {})], Deadline.after(60))
        yield lab
    finally:
        labs.down(name)


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Wait until a condition holds; the test fails with `what` when it does not in time."""

    def wait(condition: Callable[[], object], what: str, seconds: float = 60.0) -> None:
        deadline = Deadline.after(seconds)
        while not condition():
            assert not deadline.passed, f"not seen within {seconds:.0f} s: {what}"
            time.sleep(0.05)

    return wait


@pytest.fixture(scope="session")
def injected() -> Injected:
    """A fault that holds within a block and is undone after it, whatever happens there."""

    @contextmanager
    def block(lab: labs.Lab, fault: str, node: int | None = None) -> Iterator[Truth]:
        try:
            yield injection.inject(lab, fault, node)
        finally:
            injection.undo(lab, fault)

    return block
