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
_CONTROLLERS_START, _ZOOKEEPER = 100, 200
RECORD = "lab.json"
KRB5_CONF = "krb5.conf"
KEYS, CLIENTS, FAULTS = "keys", "clients", "faults"
"""Directories of a lab: private keys and secrets, the files that clients are given, and the faults that are on record."""
PLAINTEXT, SASL_SSL, MTLS, OAUTH, KERBEROS = "plaintext", "sasl_ssl", "mtls", "oauth", "kerberos"
SECURITIES = (PLAINTEXT, SASL_SSL, MTLS, OAUTH, KERBEROS)
KAFKA_4, KAFKA_39, KAFKA_39_ZK = "4", "3.9", "3.9-zk"
KAFKAS = (KAFKA_4, KAFKA_39, KAFKA_39_ZK)
"""Which Kafka: the newest, the last 3.x with KRaft, and the same with ZooKeeper."""


class LabSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster to start. `controllers` None means combined nodes: every broker is a controller too. `kafka` is one of `KAFKAS`.

    `security` is what clients meet (`SECURITIES`). `reauthenticate_ms` makes a SASL session end after that time; 0 leaves it to
    the credential. `owner` ties the lab to a process: once that is gone, the lab is swept.
    """

    name: str = "lab"
    brokers: int = 3
    controllers: int | None = None
    racks: int = 3
    log_dirs: int = 1
    heap_mib: int = 256
    kafka: str = KAFKA_4
    security: str = PLAINTEXT
    reauthenticate_ms: int = 0
    owner: Identity | None = None

    @property
    def is_secured(self) -> bool:
        """Its listeners speak TLS, and an authorizer is on."""
        return self.security != PLAINTEXT

    @property
    def has_zookeeper(self) -> bool:
        """ZooKeeper keeps its metadata; no node is a controller of KRaft."""
        return self.kafka == KAFKA_39_ZK

    @property
    def shape(self) -> tuple[tuple[str, object], ...]:
        """What two labs must have in common to be the same lab."""
        return (
            ("brokers", self.brokers),
            ("controllers", self.controllers or "combined"),
            ("Kafka", self.kafka),
            ("racks", self.racks),
            ("log directories", self.log_dirs),
            ("security", self.security),
            ("ms until reauthentication", self.reauthenticate_ms),
        )

    def validate(self) -> LabSpec:
        """Itself, when it can be started. Raises `BadInput` naming the value that cannot."""
        if not _NAME.fullmatch(self.name):
            msg = f"--name {self.name!r} is not a lab name; use up to 40 of a-z, 0-9, '-', '_', starting with a letter or digit"
            raise BadInput(msg)
        if self.security not in SECURITIES:
            msg = f"--security {self.security!r} is not one of {', '.join(SECURITIES)}"
            raise BadInput(msg)
        if self.kafka not in KAFKAS:
            msg = f"--kafka {self.kafka!r} is not one of {', '.join(KAFKAS)}"
            raise BadInput(msg)
        if self.has_zookeeper and self.controllers is not None:
            msg = f"--controllers {self.controllers} is for KRaft, and --kafka {self.kafka} has ZooKeeper; leave one of them out"
            raise BadInput(msg)
        if self.reauthenticate_ms and self.security not in {SASL_SSL, OAUTH, KERBEROS}:
            msg = f"--reauthenticate is for clients that log in by SASL; choose --security {SASL_SSL}, {OAUTH} or {KERBEROS}"
            raise BadInput(msg)
        for option, value, lowest in (
            ("--brokers", self.brokers, 1),
            ("--controllers", self.controllers, 1),
            ("--racks", self.racks, 1),
            ("--log-dirs", self.log_dirs, 1),
        ):
            if value is not None and not lowest <= value <= _MOST_NODES:
                msg = f"{option} {value} is out of range; choose {lowest} to {_MOST_NODES}"
                raise BadInput(msg)
        return self


class Door(msgspec.Struct, frozen=True):
    """Where a node is asked by the lab itself, and with which PEM file; in plain text when there is none."""

    address: str
    keys: Path | None = None


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """One process of a lab: of Kafka, or of ZooKeeper.

    Addresses are `host:port`, None where the role has no such listener. `keys` is the file that lets the lab in, None in a lab in
    plain text; `jvm` are options of this lab's Java. `process` is None before the first start.
    """

    id: int
    roles: tuple[str, ...]
    rack: str | None
    dir: Path
    client: str | None
    broker: str | None
    controller: str | None
    zookeeper: str | None = None
    log_dir_count: int = 1
    keys: Path | None = None
    jvm: tuple[str, ...] = ()
    process: Identity | None = None

    @property
    def door(self) -> Door:
        """Its way in for the lab's own questions; what is wrong with the clients' listener does not shut it."""
        first, second = (self.broker, self.client) if self.keys else (self.client, self.broker)
        return Door(first or second or self.controller or "", self.keys)

    @property
    def is_broker(self) -> bool:
        """Serves clients."""
        return "broker" in self.roles

    @property
    def is_zookeeper(self) -> bool:
        """Keeps the metadata of a Kafka without KRaft."""
        return "zookeeper" in self.roles

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
        """Where Kafka keeps its partitions; the first directory where there are several, which has the metadata too."""
        return self.log_dirs[0]

    @property
    def log_dirs(self) -> tuple[Path, ...]:
        """`log.dirs`."""
        return tuple(self.dir / ("data" if number == 1 else f"data-{number}") for number in range(1, self.log_dir_count + 1))

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
    """A cluster of this machine as it is on record; `find` reads it again.

    `issuer` is the address of its issuer of tokens, `kdc` that of its Kerberos; empty where there is none.
    """

    name: str
    dir: Path
    cluster_id: str
    kafka: str
    spec: LabSpec
    nodes: tuple[Node, ...]
    issuer: str = ""
    kdc: str = ""
    ready: bool = False

    @property
    def brokers(self) -> tuple[Node, ...]:
        """Nodes that serve clients."""
        return tuple(node for node in self.nodes if node.is_broker)

    @property
    def controllers(self) -> tuple[Node, ...]:
        """Voters of the quorum."""
        return tuple(node for node in self.nodes if node.is_controller)

    @property
    def bootstrap(self) -> str:
        """For `--bootstrap-server`."""
        return ",".join(node.client for node in self.nodes if node.client)

    @property
    def controller_bootstrap(self) -> str:
        """For `--bootstrap-controller`."""
        return ",".join(node.controller for node in self.nodes if node.controller)

    @property
    def inner_bootstrap(self) -> str:
        """The listeners by which brokers know each other."""
        return ",".join(node.broker for node in self.nodes if node.broker)

    @property
    def krb5_conf(self) -> Path | None:
        """Where its realm is described, for `KRB5_CONFIG`; None in a lab without Kerberos."""
        return self.dir / KRB5_CONF if self.kdc else None

    def command_config(self, client: str) -> Path:
        """Kafka's client.properties of one of the lab's clients."""
        return self.dir / CLIENTS / f"{client}.properties"

    def node(self, node_id: int) -> Node:
        """The node with this id. Raises `BadInput` naming those that there are."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        msg = f"lab {self.name} has no node {node_id}; it has {', '.join(str(node.id) for node in self.nodes)}"
        raise BadInput(msg)


