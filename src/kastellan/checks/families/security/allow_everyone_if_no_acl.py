"""What has no ACL is open to everybody.

**What it means.** With allow.everyone.if.no.acl.found=true the authorizer refuses nobody access to a resource of which no ACL
speaks: every new topic is open until somebody remembers it. And the first ACL on a topic closes it for all others at once,
which breaks applications that nobody thought of.

**What it looks like**

    authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
    allow.everyone.if.no.acl.found=true

**When it is wrong.** It belongs to the way from no authorizer to one, for a while. Kafka takes the setting for one that it does
not know and keeps its value secret: it returns only that it is set. Then the answer is unknown; look into the broker's
properties. Where it is not set, it is false.
"""

from typing import Annotated

from kastellan.checks.check import Check, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers

KEY = "allow.everyone.if.no.acl.found"
CHECK = Check(
    id="security.allow_everyone_if_no_acl",
    title="What has no ACL is open to everybody",
    severity=Severity.WARNING,
    observed="{key}=true",
    expected="{key}=false, which is the default",
    impact="New topics are open until somebody gives them an ACL; the first ACL then cuts off everybody else.",
    do=(
        "List what has no ACL (kafka-acls.sh --list against the topics), give each application its rights, then take the "
        "setting out on all nodes and roll them."
    ),
    do_not="Do not take it out before every application has its ACLs: those without are refused at once.",
    verify="kastellan doctor --only security.allow_everyone_if_no_acl",
    undo="Set it to true again and roll the nodes.",
    references=("Kafka documentation, Security: authorization and ACLs",),
)
_HIDDEN = f"{KEY} is set, and Kafka does not return its value; look into the broker's properties"


def evaluate(brokers: Brokers, configs: Annotated[BrokerConfigs, Keys(KEY)]) -> Verdicts:
    """Fails where it is set to true; null where it was not seen, or is set with a value that Kafka hides."""
    rows = {row["broker"]: row for row in configs.df.filter(config=KEY).iter_rows(named=True)}

    def row(broker: int) -> dict[str, object]:
        config = rows.get(broker, {"value": None, "seen": None, "source": None})
        absent = bool(config["seen"]) and config["value"] is None and config["source"] is None
        value = config["value"]
        hidden = value is None and config["source"] is not None
        fails = False if absent else None if value is None else str(value).lower() == "true"
        return {"broker": broker, "fails": fails, "why": _HIDDEN if hidden else None, "key": KEY}

    return Verdicts.rows("broker", (row(broker.broker) for broker in brokers.rows), facts=("why", "key"))
