"""Asks a broker small questions with the standard library alone: are you serving, whom do you see, lead where you should.

The lab must know that its cluster is ready, and that a fault holds, without the rooms that are tested against it.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from kastellan.lab.model import Door

_API_METADATA, _API_VERSIONS = 3, 18
_API_ELECT_LEADERS = 43
_API_LOG_DIRS, _API_QUORUM = 35, 55
_STORAGE_ERROR = 56
_NO_CLIENT_ID = -1
_ARE_YOU_OK, _I_AM_OK = b"ruok", b"imok"
_CORRELATION_BYTES = 4
_ELECTION_MS = 10_000
_LARGEST = 16 * 1024 * 1024


class PartitionSeen(msgspec.Struct, frozen=True):
    """A partition in a broker's metadata."""

    error: int
    leader: int
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


class ClusterSeen(msgspec.Struct, frozen=True):
    """A broker's metadata: unfenced brokers, and the partitions of the topics that were asked for."""

    brokers: frozenset[int]
    partitions: Mapping[tuple[str, int], PartitionSeen]


Where = Door | str
"""A node's door, or the address of a listener in plain text."""


def serves(where: Where, timeout_s: float = 3.0) -> bool:
    """True when the listener answers an ApiVersions request."""
    return ask(where, _API_VERSIONS, 0, b"", timeout_s) is not None


def metadata(where: Where, topics: Sequence[str] | None = (), timeout_s: float = 3.0) -> ClusterSeen | None:
    """What this broker sees (of all topics when `topics` is None), or None when it does not answer in time."""
    body = struct.pack(">i", -1 if topics is None else len(topics))
    for topic in topics or ():
        raw = topic.encode()
        body += struct.pack(">h", len(raw)) + raw
    answer = ask(where, _API_METADATA, 1, body, timeout_s)
    if answer is None:
        return None
    try:
        return _decode(answer)
    except (struct.error, UnicodeDecodeError):
        return None


def elect_preferred(where: Where, timeout_s: float = 10.0) -> bool:
    """Ask the cluster to make the first replica of every partition its leader; True when it did what it could.

    Version 1, because version 0 has no place for the error of the whole request: a refusal reads as nothing to do.
    """
    answer = ask(where, _API_ELECT_LEADERS, 1, struct.pack(">bii", 0, -1, _ELECTION_MS), timeout_s)
    return answer is not None and answer[4:6] == b"\0\0"


def offline_dirs(where: Where, timeout_s: float = 15.0) -> frozenset[str]:
    """Log directories that this broker has taken out of service; none when it does not answer.

    Another error than that of storage (Kafka: `KAFKA_STORAGE_ERROR`) is of this question: the directory is in service yet.
    """
    answer = ask(where, _API_LOG_DIRS, 1, struct.pack(">i", -1), timeout_s)
    if answer is None:
        return frozenset()
    read = Reader(answer)
    read.take("i")
    names: set[str] = set()
    for _ in range(read.take("i")):
        error, path = read.take("h"), read.text()
        if error == _STORAGE_ERROR:
            names.add(path)
        for _ in range(read.take("i")):
            read.text()
            for form in "iqqb" * read.take("i"):
                read.take(form)
    return frozenset(names)


def quorum_leader(where: Where, timeout_s: float = 3.0) -> int | None:
    """The leader of the metadata quorum as the active controller itself says, by way of this broker; None without one."""
    name = b"__cluster_metadata"
    topic = struct.pack(">BB", 2, len(name) + 1) + name
    answer = ask(where, _API_QUORUM, 0, topic + struct.pack(">BiBBB", 2, 0, 0, 0, 0), timeout_s, flexible=True)
    if answer is None or answer[:2] != b"\0\0":
        return None
    code, leader = struct.unpack_from(">hi", answer, 2 + 1 + 1 + len(name) + 1 + 4)
    return int(leader) if code == 0 and leader >= 0 else None


def keeps(address: str, timeout_s: float = 3.0) -> bool:
    """True when a ZooKeeper is there and in order."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=timeout_s) as connection:
            connection.sendall(_ARE_YOU_OK)
            return _exactly(connection, len(_I_AM_OK)) == _I_AM_OK
    except (OSError, EOFError):
        return False


def objection(address: str, keys: Path | None, timeout_s: float = 5.0) -> str:
    """Why the certificate shown at this address is not accepted by who trusts the lab's authority; empty when it is."""
    try:
        with closing(_connect(Door(address, keys), timeout_s)):
            return ""
    except ssl.SSLCertVerificationError as problem:
        return problem.verify_message
    except OSError as problem:
        return str(problem)


def ask(where: Where, key: int, version: int, body: bytes, timeout_s: float, *, flexible: bool = False) -> bytes | None:
    """The body of the answer to one request, or None when none comes in time.

    `flexible` is what the protocol calls a version whose headers end in tagged fields.
    """
    tags = b"\0" if flexible else b""
    request = struct.pack(">hhih", key, version, 1, _NO_CLIENT_ID) + tags + body
    try:
        with closing(_connect(where if isinstance(where, Door) else Door(where), timeout_s)) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _exactly(connection, 4))
            if not _CORRELATION_BYTES <= size <= _LARGEST:
                return None
            return _exactly(connection, size)[_CORRELATION_BYTES + len(tags) :]
    except (OSError, EOFError):
        return None


def _connect(door: Door, timeout_s: float) -> socket.socket:
    host, _, port = door.address.rpartition(":")
    plain = socket.create_connection((host, int(port)), timeout=timeout_s)
    if door.keys is None:
        return plain
    try:
        context = ssl.create_default_context(cafile=str(door.keys.with_name("ca.pem")))
        context.load_cert_chain(door.keys)
        return context.wrap_socket(plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        piece = connection.recv(size - len(pieces))
        if not piece:
            raise EOFError
        pieces += piece
    return bytes(pieces)


class Reader:
    """Takes values of the protocol off an answer, one after another."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, form: str) -> int:
        """The next number; `form` is its letter for `struct`."""
        (value,) = struct.unpack_from(">" + form, self._raw, self._at)
        self._at += struct.calcsize(form)
        return int(value)

    def text(self) -> str:
        """The next text; nothing where there is none."""
        size = self.take("h")
        if size < 0:
            return ""
        self._at += size
        return self._raw[self._at - size : self._at].decode()

    def numbers(self) -> tuple[int, ...]:
        """The next array of 32-bit numbers."""
        return tuple(self.take("i") for _ in range(self.take("i")))


def _decode(raw: bytes) -> ClusterSeen:
    """Metadata version 1."""
    read = Reader(raw)
    brokers: set[int] = set()
    for _ in range(read.take("i")):
        brokers.add(read.take("i"))
        read.text()
        read.take("i")
        read.text()
    read.take("i")
    partitions: dict[tuple[str, int], PartitionSeen] = {}
    for _ in range(read.take("i")):
        read.take("h")
        topic = read.text()
        read.take("b")
        for _ in range(read.take("i")):
            error, number, leader = read.take("h"), read.take("i"), read.take("i")
            partitions[topic, number] = PartitionSeen(error, leader, read.numbers(), read.numbers())
    return ClusterSeen(frozenset(brokers), partitions)
