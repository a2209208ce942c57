"""Controllers are reached without encryption.

**What it means.** The metadata quorum holds all there is to know of the cluster: topics, ACLs, credentials of SCRAM users.
Over PLAINTEXT anyone who reaches a controller's port reads it and, without an authorizer on the controllers, changes it.

**What it looks like**

    controller.listener.names=CONTROLLER
    listener.security.protocol.map=CONTROLLER:PLAINTEXT,CLIENT:SASL_SSL,...

**When it is wrong.** On a network of their own, which nobody else reaches, it may be meant: waive it with the reason.
Controllers that are all addressed by loopback are no finding. What is judged is the listener by which brokers reach the
controllers (the first of controller.listener.names), as each broker's own settings say it. ZooKeeper clusters have none.
"""

from typing import Annotated

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.security._listeners import (
    ENCRYPTED,
    KEYS,
    Settings,
    by_broker,
    controllers_listener,
    setting_value,
)
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers

CHECK = Check(
    id="security.controller_listener_unprotected",
    title="Controllers are reached without encryption",
    severity=Severity.WARNING,
    observed="controllers are reached by {listener} ({protocol})",
    expected="SSL or SASL_SSL for controllers",
    impact="Metadata, ACLs and SCRAM credentials among it, is readable on the network between brokers and controllers.",
    do=(
        "Add a listener with SSL or SASL_SSL as a further one of controller.listener.names on controllers and brokers, roll "
        "them, put it first in the list, roll again, then take the old one away."
    ),
    do_not="Do not change the protocol of the listener in use: the quorum falls apart while nodes speak different ones.",
    verify="kastellan doctor --only security.controller_listener_unprotected",
    undo="Put the former listener first again while it is still there.",
    kafka="3.3 or newer with KRaft",
    references=("Kafka documentation, Security: listener configuration", "KIP-853"),
)
_WHERE = ("controller.quorum.bootstrap.servers", "controller.quorum.voters")
_WANTED = (*KEYS, *_WHERE)
_LOOPBACK = ("127.", "localhost:", "[::1]")


def evaluate(brokers: Brokers, configs: Annotated[BrokerConfigs, Keys(*_WANTED)]) -> Verdicts:
    """Fails where the listener for controllers has no TLS and not all are on loopback; null where it was not seen."""
    settings = by_broker(configs, _WANTED)

    def row(broker: int) -> dict[str, object]:
        name, protocol, name_seen = controllers_listener(settings.get(broker))
        local = _local(settings.get(broker))
        plain = None if protocol is None else protocol not in ENCRYPTED
        return {
            "broker": broker,
            # Kleene: without TLS and open.
            "fails": False if plain is False or local is True else None if plain is None or local is None else True,
            "applies": None if not name_seen else name is not None,
            "listener": name,
            "protocol": protocol,
        }

    return Verdicts.rows("broker", (row(broker.broker) for broker in brokers.rows), facts=("applies", "listener", "protocol"))


def _local(settings: Settings | None) -> bool | None:
    """Every controller that the broker's settings name is addressed by loopback; null where they name none."""
    settings_of_quorum = [setting_value(settings, key) for key in _WHERE]
    if not all(setting.readable for setting in settings_of_quorum):
        return None
    named = [
        address.rpartition("@")[2].strip()
        for setting in settings_of_quorum
        for address in (setting.value or "").split(",")
        if address.strip()
    ]
    return all(address.startswith(_LOOPBACK) for address in named) if named else None
