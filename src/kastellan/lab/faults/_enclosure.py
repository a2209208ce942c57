"""A node in a network of its own: between it and all others there is one relay, which can hurt the links between nodes.

The network is a namespace where the machine allows one, else a loopback address to which the node's calls are led. No setting of
the node changes, and no other node; both are gone when the relay and the node are.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import msgspec

from kastellan.kernel.errors import Unavailable
from kastellan.lab import nodes, processes
from kastellan.lab.faults import _child, _namespace, _packets, _redirection, _relay
from kastellan.lab.faults._model import HOLDS_S, enclosure, wait_child, wait_healed
from kastellan.lab.model import Lab, Node

BROKERS, QUORUM = _relay.BROKERS, _relay.QUORUM
_READY_S = 60.0
_MODULE = "kastellan.lab.faults._relay"
_NAMESPACES = (
    (_namespace.AS_ROOT, "a network namespace"),
    (_namespace.AS_ANYBODY, "a network namespace in a user namespace"),
)
_LOSING = {
    _packets.EVERYWHERE: "the kernel drops packets on both sides of it",
    _packets.INSIDE: "the kernel drops packets inside; outside, connections are made and stay silent",
    _packets.NOWHERE: (
        "the relay itself holds back what it carries, as long as TCP would repeat it; where all is lost, connections are made "
        "and stay silent"
    ),
}


class Manner(msgspec.Struct, frozen=True):
    """How a node gets a network of its own on this machine: `kind` of the relay, which is started `through` a command.

    `drops` says where the kernel may lose packets.
    """

    words: str
    kind: str
    through: tuple[str, ...]
    drops: str

    def entering(self, entrance: str) -> list[str]:
        """What the node is started through."""
        if self.kind == _relay.NAMESPACE:
            return _namespace.entering(entrance, self.through)
        return _redirection.entering(entrance)


@cache
def need() -> Manner:
    """How a node gets a network of its own here. Raises `Unavailable` when it cannot."""
    everywhere = _packets.may_lose()
    for way, words in _NAMESPACES:
        if _namespace.is_allowed(way):
            return Manner(words, _relay.NAMESPACE, way, _packets.EVERYWHERE if everywhere else _packets.INSIDE)
    if _redirection.is_allowed():
        drops = _packets.EVERYWHERE if everywhere else _packets.NOWHERE
        return Manner("a loopback address to which seccomp leads its calls", _relay.REDIRECTION, (), drops)
    msg = (
        "this machine allows no network namespaces, no user namespaces (or has no unshare and nsenter) and no seccomp by which "
        "one process leads the calls of another (Linux 5.5, on x86_64 or aarch64), one of which a network of a broker's own "
        "needs; run the lab as root, with util-linux"
    )
    raise Unavailable(msg)


def manner() -> str:
    """In a few words, what the network of a broker's own is here and where its packets are lost."""
    program = need()
    return f"{program.words} behind a relay; {_LOSING[program.drops]}"


def put_around(lab: Lab, node: Node, hurts: Sequence[str], share: float) -> None:
    """Restart the node in a network of its own, and wait until the cluster is whole: nothing is hurt yet.

    `share` is how much of the packets of the links for these uses (`BROKERS`, `QUORUM`) will be lost.
    """
    name = enclosure(node.id)
    manner = need()
    arguments = (str(node.id), ",".join(hurts), str(share), manner.kind, manner.drops)
    _child.start(lab, name, _MODULE, *arguments, through=manner.through)
    nodes.kill(lab, node.id)
    purpose = f"that broker {node.id} has a network of its own"
    wait_child(lab, name, lambda: _child.has_output(lab, name, _relay.READY), purpose, _READY_S)
    nodes.restart(lab, node.id, through=manner.entering(_child.read_output(lab, name, _relay.READY)))
    wait_healed(lab)


def strike(lab: Lab, node: Node) -> None:
    """Hurt the links between the node and all others from now on."""
    name = enclosure(node.id)
    relay = _child.identity(lab, name)
    if relay is None or not processes.send(relay, _relay.STRIKE):
        msg = f"the relay of broker {node.id} is gone; undo the fault with `kastellan lab fault --undo`"
        raise Unavailable(msg)
    purpose = f"that the links of broker {node.id} are hurt"
    wait_child(lab, name, lambda: _child.has_output(lab, name, _relay.STRUCK), purpose, HOLDS_S)


def take_away(lab: Lab, node: Node) -> None:
    """Restart the node in the network of all, and wait until its replicas are in sync; nothing happens where it is there."""
    name = enclosure(node.id)
    if _child.folder(lab, name).exists():
        nodes.kill(lab, node.id)
        _child.kill(lab, name)
        nodes.restart(lab, node.id)
        _child.remove(lab, name)
    elif nodes.state(node) != "running":
        nodes.restart(lab, node.id)
    wait_healed(lab)
