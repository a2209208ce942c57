"""A broker tells its clients an address at which nobody is: a slip in advertised.listeners, a forgotten port mapping.

Brokers reach it by their own listener, so that it is in every ISR, unfenced, and no broker logs anything. Clients bootstrap well
from any broker and then fail on every partition that this one leads.
"""

from __future__ import annotations

from kastellan.lab import nodes
from kastellan.lab.faults import _settings
from kastellan.lab.faults._model import HOLDS_S, Fault, Truth, choose_broker, wait
from kastellan.lab.load import clients
from kastellan.lab.model import Lab

FAULT = Fault(
    id="advertised_listener_wrong",
    title="A broker tells its clients a wrong address",
    fault_class="advertised-listener-wrong",
    kind="broker",
    needs="confluent-kafka",
)
_NOBODY_LISTENS = "127.0.0.1:1"


def aim(lab: Lab, node: int | None) -> Truth:
    """Choose the broker; the highest id unless one was named."""
    clients.need()
    victim = choose_broker(lab, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(victim.id,),
        node=victim.id,
        effect=f"broker {victim.id} listens at {victim.client} and tells its clients {_NOBODY_LISTENS}, where nobody is",
        details={"advertised": _NOBODY_LISTENS, "listens": victim.client or ""},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Restart it with the wrong address, and wait until clients are told that."""
    victim = lab.node(int(truth.key[0]))
    advertised = {"CLIENTS": truth.details["advertised"], "BROKERS": victim.broker, "CONTROLLERS": victim.controller}
    listeners = ",".join(f"{name}://{address}" for name, address in advertised.items() if address)
    _settings.restart_with(lab, victim, {"advertised.listeners": listeners})
    wait(
        lambda: clients.addresses(lab).get(victim.id) == truth.details["advertised"], "that clients are told the address", HOLDS_S
    )


def undo(lab: Lab, truth: Truth) -> None:
    """Restart it with its own settings, and wait until clients are told where it listens."""
    victim = lab.node(int(truth.key[0]))
    _settings.restore(lab, victim)
    if nodes.state(victim) == "running":
        wait(lambda: clients.addresses(lab).get(victim.id) == victim.client, "that clients are told the right address", HOLDS_S)
