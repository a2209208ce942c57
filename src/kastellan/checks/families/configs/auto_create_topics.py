"""Topics come into being because somebody asked for them.

**What it means.** With auto.create.topics.enable a producer or consumer that asks for a topic creates it, by the brokers'
defaults for partitions and replication. A mistyped name makes a topic, and records go where nobody reads; a deleted topic
comes back while a client still asks for it.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep auto.create
      auto.create.topics.enable=true sensitive=false synonyms={DEFAULT_CONFIG:auto.create.topics.enable=true}

**When it is wrong.** It is Kafka's default, and some applications count on it: find out which before it is switched off
(Streams and Connect create their topics by themselves and do not need it). On a cluster of one broker, which is for
development, nothing is said.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import brokers_text
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers

KEY = "auto.create.topics.enable"
CHECK = Check(
    id="configs.auto_create_topics",
    title="A mistyped name creates a topic",
    severity=Severity.INFO,
    observed="{key}=true on {on}",
    expected="{key}=false, and topics made on purpose",
    impact="Clients create topics by asking for them, with default partitions and replication.",
    do=(
        "Find the applications that count on it. Then set auto.create.topics.enable=false in the properties of every broker "
        "and roll them; it is no dynamic setting."
    ),
    do_not="Do not switch it off before the topics of those applications exist: they stop with UNKNOWN_TOPIC_OR_PARTITION.",
    verify="kastellan doctor --only configs.auto_create_topics",
    undo="Set it to true again and roll the brokers.",
    monotone=True,
    references=("Kafka documentation, Broker Configs: auto.create.topics.enable",),
)


def evaluate(configs: Annotated[BrokerConfigs, Keys(KEY)], brokers: Brokers) -> Verdicts:
    """Fails where a broker has it on; null where none was seen to and some were not seen."""
    values = configs.values(KEY)
    on = values.filter(pl.col(KEY) == "true")["broker"].to_list()
    all_seen = values.height > 0 and values[KEY].null_count() == 0
    return Verdicts.cluster(
        fails=True if on else False if all_seen else None,
        applies=len(brokers.rows) > 1,
        key=KEY,
        on=brokers_text(on),
    )
