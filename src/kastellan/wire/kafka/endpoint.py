"""Where a Kafka node is reached, and reading that from what people type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from kastellan.kernel.addresses import address_text
from kastellan.kernel.errors import BadInput

Role = Literal["bootstrap", "broker", "controller"]
_LAST_PORT = 65_535


class Endpoint(msgspec.Struct, frozen=True):
    """One address that speaks the Kafka protocol.

    `node_id` is None for an address that was typed and may be a load balancer or any node.
    """

    host: str
    port: int
    node_id: int | None = None
    role: Role = "broker"

    @property
    def address(self) -> str:
        """Host and port as people write them; an IPv6 address in brackets."""
        return address_text(self.host, self.port)

    @property
    def label(self) -> str:
        """How a sentence names this node, for example `broker 2 (kafka-2:9092)`."""
        if self.node_id is None:
            return f"{self.role} {self.address}"
        return f"{self.role} {self.node_id} ({self.address})"

    def apply_mapping(self, resolve: Mapping[str, str]) -> Endpoint:
        """This endpoint as it is reached from here.

        `resolve` maps `host:port` or `host` to `host:port` or `host`; the longer key wins.

        >>> Endpoint("kafka-2", 9092).apply_mapping({"kafka-2": "127.0.0.1", "kafka-2:9092": "127.0.0.1:19092"}).address
        '127.0.0.1:19092'
        """
        to = resolve.get(self.address) or resolve.get(self.host)
        if to is None:
            return self
        host, port = _split(to, default_port=self.port)
        return Endpoint(host, port, self.node_id, self.role)


def parse_endpoints(text: str, *, role: Role = "bootstrap", option: str = "--bootstrap-server") -> tuple[Endpoint, ...]:
    """The addresses of a comma-separated list, in order and without repeats.

    Raises BadInput that names the piece which is not `host:port`.

    >>> [each.address for each in parse_endpoints("a:9092, [::1]:9093")]
    ['a:9092', '[::1]:9093']
    """
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if not pieces:
        msg = f"{option} is empty; give host:port, several separated by commas"
        raise BadInput(msg)
    return tuple(dict.fromkeys(parse_endpoint(piece, role=role, option=option) for piece in pieces))


def parse_endpoint(text: str, *, role: Role = "bootstrap", option: str = "--bootstrap-server") -> Endpoint:
    """One address. Raises BadInput that names the text.

    >>> parse_endpoint("PLAINTEXT://[::1]:9092").address
    '[::1]:9092'
    """
    try:
        host, port = _split(text.strip(), default_port=None)
    except BadInput as error:
        msg = f"{option}: {error.message}"
        raise BadInput(msg) from None
    return Endpoint(host, port, None, role)


def _split(piece: str, *, default_port: int | None) -> tuple[str, int]:
    _, scheme, rest = piece.rpartition("://")
    bare = rest if scheme else piece
    host, port = _host_and_port(bare)
    if not host or any(letter.isspace() or letter in "/@\\" for letter in host):
        msg = f"{piece!r} is not an address; write host:port, an IPv6 address as [::1]:9092"
        raise BadInput(msg)
    if not port and default_port is not None:
        return host, default_port
    if not (port.isascii() and port.isdigit()) or not 0 < int(port) <= _LAST_PORT:
        msg = f"{piece!r} has no port from 1 to {_LAST_PORT}; write host:port, for example {host}:9092"
        raise BadInput(msg)
    return host, int(port)


def _host_and_port(bare: str) -> tuple[str, str]:
    if bare.startswith("["):
        host, _, rest = bare[1:].partition("]")
        return host, rest.removeprefix(":")
    if bare.count(":") > 1:
        return "", ""
    host, _, port = bare.partition(":")
    return host, port
