"""The lab's values: what was asked for, what there is, and how it is written down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from kastellan.kernel.errors import BadInput
from kastellan.lab.places import labs_dir
from kastellan.lab.processes import Identity

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_NODES = 9
_CONTROLLERS_START = 100
RECORD = "lab.json"


class LabSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster to start. `controllers` None means combined nodes: every broker is a controller too.

    `owner` ties the lab to a process: once that is gone, the lab is swept.
    """

    name: str = "lab"
    brokers: int = 3
    controllers: int | None = None
    racks: int = 3
    heap_mib: int = 256
    owner: Identity | None = None

    def checked(self) -> LabSpec:
        """Itself, when it can be started. Raises `BadInput` naming the value that cannot."""
        if not _NAME.fullmatch(self.name):
            msg = f"--name {self.name!r} is not a lab name; use up to 40 of a-z, 0-9, '-', '_', starting with a letter or digit"
            raise BadInput(msg)
        for option, value, lowest in (
            ("--brokers", self.brokers, 1),
            ("--controllers", self.controllers, 1),
            ("--racks", self.racks, 1),
        ):
            if value is not None and not lowest <= value <= _MOST_NODES:
                msg = f"{option} {value} is out of range; choose {lowest} to {_MOST_NODES}"
                raise BadInput(msg)
        return self


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One Kafka process of a lab.

    Addresses are `host:port`, None where the role has no such listener. `process` is None before the first start.
    """

    id: int
    roles: tuple[str, ...]
    rack: str | None
    dir: Path
    client: str | None
    broker: str | None
    controller: str | None
    process: Identity | None = None

    @property
    def is_broker(self) -> bool:
        """Serves clients."""
        return "broker" in self.roles

    @property
    def is_controller(self) -> bool:
        """Is a voter of the metadata quorum."""
        return "controller" in self.roles

    @property
    def pid(self) -> int | None:
        """The process number of its last start."""
        return self.process.pid if self.process else None

    @property
    def start_ticks(self) -> int | None:
        """When that process started, in clock ticks since boot: with the pid it names exactly one process."""
        return self.process.start_ticks if self.process else None

    @property
    def log_dir(self) -> Path:
        """Where Kafka keeps its partitions (`log.dirs`)."""
        return self.dir / "data"

    @property
    def server_log(self) -> Path:
        """The main log file that people read."""
        return self.dir / "logs" / "server.log"

    @property
    def stdout_log(self) -> Path:
        """What the JVM printed: out-of-memory messages stand only there."""
        return self.dir / "logs" / "stdout.log"

    @property
    def record(self) -> Path:
        """Where its process put itself on record."""
        return self.dir / "process"


class Lab(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster of this machine as it is on record; `find` reads it again."""

    name: str
    dir: Path
    cluster_id: str
    kafka: str
    spec: LabSpec
    nodes: tuple[Node, ...]
    ready: bool = False

    @property
    def brokers(self) -> tuple[Node, ...]:
        """Nodes that serve clients."""
        return tuple(each for each in self.nodes if each.is_broker)

    @property
    def controllers(self) -> tuple[Node, ...]:
        """Voters of the quorum."""
        return tuple(each for each in self.nodes if each.is_controller)

    @property
    def bootstrap(self) -> str:
        """For `--bootstrap-server`."""
        return ",".join(each.client for each in self.nodes if each.client)

    @property
    def controller_bootstrap(self) -> str:
        """For `--bootstrap-controller`."""
        return ",".join(each.controller for each in self.nodes if each.controller)

    def node(self, node_id: int) -> Node:
        """The node with this id. Raises `BadInput` naming those that there are."""
        for each in self.nodes:
            if each.id == node_id:
                return each
        msg = f"lab {self.name} has no node {node_id}; it has {', '.join(str(each.id) for each in self.nodes)}"
        raise BadInput(msg)


def layout(spec: LabSpec, directory: Path, ports: Sequence[int], controller_ports: Sequence[int]) -> tuple[Node, ...]:
    """The nodes of a spec on these ports: two for each broker, one for each controller; pure controllers count from 101."""
    broker_ports, voter_ports = iter(ports), iter(controller_ports)

    def node(number: int, roles: tuple[str, ...]) -> Node:
        serves = "broker" in roles
        return Node(
            id=number,
            roles=roles,
            rack=f"rack-{(number - 1) % spec.racks + 1}" if serves else None,
            dir=directory / "nodes" / str(number),
            client=f"127.0.0.1:{next(broker_ports)}" if serves else None,
            broker=f"127.0.0.1:{next(broker_ports)}" if serves else None,
            controller=f"127.0.0.1:{next(voter_ports)}" if "controller" in roles else None,
        )

    roles = ("broker", "controller") if spec.controllers is None else ("broker",)
    nodes = [node(number, roles) for number in range(1, spec.brokers + 1)]
    nodes += [node(_CONTROLLERS_START + number, ("controller",)) for number in range(1, (spec.controllers or 0) + 1)]
    return tuple(nodes)


def voters(spec: LabSpec) -> int:
    """How many nodes of the spec are controllers."""
    return spec.brokers if spec.controllers is None else spec.controllers


def directory_of(name: str) -> Path:
    """Where a lab of this name lives. Raises `BadInput` for what cannot be a name."""
    return labs_dir() / LabSpec(name=name).checked().name


def write_value(path: Path, value: object) -> None:
    """Write a record whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(msgspec.json.format(msgspec.json.encode(value, enc_hook=_plain), indent=1))
    part.rename(path)


def read_value(path: Path, kind: type[T], remedy: str) -> T | None:
    """Read a record; None when there is none. Raises `BadInput` in one sentence when it is damaged."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(raw, type=kind, dec_hook=_path)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        msg = f"the record {path} is damaged ({problem}); {remedy}"
        raise BadInput(msg) from None


def _plain(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    msg = f"{type(value).__name__} is not a value of a record"
    raise NotImplementedError(msg)


def _path(kind: type, value: object) -> Path:
    if kind is Path and isinstance(value, str):
        return Path(value)
    msg = f"{kind.__name__} is not a value of a record"
    raise NotImplementedError(msg)
