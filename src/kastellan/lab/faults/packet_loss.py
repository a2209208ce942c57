"""The network between a broker and the other brokers loses three of four packets, by chance, in both directions.

TCP repeats what was lost after growing pauses, so that replication crawls: replicas drop out of the ISR on both sides and come
back for moments, while the controllers are reached as ever and the broker is never fenced. Nothing is refused and nothing is
reset. Kafka counts no lost packets and logs nothing of them; on a real host the kernel's TcpRetransSegs grows.
"""

from __future__ import annotations

from kastellan.kernel.errors import BadInput
from kastellan.lab import probe
from kastellan.lab.faults import _enclosure
from kastellan.lab.faults._model import HOLDS_S, Fault, Truth, choose_broker, running_brokers, wait
from kastellan.lab.model import Lab

FAULT = Fault(
    id="packet_loss",
    title="Packets between a broker and the others are lost",
    fault_class="packet-loss",
    kind="broker",
    needs="3 brokers and topics with traffic, namespaces or Linux 5.5",
)
_SHARE, _FEWEST = 0.75, 2


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    _enclosure.need()
    victim = choose_broker(lab, node)
    peers = running_brokers(lab, victim.id)
    if len(peers) < _FEWEST:
        msg = f"{FAULT.id} needs 3 running brokers and lab {lab.name} has {len(peers) + 1}; use a lab with --brokers 3"
        raise BadInput(msg)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        hurt=tuple(("broker", (peer.id,)) for peer in peers),
        effect=f"{_SHARE:.0%} of the packets between broker {victim.id} and the other brokers are lost: replicas are out of sync",
        details={
            "between": ", ".join(str(peer.id) for peer in peers),
            "packets lost": f"{_SHARE:.0%} in each direction",
            "by": _enclosure.manner(),
        },
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Give it a network of its own, lose packets of it, and wait until it is out of step with two brokers, and not fenced."""
    victim = lab.node(int(truth.key[0]))
    _enclosure.put_around(lab, victim, (_enclosure.BROKERS,), _SHARE)
    _enclosure.strike(lab, victim)
    purpose = f"that broker {victim.id} is out of step with two others (is there a load? `kastellan lab load`)"
    wait(lambda: len(_out_of_step(lab, victim.id)) >= _FEWEST, purpose, HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """Give it the network of all again, and wait until its replicas are in sync."""
    _enclosure.take_away(lab, lab.node(int(truth.key[0])))


def _out_of_step(lab: Lab, broker: int) -> frozenset[int]:
    """The brokers between which and this one, which is live, a replica is out of sync."""
    view = probe.metadata(running_brokers(lab, broker)[0].door, None)
    if view is None or broker not in view.brokers:
        return frozenset()
    lagging: set[int] = set()
    for part in view.partitions.values():
        behind = set(part.replicas) - set(part.in_sync)
        if part.leader == broker:
            lagging |= behind
        elif broker in behind:
            lagging.add(part.leader)
    return frozenset(lagging & view.brokers)
