"""A node in a network of its own: between it and all others there is one relay, which can hurt the links between nodes.

The network is a namespace (as root, or in a user namespace, which needs no right). It is gone when the relay and the node are,
and nothing of it is seen by anybody else: no address, no rule, no device of the machine changes.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Sequence
from functools import cache

from kastellan.kernel.errors import Unavailable
from kastellan.lab import nodes, processes
from kastellan.lab.faults import _child, _packets, _relay
from kastellan.lab.faults._model import HOLDS_S, enclosure, wait, wait_healed
from kastellan.lab.model import Lab, Node

BROKERS, QUORUM = _relay.BROKERS, _relay.QUORUM
_WAYS = ((), ("unshare", "-r"))
_TRY_S, _READY_S = 20.0, 60.0
_MODULE = "kastellan.lab.faults._relay"


def need() -> tuple[str, ...]:
    """How network namespaces are allowed on this machine. Raises `Unavailable` when they are not."""
    way = _way()
    if way is None:
        msg = (
            "this machine allows neither network namespaces nor user namespaces (or has no unshare and nsenter), which a network "
            "of a broker's own needs; run the lab as root, with util-linux"
        )
        raise Unavailable(msg)
    return way


def manner() -> str:
    """In a few words, what the network of a broker's own is here and where its packets are lost."""
    what = "a network namespace in a user namespace" if need() else "a network namespace"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as outside:
        everywhere = _packets.may_lose(outside)
    where = "on both sides of it" if everywhere else "inside; outside, connections are made and stay silent"
    return f"{what} behind a relay; the kernel drops packets {where}"


@cache
def _way() -> tuple[str, ...] | None:
    for way in _WAYS if shutil.which("nsenter") else ():
        try:
            tried = subprocess.run([*way, "unshare", "-n", "true"], capture_output=True, check=False, timeout=_TRY_S)
        except (OSError, subprocess.TimeoutExpired):
            continue
        if tried.returncode == 0:
            return way
    return None


def put_around(lab: Lab, node: Node, hurts: Sequence[str], share: float) -> None:
    """Restart the node in a network of its own, and wait until the cluster is whole: nothing is hurt yet.

    `share` is how much of the packets of the links for these uses (`BROKERS`, `QUORUM`) will be lost.
    """
    name = enclosure(node.id)
    _child.start(lab, name, _MODULE, str(node.id), ",".join(hurts), str(share), through=need())
    nodes.kill(lab, node.id)
    wait(lambda: _is_over(lab, name), f"that broker {node.id} has a network of its own", _READY_S)
    if _is_gone(lab, name):
        words = _child.told(lab, name, _child.OUTPUT).strip().splitlines()[-1:]
        msg = f"the relay of broker {node.id} ended: {' '.join(words) or 'it said nothing'}"
        raise Unavailable(msg)
    nodes.restart(lab, node.id, through=_entering(_child.told(lab, name, _relay.READY)))
    wait_healed(lab)


def strike(lab: Lab, node: Node) -> None:
    """Hurt the links between the node and all others from now on."""
    name = enclosure(node.id)
    relay = _child.identity(lab, name)
    if relay is None or not processes.send(relay, _relay.STRIKE):
        msg = f"the relay of broker {node.id} is gone; undo the fault with `kastellan lab fault --undo`"
        raise Unavailable(msg)
    wait(lambda: _child.has_told(lab, name, _relay.STRUCK), f"that the links of broker {node.id} are hurt", HOLDS_S)


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


def _is_over(lab: Lab, name: str) -> bool:
    """Whether the relay is ready, or never will be."""
    return _child.has_told(lab, name, _relay.READY) or _is_gone(lab, name)


def _is_gone(lab: Lab, name: str) -> bool:
    relay = _child.identity(lab, name)
    return relay is None or processes.now(relay) is None


def _entering(network: str) -> list[str]:
    if not need():
        return ["nsenter", f"--net={network}"]
    process = network.split("/task/", maxsplit=1)[0]
    return ["nsenter", "--preserve-credentials", f"--user={process}/ns/user", f"--net={network}"]
