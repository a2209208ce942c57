"""A cluster's life: raised under its lock, found again from disk, ended without a trace.

The directory is the lab: its record is written before anything is started, each process writes its own, and `down`
needs neither to be whole. Whoever is killed at whatever instant leaves something that the next command finds.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import access, nodes, ports, processes
from kastellan.lab.formatting import format_storage, new_id, ports_with_template
from kastellan.lab.jars import Say
from kastellan.lab.locks import held
from kastellan.lab.model import (
    FAULTS,
    KERBEROS,
    KRB5_CONF,
    OAUTH,
    RECORD,
    SASL_SSL,
    Lab,
    LabSpec,
    Node,
    directory_of,
    layout,
    read_value,
    voters,
    write_private,
    write_value,
)
from kastellan.lab.places import labs_dir
from kastellan.lab.processes import Identity
from kastellan.lab.properties import logging_file, logging_properties, server_properties
from kastellan.lab.runtime import Runtime
from kastellan.lab.security import entrance, kdc
from kastellan.lab.security.listeners import jvm_options, realm_options, server_lines

_LOCK_S = 300.0
_KILL_S = 60.0


class NodeStatus(msgspec.Struct, frozen=True):
    """A node and how its process is: `running`, `frozen`, `gone` or `not started`."""

    node: Node
    state: str
    rss_bytes: int


class LabStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A lab as it is now: `running`, `degraded` (ready, but a node is not running), `half-started`, `stopped`, `damaged`."""

    name: str
    dir: Path
    state: str
    reason: str = ""
    lab: Lab | None = None
    nodes: tuple[NodeStatus, ...] = ()


def raise_cluster(spec: LabSpec, runtime: Runtime, say: Say, seconds: float = nodes.START_S) -> Lab:
    """Start the cluster of a spec, or find that it runs; whatever half of it is there is cleaned away first.

    Raises `BadInput` when a lab of this name runs with another shape, `Unavailable` when it could not be started, with
    the last words of the node that failed; then nothing is left of it.
    """
    directory = directory_of(spec.validate().name)
    with held(directory, Deadline.after(_LOCK_S)) as lock:
        running = _running(directory, spec)
        if running is not None:
            say(f"lab {spec.name} is running already: {running.bootstrap}")
            return running
        _empty(directory, say)
        try:
            return _start(spec, directory, runtime, lock, seconds)
        except BaseException:
            _empty(directory, say)
            directory.rmdir()
            raise


def find(name: str) -> Lab | None:
    """The lab of this name as it is on record, or None. Raises `BadInput` when its record is damaged."""
    directory = directory_of(name)
    remedy = f"`kastellan lab down --name {name}` ends and removes the lab"
    lab = read_value(directory / RECORD, Lab, remedy)
    if lab is None:
        return None
    return msgspec.structs.replace(
        lab, nodes=tuple(msgspec.structs.replace(node, process=nodes.current(node)) for node in lab.nodes)
    )


def need(name: str) -> Lab:
    """The lab of this name. Raises `BadInput` with what to type when there is none that is ready."""
    lab = find(name)
    if lab is None or not lab.ready:
        state = "is half-started" if lab else "does not exist"
        msg = f"lab {name} {state}; start it with `kastellan lab up --name {name}`"
        raise BadInput(msg)
    return lab


def names() -> list[str]:
    """Names of all labs that have a directory."""
    try:
        return sorted(path.name for path in labs_dir().iterdir() if path.is_dir())
    except FileNotFoundError:
        return []


def status(name: str) -> LabStatus | None:
    """How the lab is now, or None when there is none; a damaged record is a state with its sentence."""
    directory = directory_of(name)
    if not directory.exists():
        return None
    try:
        lab = find(name)
        statuses = tuple(NodeStatus(node, nodes.state(node), nodes.rss_bytes(node)) for node in lab.nodes) if lab else ()
    except BadInput as problem:
        return LabStatus(name=name, dir=directory, state="damaged", reason=problem.message)
    if lab is None or not lab.ready:
        return LabStatus(name=name, dir=directory, state="half-started", lab=lab, nodes=statuses)
    states = {status.state for status in statuses}
    alive = states & {"running", "frozen"}
    overall = "running" if states == {"running"} else "degraded" if alive else "stopped"
    return LabStatus(name=name, dir=directory, state=overall, lab=lab, nodes=statuses)


def down(name: str, say: Say = lambda _: None) -> bool:
    """End every process of the lab and remove its directory; False when there is no such lab."""
    return _remove(directory_of(name), say)


def sweep(say: Say = lambda _: None) -> list[str]:
    """End the labs whose owner is gone (a test run that was killed); returns their names."""
    swept: list[str] = []
    for name in names():
        with suppress(BadInput):
            lab = find(name)
            if lab and lab.spec.owner and processes.now(lab.spec.owner) is None and down(name, say):
                say(f"lab {name} belonged to a process that is gone; it was ended")
                swept.append(name)
    return swept


