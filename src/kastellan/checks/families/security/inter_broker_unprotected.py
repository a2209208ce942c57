"""Brokers talk to each other without encryption.

**What it means.** Every record passes between brokers for replication, and the brokers' own credentials too. Over PLAINTEXT
anyone who reaches that port may present itself as a broker; over SASL_PLAINTEXT the records are readable.

**What it looks like**

    inter.broker.listener.name=REPLICATION
    listener.security.protocol.map=CLIENT:SASL_SSL,REPLICATION:PLAINTEXT

**When it is wrong.** On a network of their own, which nobody else reaches, it may be meant: waive it with the reason. A
listener that is bound to loopback is no finding. Managed services hide these settings: the answer is unknown.
"""

from typing import Annotated

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.security._listeners import ENCRYPTED, KEYS, brokers_listener, by_broker
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers

CHECK = Check(
    id="security.inter_broker_unprotected",
    title="Brokers talk to each other without encryption",
    severity=Severity.WARNING,
    observed="between brokers by {listener}",
    expected="SSL or SASL_SSL between brokers",
    impact="Records are readable on the network between brokers{also}.",
    do=(
        "Add a listener with SSL or SASL_SSL on every broker and roll them; then set inter.broker.listener.name to it and roll "
        "once more; then take the old one away."
    ),
    do_not="Do not change inter.broker.listener.name before every broker has the new listener: replication stops.",
    verify="kastellan doctor --only security.inter_broker_unprotected",
    undo="Set inter.broker.listener.name back while the old listener is still there.",
    references=("Kafka documentation, Security: adding security to a running cluster",),
)


def evaluate(brokers: Brokers, configs: Annotated[BrokerConfigs, Keys(*KEYS)]) -> Verdicts:
    """Fails where the listener between brokers has no TLS and the network reaches it; null where it was not seen.

    Not applicable to a cluster of one broker.
    """
    settings = by_broker(configs, KEYS)
    others = True if len(brokers.rows) > 1 else None if brokers.unseen else False

    def row(broker: int) -> dict[str, object]:
        listener = brokers_listener(settings.get(broker))
        unknown = listener is None or (listener.protocol is None and not listener.local)
        return {
            "broker": broker,
            "fails": None if unknown or listener is None else not listener.local and listener.protocol not in ENCRYPTED,
            "applies": others,
            "listener": listener.text if listener else None,
            "also": ", and anybody who reaches the port may act as a broker"
            if listener and listener.protocol == "PLAINTEXT"
            else "",
        }

    return Verdicts.rows("broker", (row(broker.broker) for broker in brokers.rows), facts=("applies", "listener", "also"))
