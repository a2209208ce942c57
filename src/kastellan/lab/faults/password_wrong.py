"""An application logs in with a wrong password, again and again: a secret that was rotated on one side alone.

The cluster is well. Brokers say "Failed authentication" at INFO level for each attempt, and their count of failed authentications
rises; the application sees an authentication error and moves nothing.
"""

from __future__ import annotations

from kastellan.kernel.errors import BadInput
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import HOLDS_S, Fault, Truth, refuse_node, wait_child
from kastellan.lab.load import clients
from kastellan.lab.model import SASL_SSL, Lab
from kastellan.lab.security.principals import VIEWER, WRONG

FAULT = Fault(
    id="password_wrong",
    title="An application logs in with a wrong password",
    fault_class="password-wrong",
    kind="principal",
    needs="a lab with --security sasl_ssl, confluent-kafka",
)
_TOPIC = "lab-orders"


def aim(lab: Lab, node: int | None) -> Truth:
    """It is the principal `viewer`, with a secret that is not its own."""
    clients.need()
    refuse_node(FAULT, node)
    if lab.spec.security != SASL_SSL:
        msg = f"{FAULT.id} needs passwords and lab {lab.name} has none; use a lab with --security {SASL_SSL}"
        raise BadInput(msg)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(VIEWER,),
        effect=f"an application that calls itself {VIEWER} is refused by every broker: its password is wrong",
        details={"command_config": str(lab.command_config(WRONG))},
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Start the application, and wait until it was refused."""
    _child.start(lab, truth.fault, "kastellan.lab.faults._writing_client", WRONG, _TOPIC)

    def is_refused() -> bool:
        return _child.read_output(lab, truth.fault, "outcome") == "_AUTHENTICATION"

    wait_child(lab, truth.fault, is_refused, "that the application is refused", HOLDS_S)


def undo(lab: Lab, truth: Truth) -> None:
    """End the application."""
    _child.kill(lab, truth.fault)
    _child.remove(lab, truth.fault)