def _remove(directory: Path, say: Say) -> bool:
    if not directory.exists():
        return False
    with held(directory, Deadline.after(_LOCK_S)):
        _empty(directory, say)
        directory.rmdir()
    for parent in (directory.parent, directory.parent.parent):
        with suppress(OSError):
            parent.rmdir()
    return True


def _running(directory: Path, spec: LabSpec) -> Lab | None:
    """The lab that runs in this directory already; a killed or frozen node counts while a fault is on record."""
    try:
        lab = find(spec.name)
        if lab is None or not lab.ready:
            return None
        states = {nodes.state(node) for node in lab.nodes}
    except BadInput:
        return None
    alive = states == {"running"} or (any((directory / FAULTS).glob("*.json")) and "running" in states)
    if not alive:
        return None
    if lab.spec.shape != spec.shape:
        shape = ", ".join(f"{value} {noun}" for noun, value in lab.spec.shape if value)
        msg = (
            f"lab {spec.name} is running with another shape ({shape}); "
            f"end it with `kastellan lab down --name {spec.name}` or choose another --name"
        )
        raise BadInput(msg)
    return lab


def _start(spec: LabSpec, directory: Path, runtime: Runtime, lock: int, seconds: float) -> Lab:
    voter_ports = ports.reserve(directory, voters(spec), ports_with_template(runtime, spec))
    broker_ports = ports.reserve(directory, 2 * spec.brokers + (1 if spec.has_zookeeper else 0))
    issuer = f"http://127.0.0.1:{ports.reserve(directory, 1)[0]}" if spec.security == OAUTH else ""
    realm = f"127.0.0.1:{ports.reserve(directory, 1)[0]}" if spec.security == KERBEROS else ""
    jvm = (*(jvm_options([f"{issuer}/jwks"]) if issuer else ()), *(realm_options(directory / KRB5_CONF) if realm else ()))
    members = tuple(msgspec.structs.replace(node, jvm=jvm) for node in layout(spec, directory, broker_ports, voter_ports))
    version = runtime.kafka.version
    lab = Lab(
        name=spec.name, dir=directory, cluster_id=new_id(), kafka=version, spec=spec, nodes=members, issuer=issuer, kdc=realm,
    )  # fmt: skip
    write_value(directory / RECORD, lab)
    entrance.prepare(lab)
    secrets = entrance.passwords(lab)
    for node in members:
        (node.dir / "logs").mkdir(parents=True)
        lines = server_properties(spec, node, members, server_lines(spec, node, secrets, issuer))
        write_private(node.dir / "server.properties", lines)
        logging_file(node, version).write_text(logging_properties(node, version))
    format_storage(runtime, lab, secrets, lock)
    entrance.start_issuer(lab, lock)
    kdc.start(lab, lock)
    deadline = Deadline.after(seconds)
    keepers = [node for node in members if node.is_zookeeper]
    for group in (keepers, [node for node in members if not node.is_zookeeper]):
        for node in group:
            nodes.launch(node, runtime, heap_mib=spec.heap_mib, lock=lock, lab_dir=directory)
        for node in group:
            processes.wait_recorded(node.record, deadline)
        nodes.wait_ready(group, frozenset(broker.id for broker in lab.brokers), deadline)
    if spec.has_zookeeper and spec.security == SASL_SSL:
        access.set_passwords(lab, secrets)
    access.grant_levels(lab)
    write_value(directory / RECORD, msgspec.structs.replace(lab, ready=True))
    return msgspec.structs.replace(
        lab, ready=True, nodes=tuple(msgspec.structs.replace(node, process=nodes.current(node)) for node in members)
    )


def _empty(directory: Path, say: Say) -> None:
    """Under the lab's lock: end what belongs to it, give back its ports, remove its files."""
    left = processes.kill_all(list(_belonging(directory)), Deadline.after(_KILL_S))
    if left:
        numbers = ", ".join(str(identity.pid) for identity in left)
        msg = f"processes {numbers} of {directory} do not end after SIGKILL; nothing was removed, try again later"
        raise Unavailable(msg)
    ports.release(directory)
    entries = list(directory.iterdir())
    if (directory / RECORD).exists():
        say(f"ended the lab in {directory}, removing its files")
    for entry in entries:
        _delete(entry)


def _belonging(directory: Path) -> Iterator[Identity]:
    """Every live process of the lab: those on record, and those that carry its mark (a record may be damaged)."""
    identities: set[Identity] = set(processes.find_marked(directory))
    # A walk, and no glob: brokers that still run delete directories of partitions meanwhile, which ends a glob.
    for folder, _, files in os.walk(directory):
        if "process" not in files:
            continue
        with suppress(BadInput):
            identity = processes.read_record(Path(folder, "process"))
            if identity and processes.now(identity):
                identities.add(identity)
    yield from identities


def _delete(entry: Path) -> None:
    deadline = Deadline.after(_KILL_S)
    while entry.exists() or entry.is_symlink():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=not deadline.passed)
        else:
            entry.unlink()
        if entry.exists():
            time.sleep(0.05)
