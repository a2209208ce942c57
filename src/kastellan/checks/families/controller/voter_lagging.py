"""A controller does not follow the metadata log.

**What it means.** A voter that does not fetch from the leader is dead, frozen, cut off or far behind. It does not
count towards a majority: while it is away the quorum bears fewer failures, or none.

**What it looks like**

    $ kafka-metadata-quorum.sh describe --replication
    NodeId  LogEndOffset  Lag   LastFetchTimestamp  LastCaughtUpTimestamp  Status
    101     12873         0     1769000120000       1769000120000          Leader
    103     12411         462   1769000064000       1769000064000          Follower

**When it is wrong.** The times are on the leader's clock and are compared with each other, never with ours. In the
second after an election no follower has fetched yet: nothing is said before one of them has.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.shared_settings import MAX_BEHIND
from kastellan.model.finding import Severity
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNode, QuorumNodes

NEVER = 0  # timestamps at or below it: the node has not done so under this leader

CHECK = Check(
    id="controller.voter_lagging",
    title="Controller does not follow",
    severity=Severity.WARNING,
    observed="{behind}, {lag_records:count} records behind the leader {leader}; {following} of {voters} voters follow",
    expected="caught up within {max_behind_s:g} s",
    impact="{voters} voters need {majority} for a majority: {reserve}.",
    do="Look at this controller's process, disk and network; start it again if it is gone.",
    do_not="Do not restart another controller before this one follows: the quorum may lose its majority.",
    verify="kastellan doctor --only controller --watch",
    follows_from=("controller.no_active_controller", "controller.no_majority_margin", "brokers.fenced", "brokers.unreachable"),
    settings=(MAX_BEHIND,),
    meaningless_without=(Quorum, QuorumNodes),
    kafka="3.3 or newer with KRaft",
    references=("KIP-595", "KIP-836"),
)


def evaluate(quorum: Quorum, nodes: QuorumNodes, max_behind_s: float) -> Verdicts:
    """Fails where a voter was caught up longer ago than allowed, measured on the leader's clock."""
    leader = quorum.rows[0].leader if quorum.rows else None
    ends = {node.node: node.log_end_offset for node in nodes.rows}
    stamps = [stamp for node in nodes.rows for stamp in (node.last_fetch_ms, node.last_caught_up_ms)]
    # The leader's present is the newest time that it stamped; with a stamp unseen it may be later, never earlier.
    present_ms = max((stamp for stamp in stamps if stamp is not None), default=NEVER)
    all_seen = None not in stamps and not nodes.unseen
    rows = [
        {
            **_row(node, leader, present_ms, max_behind_s * 1000, all_seen=all_seen),
            "lag_records": _lag(ends.get(leader or 0), node),
        }
        for node in nodes.rows
    ]
    return Verdicts.rows("node", _with_majority(rows), ("applies", "severity", "leader", "lag_records", "behind"))


def _row(node: QuorumNode, leader: int | None, present_ms: int, max_behind_ms: float, *, all_seen: bool) -> dict[str, object]:
    seen_ms = node.last_caught_up_ms
    behind_ms = None if seen_ms is None or seen_ms <= NEVER else present_ms - seen_ms
    behind = "never caught up with this leader" if behind_ms is None else f"last caught up {behind_ms / 1000:,.0f} s ago"
    return {
        "node": node.node,
        "fails": _fails(node, leader, present_ms, max_behind_ms, all_seen=all_seen),
        "applies": node.voter,
        "behind": behind,
        "behind_ms": behind_ms,
        "leader": leader,
        "why": "the quorum has no leader to measure against" if leader == -1 else None,
    }


def _fails(node: QuorumNode, leader: int | None, present_ms: int, max_behind_ms: float, *, all_seen: bool) -> bool | None:
    if leader is None or leader < 0:
        return None
    if node.node == leader:
        return False
    if node.last_caught_up_ms is None:
        return None
    if present_ms <= NEVER:
        return None  # nobody has fetched from this leader yet
    if present_ms - node.last_caught_up_ms > max_behind_ms:
        return True
    return False if all_seen else None


def _lag(end: int | None, node: QuorumNode) -> int | None:
    return None if end is None or node.log_end_offset is None else max(0, end - max(0, node.log_end_offset))


def _with_majority(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """The rows with what the quorum still bears; a voter of which nothing is known is not counted as lost."""
    voters = [row for row in rows if row["applies"]]
    following = sum(voter["fails"] is not True for voter in voters)
    majority = len(voters) // 2 + 1
    spare = following - majority
    reserve = "it has lost it" if spare < 0 else "one more away loses it" if spare == 0 else f"it bears {spare} more away"
    severity = Severity.ERROR if spare <= 0 else Severity.WARNING
    quorum_facts = {
        "voters": len(voters),
        "following": following,
        "majority": majority,
        "reserve": reserve,
        "severity": severity.value,
    }
    return [{**row, **quorum_facts} for row in rows]
