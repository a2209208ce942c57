"""The controller has taken a broker out of the cluster.

**What it means.** The broker's heartbeats stopped (or it says itself that it cannot serve): the controller has fenced
it, moved its leaders away and taken it out of every ISR. It is dead, frozen, cut off, or still starting.

**What it looks like**

    INFO [QuorumController id=103] Fencing broker 1 at epoch 21 because its session has timed out.

A frozen broker looks the same to the cluster; but it still accepts connections and then says nothing, where a dead
one refuses them (see brokers.unreachable).

**When it is wrong.** The registration of a broker that was taken out of service for good stays until somebody removes
it: without any replica the severity is info. Brokers before Kafka 4.0 do not report which brokers are fenced: there, a
broker that holds replicas and that Metadata does not list among the live ones is reported. An id that only replicas name is not
registered: its replicas have to be moved to other brokers.
"""

from collections import Counter

from kastellan.checks.check import Check, Verdicts
from kastellan.kernel.units import plural
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.replicas import Replicas

CHECK = Check(
    id="brokers.fenced",
    title="Broker is out of the cluster",
    severity=Severity.ERROR,
    observed="{how}; {holds}; from here: {met}",
    expected="every broker that holds replicas is live",
    impact="Its replicas are away: one failure more may refuse writes or lose data.",
    do="Read the end of its log and look at its process: start it, or wake it if it is frozen. It joins by itself once it runs. "
    "Where it is not registered it was taken out of service with its replicas: move these to other brokers "
    "(kafka-reassign-partitions.sh --generate, then --execute) instead.",
    do_not="Do not restart other brokers until its replicas are back in the ISR.",
    verify="kastellan doctor --only brokers,replication --watch: the broker is live and nothing is under-replicated.",
    undo="Stop the broker again, cleanly.",
    follows_from=("storage.log_dir_offline", "controller.stale_registrations"),
    references=("KIP-631", "KIP-1073"),
    proven_by="broker_killed",
)


def evaluate(brokers: Brokers, replicas: Replicas | None) -> Verdicts:
    """Fails where the controller says fenced, or, where it does not tell, where Metadata does not list the broker."""
    held = Counter(dict(replicas.df.drop_nulls("broker").group_by("broker").len().iter_rows())) if replicas else Counter[int]()
    counted = replicas is not None and not replicas.unseen
    rows = [_row(broker, held[broker.broker], counted=counted) for broker in brokers.rows]
    return Verdicts.rows("broker", rows, ("severity", "how", "holds", "met", "replicas"))


def _row(broker: Broker, held: int, *, counted: bool) -> dict[str, object]:
    unlisted = None if broker.listed is None else not broker.listed
    away = unlisted if broker.fenced is None else broker.fenced
    how = (
        "not registered with the controller" if broker.registered is False
        else "fenced by the controller" if broker.fenced
        else "not among the live brokers"
    )  # fmt: skip
    holds = f"holds {plural(held, 'replica')}" if held or counted else "whether it holds replicas was not seen"
    rank = Severity.ERROR if held else Severity.INFO if counted else Severity.WARNING
    return {
        "broker": broker.broker,
        "fails": away,
        "severity": rank.value,
        "how": how,
        "holds": holds,
        "met": _met(broker),
        "replicas": held if held or counted else None,
    }


def _met(broker: Broker) -> str:
    if broker.reached is None:
        return "not asked"
    return "it answers" if broker.reached else broker.trouble or "no answer"
