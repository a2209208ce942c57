"""Everybody may do everything.

**What it means.** A broker without an authorizer does not ask who may do what: anyone who can connect reads and writes every
topic, changes configs and deletes topics. Where clients log in, their names are known and mean nothing.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep authorizer
      authorizer.class.name= sensitive=false synonyms={DEFAULT_CONFIG:authorizer.class.name=}

**When it is wrong.** Where rights are kept by something in front (a proxy, a mesh), it may be meant: waive it with the
reason. On a single broker, and where every listener is bound to loopback, the severity is info. Managed services hide the
setting, and the answer is unknown.
"""

from typing import Annotated

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.security._listeners import KEYS, all_local, by_broker, setting_value
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers

CHECK = Check(
    id="security.no_authorizer",
    title="Nobody asks who may do what",
    severity=Severity.WARNING,
    observed="authorizer.class.name is empty",
    expected="an authorizer on every broker and controller",
    impact="Whoever can connect may read, write, change and delete everything.",
    do=(
        "First give every application its ACLs (they can be made once the authorizer runs with "
        "allow.everyone.if.no.acl.found=true), then set authorizer.class.name="
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer and super.users on all nodes and roll them."
    ),
    do_not="Do not switch an authorizer on before the brokers' own principals are in super.users: they are refused as well.",
    verify="kastellan doctor --only security.no_authorizer",
    undo="Take authorizer.class.name out again and roll the nodes.",
    references=("Kafka documentation, Security: authorization and ACLs",),
)
_KEY = "authorizer.class.name"
_WANTED = (*KEYS, _KEY)


def evaluate(brokers: Brokers, configs: Annotated[BrokerConfigs, Keys(*_WANTED)]) -> Verdicts:
    """Fails where a broker has no authorizer; null where its settings were not seen."""
    settings = by_broker(configs, _WANTED)

    def row(broker: int) -> dict[str, object]:
        authorizer = setting_value(settings.get(broker), _KEY)
        at_home = len(brokers.rows) <= 1 or all_local(settings.get(broker)) is True
        return {
            "broker": broker,
            "fails": None if not authorizer.readable or authorizer.value is None else authorizer.value == "",
            "severity": (Severity.INFO if at_home else Severity.WARNING).value,
        }

    return Verdicts.rows("broker", (row(broker.broker) for broker in brokers.rows), facts=("severity",))
