"""An application may describe and read a topic, and the right to write to it is missing: a rule that nobody made.

It logs in, sees the topic, and each write ends in TOPIC_AUTHORIZATION_FAILED. The authorizer log of a broker says so too.
"""

from __future__ import annotations

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput
from kastellan.lab import access
from kastellan.lab.access import Acl
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, refuse_node, wait_child
from kastellan.lab.load import clients
from kastellan.lab.model import Lab
from kastellan.lab.security.principals import APP

FAULT = Fault(
    id="acl_missing",
    title="An application has no right to write to its topic",
    fault_class="acl-missing",
    kind="principal",
    needs="a secured lab, confluent-kafka",
)
_TOPIC = "lab-guarded"
_HAS = (Acl(APP, "Describe", "Topic", _TOPIC), Acl(APP, "Read", "Topic", _TOPIC))


def aim(lab: Lab, node: int | None) -> Truth:
    """It is the principal `shop`, on a topic of this fault's own."""
    clients.need()
    refuse_node(FAULT, node)
    if not lab.spec.is_secured:
        msg = f"{FAULT.id} needs an authorizer and lab {lab.name} has none; use a lab with --security sasl_ssl, mtls or oauth"
        raise BadInput(msg)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(APP,),
        hurt=(("topic", (_TOPIC,)),),
        effect=f"{APP} may describe and read {_TOPIC} and its writes are denied: no rule allows Write",
        details={"missing": f"Write on Topic:{_TOPIC} for User:{APP}"},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Make the topic and the rules that there are, start the application, and wait until it was denied."""
    clients.create(lab, [(_TOPIC, 1, min(3, len(lab.brokers)), {})], Deadline.after(HOLDS_S))
    access.add(lab, _HAS)
    _child.start(lab, truth.fault, "kastellan.lab.faults._writing_client", APP, _TOPIC)

    def is_denied() -> bool:
        return _child.read_output(lab, truth.fault, "outcome") == "TOPIC_AUTHORIZATION_FAILED"

    wait_child(lab, truth.fault, is_denied, "that its writes are denied", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """End the application, and remove its rules and its topic."""
    _child.kill(lab, truth.fault)
    access.remove(lab, _HAS)
    clients.delete(lab, _TOPIC, Deadline.after(HEALS_S))
    _child.remove(lab, truth.fault)
