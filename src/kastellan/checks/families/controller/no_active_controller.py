"""The metadata quorum has no leader.

**What it means.** Without an active controller nothing can change: no new leader for a partition whose broker dies, no
topic, no config, no ISR. What is led goes on being served, and so clients may notice nothing for a while.

**What it looks like**

    kafka.controller:type=KafkaController,name=ActiveControllerCount  0   (on every node)
    [RaftManager id=2] Connection to node 103 (...) could not be established.      (and current-state=prospective)

**When it is wrong.** During an election, for a second or two: it is an error once a second look says the same. Metadata
names a random broker as controller under KRaft: it is not used here. Where the majority of the voters is gone, brokers do
not say so: they keep the question and wait. That is taken for an absent controller only where no broker that was asked has
an answer, the first of them for more than a second, while it answers at once what it knows itself. A controller that is
merely cut off from all brokers looks the same, and is as bad for them.
"""

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.quorum import Leadership, Quorum

NOBODY = -1

CHECK = Check(
    id="controller.no_active_controller",
    title="No active controller",
    severity=Severity.ERROR,
    observed="{told}",
    expected="one of the voters leads, and answers",
    impact="No partition gets a new leader, no topic or config can change; a broker that stops now takes its partitions offline.",
    do="Bring back controllers until a majority of the voters runs; read their logs for elections that do not end.",
    do_not="Do not restart brokers, do not format a controller's directory, and do not remove voters while there is no majority.",
    verify="kastellan get quorum",
    settings=(
        Setting(
            name="silence_s",
            default=1.0,
            unit="s",
            meaning="For so long brokers wait for a controller in vain, and it is absent.",
            low=0.2,
            high=60.0,
        ),
    ),
    meaningless_without=(Quorum,),
    kafka="3.3 or newer with KRaft",
    references=("KIP-595", "KIP-836"),
    proven_by="quorum_lost",
)


def evaluate(quorum: Quorum, silence_s: float) -> Verdicts:
    """Fails where the quorum says that nobody leads, or no controller answers the brokers; null where nobody told."""
    leadership = quorum.rows[0] if quorum.rows else Leadership()
    silent = leadership.silent_ms is not None and leadership.silent_ms >= silence_s * 1000
    leading = None if leadership.leader is None else leadership.leader != NOBODY
    problem = f"the metadata quorum has no leader (epoch {'?' if leadership.leader_epoch is None else leadership.leader_epoch})"
    if leading is None and silent:
        problem = "no controller answers the brokers, which answer at once themselves"
    return Verdicts.cluster(
        fails=not leading if leading is not None else True if silent else None,
        told=problem,
        leader=leadership.leader,
        epoch=leadership.leader_epoch,
        silent_ms=leadership.silent_ms,
    )
