"""Clients reach a broker without encryption.

**What it means.** On a listener with PLAINTEXT or SASL_PLAINTEXT everything is readable for anyone who sees the network: the
records, and with SASL/PLAIN the passwords. With PLAINTEXT nobody has to say who they are, either: every client is
User:ANONYMOUS.

**What it looks like**

    listeners=CLIENT://:9092,REPLICATION://:9094
    listener.security.protocol.map=CLIENT:SASL_PLAINTEXT,REPLICATION:SSL

**When it is wrong.** Where the network itself is trusted or encrypted (a mesh of sidecars, WireGuard, a load balancer that
ends TLS on the same machine), it may be meant: waive it with the reason. A listener that is bound to loopback is no
finding. What a firewall keeps away cannot be seen from here. Managed services hide these settings: the answer is unknown.
"""

from typing import Annotated

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.security._listeners import ENCRYPTED, KEYS, by_broker, clients_listeners
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers

CHECK = Check(
    id="security.client_listener_unencrypted",
    title="Clients connect without encryption",
    severity=Severity.WARNING,
    observed="clients connect by {listeners}",
    expected="SASL_SSL or SSL on every listener for clients",
    impact="Records, and with SASL/PLAIN passwords, are readable on the network.",
    do=(
        "Add a listener with SASL_SSL or SSL beside this one and roll the brokers, move the clients over, then take this "
        "one away."
    ),
    do_not="Do not change the protocol of the listener that is in use: every client is cut off at once.",
    verify="kastellan doctor --only security.client_listener_unencrypted",
    undo="Put the former listener back and roll the brokers.",
    references=("Kafka documentation, Security: listener configuration",),
)


def evaluate(brokers: Brokers, configs: Annotated[BrokerConfigs, Keys(*KEYS)]) -> Verdicts:
    """Fails where a listener for clients is open to the network without TLS; null where the settings were not seen."""
    settings = by_broker(configs, KEYS)

    def row(broker: int) -> dict[str, object]:
        listeners = clients_listeners(settings.get(broker))
        open_ = [
            listener
            for listener in listeners or ()
            if listener.protocol is not None and listener.protocol not in ENCRYPTED and not listener.local
        ]
        all_seen = listeners is not None and all(listener.protocol is not None or listener.local for listener in listeners)
        return {
            "broker": broker,
            "fails": True if open_ else False if all_seen else None,
            "severity": (Severity.WARNING if len(brokers.rows) > 1 else Severity.INFO).value,
            "listeners": ", ".join(listener.text for listener in open_),
        }

    return Verdicts.rows("broker", (row(broker.broker) for broker in brokers.rows), facts=("severity", "listeners"))
