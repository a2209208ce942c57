"""A broker does not answer us.

**What it means.** From where Kastellan runs, the broker's advertised address does not answer. That says something
about the way between as much as about the broker: only the cluster can call a broker dead (see brokers.fenced).

- refused: the machine is there, nothing listens on the port: the process is gone, or the advertised port is wrong;
- silent: connected, asked, and nothing came: a frozen or overloaded process, or a firewall that swallows;
- slow: it answers, but not in time;
- unresolved, unreachable: the name or the network is the trouble.

**What it looks like**

    WARN [NetworkClient] Connection to node 2 (broker-2/10.0.0.2:9092) could not be established. Node may not be available.

**When it is wrong.** Behind a VPN, a proxy, a port-forward or a load balancer every advertised address may be out of
reach from here while all is well. So the severity is warning and never error. Where the cluster says itself that the broker
is away, brokers.fenced says how bad that is, and this is only how it was met from here.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.kernel.addresses import address_text
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Broker, Brokers

CHECK = Check(
    id="brokers.unreachable",
    title="Broker does not answer from here",
    severity=Severity.WARNING,
    observed="{trouble} from here{detail}; the cluster says: {cluster}",
    expected="an answer at the advertised address {address}",
    impact="Clients with the same way to it are cut off from the partitions that it leads; what only it could tell is not seen.",
    do="Try the same address from a client's host: if it fails there too, look at the process, else at the way from here.",
    do_not="Do not restart the broker on this finding alone: the cluster may be well.",
    verify="kastellan doctor --only brokers",
    follows_from=("brokers.fenced", "topology.advertised_address_wrong"),
    references=("Kafka documentation, Broker configs: advertised.listeners",),
    proven_by="advertised_listener_wrong",
)


def evaluate(brokers: Brokers) -> Verdicts:
    """Fails where the broker was asked and did not answer; null where it was not asked."""
    rows = [_row(broker) for broker in brokers.rows]
    return Verdicts.rows("broker", rows, ("severity", "trouble", "detail", "cluster", "address", "why"))


def _row(broker: Broker) -> dict[str, object]:
    gone = broker.fenced if broker.fenced is not None else broker.listed is False
    severity = Severity.INFO if gone else Severity.WARNING
    cluster_seen = broker.fenced is not None or broker.listed is not None
    return {
        "broker": broker.broker,
        "fails": None if broker.reached is None else not broker.reached,
        "severity": severity.value,
        "trouble": broker.trouble or "no answer",
        "detail": f" ({broker.reason})" if broker.reason else "",
        "cluster": ("it is away" if gone else "it is live") if cluster_seen else "nothing",
        "address": address_text(broker.host, broker.port) if broker.host else "(none known)",
        "why": None if broker.reached is not None or broker.host else "it was not asked: the cluster names no address for it",
    }
