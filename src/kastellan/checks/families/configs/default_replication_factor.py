"""Topics to come get fewer copies than the cluster could keep, or promise less.

**What it means.** A topic that is created without a replication factor gets default.replication.factor, and without its own
min.insync.replicas that of the brokers. Kafka's defaults are 1 and 1, made for a laptop: every such topic is lost with
one disk, and with three copies acks=all is still content with one.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep -E 'default.repl|min.insync'
      default.replication.factor=1 sensitive=false synonyms={DEFAULT_CONFIG:default.replication.factor=1}
      min.insync.replicas=1 sensitive=false synonyms={DEFAULT_CONFIG:min.insync.replicas=1}

**When it is wrong.** Where every topic is made by a tool that names both, the defaults are never used. In KRaft the active
controller's default.replication.factor counts, which is asked of brokers only: see that the controllers' properties have
the same. With eligible leader replicas in force the brokers' min.insync.replicas has no effect; then
`configs.min_insync_broker_level_dropped` judges the value that has. A cluster of one broker has no choice.
"""

from typing import Annotated, Any

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.text_exprs import brokers_text
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.features import Features

FACTOR, MINIMUM = "default.replication.factor", "min.insync.replicas"
CHECK = Check(
    id="configs.default_replication_factor",
    title="Defaults for new topics keep too few copies",
    severity=Severity.INFO,
    observed="{lowest} on {on}",
    expected="{least} or more",
    impact="{because}",
    do=(
        "Set default.replication.factor=3 in the properties of brokers and controllers and roll them; set min.insync.replicas=2 "
        "for the cluster: kafka-configs.sh --alter --entity-type brokers --entity-default --add-config min.insync.replicas=2."
    ),
    do_not=(
        "Do not raise min.insync.replicas while topics with 2 replicas or fewer have no value of their own: their producers "
        "with acks=all are refused as soon as one broker is away."
    ),
    verify="kastellan doctor --only configs.default_replication_factor",
    undo="Set the former values again.",
    # A low value that was seen stays low; more brokers only ask for more copies.
    monotone=True,
    references=("Kafka documentation, Broker Configs: default.replication.factor, min.insync.replicas", "KIP-966"),
)
_COPIES, _IN_SYNC = 3, 2


def evaluate(configs: Annotated[BrokerConfigs, Keys(FACTOR, MINIMUM)], brokers: Brokers, features: Features) -> Verdicts:
    """Fails where a broker's value is below what its cluster could keep; null where none was seen so and some were not."""
    sure = sum(broker.registered is True for broker in brokers.rows)
    most = sum(broker.registered is not False for broker in brokers.rows)
    eligible = _eligible(features)
    factor = _row(configs, FACTOR, min(_COPIES, sure), min(_COPIES, most))
    minimum = _row(configs, MINIMUM, min(_IN_SYNC, sure - 1), min(_IN_SYNC, most - 1))
    return Verdicts.rows(
        "broker_config",
        [
            {
                **factor,
                "applies": _more_than(sure, most, 1),
                "because": "Topics made without a replication factor are lost, or away, with one broker or two.",
            },
            {
                **minimum,
                "applies": None if eligible is None else _more_than(sure, most, 2) if not eligible else False,
                "because": "For topics without their own value acks=all is content with a single copy.",
            },
        ],
    )


def _more_than(sure: int, most: int, count: int) -> bool | None:
    return True if sure > count else False if most <= count else None


def _eligible(features: Features) -> bool | None:
    """Whether eligible leader replicas are in force; false where the cluster does not know the feature."""
    if features.unseen:
        return None
    levels = [feature.finalized_level for feature in features.rows if feature.feature == "eligible.leader.replicas.version"]
    return False if not levels else None if levels[0] is None else levels[0] > 0


def _row(configs: BrokerConfigs, config: str, least: int, most: int) -> dict[str, Any]:
    """The lowest values, against what is surely asked for (`least`) and what may be (`most`)."""
    rows = configs.values(config, pl.Int64)
    values = dict(rows.drop_nulls(config).select("broker", config).iter_rows())
    lowest = min(values.values(), default=None)
    all_seen = rows.height > 0 and rows[config].null_count() == 0
    low = lowest is not None and lowest < least
    fine = all_seen and lowest is not None and lowest >= most
    return {
        "config": config,
        "fails": True if low else False if fine else None,
        "lowest": lowest,
        "least": least,
        "on": brokers_text(broker for broker, value in values.items() if value == lowest),
    }
