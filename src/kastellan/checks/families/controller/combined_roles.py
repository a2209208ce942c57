"""Controllers are brokers at the same time.

**What it means.** In combined mode one process is broker and controller. A broker in trouble (memory, disk, a long
pause) then takes a voter of the metadata quorum along, and neither can be rolled or sized without the other. Kafka's
documentation advises against it beyond development.

**What it looks like**

    process.roles=broker,controller

**When it is wrong.** A small cluster of three nodes may have chosen it to save machines; a single node has no choice
and is not judged.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.quorum_nodes import QuorumNodes

CHECK = Check(
    id="controller.combined_roles",
    title="Controllers are brokers too",
    severity=Severity.INFO,
    observed="{combined} of {voters} controllers are brokers too ({nodes})",
    expected="controllers of their own",
    impact="Trouble of such a broker is trouble of the metadata quorum.",
    do="Add separate controllers and remove the combined ones from the voters, one at a time (needs kraft.version 1).",
    do_not="Do not change process.roles of a running quorum's node by hand.",
    verify="kastellan get quorum",
    undo="Add the old controllers back before the new ones are removed.",
    meaningless_without=(QuorumNodes,),
    kafka="3.3 or newer with KRaft",
    references=("Kafka documentation, KRaft: process roles",),
)


def evaluate(nodes: QuorumNodes, brokers: Brokers) -> Verdicts:
    """Fails where a voter's id is a broker's; null where no such one is known and some node's part was not seen."""
    ids = {broker.broker for broker in brokers.rows}
    voters = [node.node for node in nodes.rows if node.voter]
    combined = sorted(ids.intersection(voters))
    undecided = any(node.voter is None and node.node in ids for node in nodes.rows)
    return Verdicts.cluster(
        fails=True if combined else None if undecided or not nodes.rows else False,
        applies=len(ids) > 1,
        combined=len(combined),
        voters=len(voters),
        nodes=", ".join(map(str, combined)),
    )
