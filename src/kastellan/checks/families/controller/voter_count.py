"""The number of controllers bears fewer failures than it could.

**What it means.** A majority of the voters must run. One voter bears no failure; two bear none either and have twice
the chance of one; four bear one, as three do, and cost one more.

**What it looks like**

    $ kafka-metadata-quorum.sh describe --status
    CurrentVoters: [{"id": 101, ...}, {"id": 102, ...}]

**When it is wrong.** A cluster for development has one controller on purpose: with a single broker the severity is info.
While voters are being replaced (KIP-853) their number is even for some minutes.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.kernel.units import plural
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.quorum_nodes import QuorumNodes

CHECK = Check(
    id="controller.voter_count",
    title="Number of controllers is single or even",
    severity=Severity.INFO,
    observed="{voters} voters, which bear {bears_text}",
    expected="3 voters, or 5 for large clusters",
    impact="The metadata quorum stops when {stops_at} of them are away; nothing can change then.",
    do="Add controllers, one at a time, until there are 3 or 5 (kafka-metadata-quorum.sh add-controller; kraft.version 1).",
    do_not="Do not remove a voter while another one does not follow.",
    verify="kastellan get quorum",
    undo="kafka-metadata-quorum.sh remove-controller",
    meaningless_without=(QuorumNodes,),
    kafka="3.3 or newer with KRaft",
    references=("KIP-853",),
)


def evaluate(nodes: QuorumNodes, brokers: Brokers | None) -> Verdicts:
    """Fails where the voters are one or even in number; null where some node was not reported as a voter or as none."""
    all_seen = bool(nodes.rows) and all(node.voter is not None for node in nodes.rows)
    voters = sum(node.voter is True for node in nodes.rows)
    majority = voters // 2 + 1
    alone = brokers is not None and not brokers.unseen and len(brokers.rows) <= 1
    fragile = voters <= 2 and not alone  # noqa: PLR2004  (one or two voters bear no failure)
    return Verdicts.cluster(
        fails=(voters == 1 or voters % 2 == 0) if all_seen else None,
        severity=(Severity.WARNING if fragile else Severity.INFO).value,
        voters=voters,
        bears=max(0, voters - majority),
        bears_text=plural(max(0, voters - majority), "failure"),
        stops_at=voters - majority + 1,
    )
