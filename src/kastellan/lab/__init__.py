"""Real Apache Kafka on loopback: clusters, load, and faults with their ground truth. It knows no check and no cause.

`up` starts a cluster (or finds it running), `find` and `status` read it from disk, `down` ends it without a trace;
`nodes` hurts and heals one node.
"""

from kastellan.lab.cluster import LabStatus, NodeStatus, down, find, names, need, status, sweep
from kastellan.lab.model import Lab, LabSpec, Node
from kastellan.lab.nodes import cont, kill, log_tail, restart, stop
from kastellan.lab.start import up

__all__ = [
    "Lab",
    "LabSpec",
    "LabStatus",
    "Node",
    "NodeStatus",
    "cont",
    "down",
    "find",
    "kill",
    "log_tail",
    "names",
    "need",
    "restart",
    "status",
    "stop",
    "sweep",
    "up",
]
