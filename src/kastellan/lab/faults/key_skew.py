"""Nearly all records of a topic carry one key: one partition gets them, and the one member that reads it cannot keep up.

More members do not help, and the group as a whole looks busy and well: each other partition is read to its end at once.
"""

from __future__ import annotations

from kastellan.kernel.deadline import Deadline
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import HEALS_S, HOLDS_S, Fault, Truth, refuse_node, wait_child
from kastellan.lab.faults._skewed_application import HOT_SHARE, PARTITIONS
from kastellan.lab.load import clients
from kastellan.lab.model import Lab

FAULT = Fault(
    id="key_skew",
    title="Nearly all records of a topic go to one partition",
    fault_class="key-skew",
    kind="partition",
    needs="confluent-kafka",
)
_TOPIC, _GROUP, _HOT = "lab-skewed", "lab-skewed-readers", 0
_TIMES, _BEHIND = 10, 500


def aim(lab: Lab, node: int | None) -> Truth:
    """It is a partition of a topic of this fault's own."""
    clients.need()
    refuse_node(FAULT, node)
    return Truth(
        fault=FAULT.id,
        fault_class=FAULT.fault_class,
        kind=FAULT.kind,
        key=(_TOPIC, _HOT),
        hurt=(("group", (_GROUP,)),),
        details={"copies": str(min(3, len(lab.brokers)))},
        effect=f"{HOT_SHARE} of 100 records of {_TOPIC} go to partition {_HOT}; {_GROUP} falls behind there and nowhere else",
    )


def inject(lab: Lab, truth: Truth) -> None:
    """Make the topic, start the application, and wait until one partition has the records and the lag."""
    clients.create(lab, [(_TOPIC, PARTITIONS, int(truth.details["copies"]), {})], Deadline.after(HOLDS_S))
    _child.start(lab, truth.fault, "kastellan.lab.faults._skewed_application", _TOPIC, _GROUP)
    wait_child(
        lab, truth.fault, lambda: _is_skewed(lab), f"that {_TOPIC}-{_HOT} has most records and its reader is behind", HOLDS_S
    )


def undo(lab: Lab, truth: Truth) -> None:
    """End the application, and delete its topic and its group."""
    _child.end(lab, truth.fault)
    clients.delete(lab, _TOPIC, Deadline.after(HEALS_S))
    clients.delete_group(lab, _GROUP, Deadline.after(HEALS_S))
    _child.remove(lab, truth.fault)


def _is_skewed(lab: Lab) -> bool:
    ends = clients.ends(lab, _TOPIC, PARTITIONS)
    commits = clients.commits(lab, _GROUP)
    others = [end for number, end in ends.items() if number != _HOT]
    committed = commits.get((_TOPIC, _HOT), -1)
    return ends[_HOT] > _TIMES * max(others) > 0 and committed >= 0 and ends[_HOT] - committed > _BEHIND
