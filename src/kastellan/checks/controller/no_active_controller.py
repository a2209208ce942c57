"""The metadata quorum has no leader.

**What it means.** Without an active controller nothing can change: no new leader for a partition whose broker dies, no
topic, no config, no ISR. What is led goes on being served, and so clients may notice nothing for a while.

**What it looks like**

    kafka.controller:type=KafkaController,name=ActiveControllerCount  0   (on every node)
    [RaftManager id=2] Connection to node 103 (...) could not be established.      (and current-state=prospective)

**When it is wrong.** During an election, for a second or two. Metadata names a random broker as controller under
KRaft: it is not used here. Where the majority of the voters is gone, brokers usually do not say so: the question
times out, and the answer here is unknown with that reason. Look at the controllers' processes then.
"""

from kastellan.checks.check import Check, Judged
from kastellan.model.finding import Severity
from kastellan.model.tables.quorum import Quorum

NOBODY = -1

CHECK = Check(
    id="controller.no_active_controller",
    title="No active controller",
    severity=Severity.ERROR,
    observed="the metadata quorum has no leader (epoch {epoch})",
    expected="one of the voters leads",
    impact="No partition gets a new leader, no topic or config can change; a broker that stops now takes its partitions offline.",
    do="Bring back controllers until a majority of the voters runs; read their logs for elections that do not end.",
    do_not="Do not restart brokers, do not format a controller's directory, and do not remove voters while there is no majority.",
    verify="kastellan get quorum",
    meaningless_without=("quorum",),
    kafka="3.3 or newer with KRaft",
    references=("KIP-595", "KIP-836"),
)


def judge(quorum: Quorum) -> Judged:
    """Fails where the quorum says that nobody leads; null where nobody told."""
    one = quorum.rows[0] if quorum.rows else None
    leader = one.leader if one else None
    return Judged.cluster(
        fails=None if leader is None else leader == NOBODY,
        leader=leader,
        epoch=one.leader_epoch if one else None,
    )
