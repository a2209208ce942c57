"""What brokers say of min.insync.replicas has no effect any more, and what has says 1.

**What it means.** With eligible leader replicas in force (KIP-966, on in clusters that are made with 4.1 or newer, and after
an upgrade of the feature) min.insync.replicas of a broker's own properties is not read. When the feature came into force, the
controller wrote one value for the whole cluster, out of its own properties: where only the brokers' said 2, it became 1. From
then on acks=all is content with one copy, for topics without their own value.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep min.insync
      min.insync.replicas=1 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:min.insync.replicas=1,
      STATIC_BROKER_CONFIG:min.insync.replicas=2, DEFAULT_CONFIG:min.insync.replicas=1}

**When it is wrong.** Where every topic has its own min.insync.replicas nothing has changed. Where nobody ever asked for 2 the
finding is of severity info, as the brokers' default before. A cluster of two brokers or fewer is not judged.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features

KEY = "min.insync.replicas"
CHECK = Check(
    id="configs.min_insync_broker_level_dropped",
    title="The brokers' min.insync.replicas has no effect",
    severity=Severity.INFO,
    observed="eligible leader replicas are in force, and min.insync.replicas of the cluster is {lowest}",
    expected="2 for the cluster, by kafka-configs.sh and not in the brokers' properties",
    impact="Without a topic's own value acks=all is content with one copy, whatever the properties of the brokers say.",
    do=(
        "kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type brokers --entity-default --add-config "
        "min.insync.replicas=2; no restart is needed."
    ),
    do_not=(
        "Do not raise it while topics with 2 replicas or fewer have no value of their own: their producers with acks=all are "
        "refused as soon as one broker is away."
    ),
    verify="kastellan doctor --only configs.min_insync_broker_level_dropped",
    undo="Set it to 1 in the same way.",
    monotone=True,
    kafka="4.0 or newer",
    references=("KIP-966", "https://kafka.apache.org/41/getting-started/upgrade/"),
)
_FEATURE = "eligible.leader.replicas.version"
_LEAST_BROKERS = 3


def evaluate(configs: Annotated[BrokerConfigs, Keys(KEY)], brokers: Brokers, features: Features) -> Verdicts:
    """Fails where a broker reports 1 though the feature is in force; null where none was seen to and some were not seen."""
    levels = [feature.finalized_level for feature in features.rows if feature.feature == _FEATURE]
    in_force = None if features.unseen else False if not levels else None if levels[0] is None else levels[0] > 0
    values = configs.values(KEY, pl.Int64)[KEY]
    lowest = values.min()
    low = isinstance(lowest, int) and lowest <= 1
    all_seen = values.len() > 0 and not values.null_count()
    sure = sum(broker.registered is True for broker in brokers.rows)
    most = sum(broker.registered is not False for broker in brokers.rows)
    enough = True if sure >= _LEAST_BROKERS else False if most < _LEAST_BROKERS else None
    return Verdicts.cluster(
        fails=True if low else False if all_seen else None,
        applies=False if False in (in_force, enough) else None if None in (in_force, enough) else True,
        lowest=lowest,
    )
