"""The one member of a group hangs in its own work (protocol of KIP-848): it is put out, and nobody reads on.

It did not poll for max.poll.interval.ms. The process lives and looks well; the group is empty, its commits stand still, and the
end of the log moves on. The brokers say at INFO level that a member left.
"""

from __future__ import annotations

from kastellan.lab.faults import _stuck_consumer
from kastellan.lab.faults._model import Fault, Truth
from kastellan.lab.model import Lab

FAULT = Fault(
    id="consumer_stuck_kip848",
    title="The one member of a group hangs (protocol of KIP-848)",
    fault_class="consumer-stuck",
    kind="group",
    needs="confluent-kafka",
)


def aim(lab: Lab, node: int | None) -> Truth:
    """It is a group of this fault's own."""
    return _stuck_consumer.aim(FAULT, _stuck_consumer.KIP_848, lab, node)


def inject(lab: Lab, truth: Truth) -> None:
    """Start the application, and wait until it was put out and records pile up."""
    _stuck_consumer.inject(lab, truth)


def undo(lab: Lab, truth: Truth) -> None:
    """End the application, and delete its topic and its group."""
    _stuck_consumer.undo(lab, truth)