def layout(spec: LabSpec, directory: Path, ports: Sequence[int], controller_ports: Sequence[int]) -> tuple[Node, ...]:
    """The nodes of a spec on these ports: two for each broker, one for each controller; pure controllers count from 101.

    ZooKeeper, where there is one, is node 200, comes first because the others need it, and takes the last port.
    """
    broker_ports, voter_ports = iter(ports), iter(controller_ports)
    host = "localhost" if spec.security == KERBEROS else "127.0.0.1"  # a ticket is for a name

    def node(number: int, roles: tuple[str, ...]) -> Node:
        serves = "broker" in roles
        return Node(
            id=number,
            roles=roles,
            rack=f"rack-{(number - 1) % spec.racks + 1}" if serves else None,
            dir=directory / "nodes" / str(number),
            client=f"{host}:{next(broker_ports)}" if serves else None,
            broker=f"127.0.0.1:{next(broker_ports)}" if serves else None,
            controller=f"127.0.0.1:{next(voter_ports)}" if "controller" in roles else None,
            log_dir_count=spec.log_dirs if serves else 1,
            keys=directory / KEYS / "admin.pem" if spec.is_secured else None,
        )

    combined = spec.controllers is None and not spec.has_zookeeper
    roles = ("broker", "controller") if combined else ("broker",)
    nodes = [node(number, roles) for number in range(1, spec.brokers + 1)]
    if spec.has_zookeeper:
        keeper = msgspec.structs.replace(node(_ZOOKEEPER, ("zookeeper",)), zookeeper=f"127.0.0.1:{next(broker_ports)}", keys=None)
        nodes.insert(0, keeper)
    nodes += [node(_CONTROLLERS_START + number, ("controller",)) for number in range(1, (spec.controllers or 0) + 1)]
    return tuple(nodes)


def recorded_in(directory: Path) -> Lab:
    """The lab on record in this directory, for its own processes. Raises `BadInput` when it is not there or damaged."""
    lab = read_value(directory / RECORD, Lab, "`kastellan lab down` ends and removes the lab")
    if lab is None:
        msg = f"{directory} holds no lab"
        raise BadInput(msg)
    return lab


def voters(spec: LabSpec) -> int:
    """How many nodes of the spec are controllers."""
    if spec.has_zookeeper:
        return 0
    return spec.brokers if spec.controllers is None else spec.controllers


def directory_of(name: str) -> Path:
    """Where a lab of this name lives. Raises `BadInput` for what cannot be a name."""
    return labs_dir() / LabSpec(name=name).validate().name


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that nobody else may read, not even in the instant in which it is made."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


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
