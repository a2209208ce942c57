"""One more controller away stops the metadata quorum.

**What it means.** A majority of the voters must follow the leader. Some voters do not, and those left are no more than
the majority: when another one stops, be it for a restart, nothing in the cluster can change any more, and brokers that
restart do not come back.

**What it looks like**

    $ kafka-metadata-quorum.sh describe --replication
    NodeId  LogEndOffset  Lag   LastFetchTimestamp  LastCaughtUpTimestamp  Status
    101     12873         0     1769000120000       1769000120000          Leader
    102     12873         0     1769000119500       1769000119500          Follower
    103     12411         462   1769000064000       1769000064000          Follower

**When it is wrong.** While the controllers of a cluster of three are rolled, this is so at each of them, for as long as
it restarts: do not stop the next one meanwhile. One voter, and two that both follow, bear no failure by design:
controller.voter_count reports that.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.controller.voter_lagging import evaluate as lagging
from kastellan.checks.shared_settings import MAX_BEHIND
from kastellan.model.finding import Severity
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes

CHECK = Check(
    id="controller.no_majority_margin",
    title="Metadata quorum bears no further failure",
    severity=Severity.ERROR,
    observed="{following} of {voters} voters follow and {majority} are a majority; not following: {away}",
    expected="at least {wanted} voters that follow",
    impact="{reserve}: no new leaders, topics, configs or ISR changes, and restarting brokers do not come back.",
    do="Bring back the named controllers: process, disk, network. Start with the one that was lost last.",
    do_not="Do not restart any other controller, do not remove voters, and do not format a controller's directory.",
    verify="kastellan doctor --only controller --watch",
    follows_from=("controller.no_active_controller", "brokers.fenced", "brokers.unreachable"),
    settings=(MAX_BEHIND,),
    meaningless_without=(Quorum, QuorumNodes),
    kafka="3.3 or newer with KRaft",
    references=("KIP-595", "KIP-836"),
    proven_by="broker_killed",
)


def evaluate(quorum: Quorum, nodes: QuorumNodes, max_behind_s: float) -> Verdicts:
    """Fails where a voter does not follow and those that may are at most a majority; null where that rests on unseen ones."""
    rows = lagging(quorum, nodes, max_behind_s).frame.lazy().collect().to_dicts()
    all_seen = bool(rows) and all(row["applies"] is not None for row in rows)
    voters = [row for row in rows if row["applies"]]
    away = sorted(voter["node"] for voter in voters if voter["fails"])
    unseen = sum(voter["fails"] is None for voter in voters)
    majority = len(voters) // 2 + 1
    spare = len(voters) - len(away) - majority
    return Verdicts.cluster(
        fails=_fails(lost=len(away), unseen=unseen, spare=spare) if all_seen else None,
        following=len(voters) - len(away),
        voters=len(voters),
        majority=majority,
        wanted=majority + 1,
        away=", ".join(map(str, away)),
        blames=away,
        reserve="It has lost its majority" if spare < 0 else "When one more voter stops, nothing can change",
    )


def _fails(*, lost: int, unseen: int, spare: int) -> bool | None:
    if lost and spare <= 0:
        return True
    return None if unseen and spare <= unseen else False
