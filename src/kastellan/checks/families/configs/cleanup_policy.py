"""A topic that must keep the last value of every key deletes by age.

**What it means.** Some topics are tables: commits of groups, states of transactions, schemas, the state of a Streams
application. They must be compacted. With cleanup.policy=delete whatever was not written anew within the retention is gone: the
commits of a quiet group, a schema that was registered last year, the state of an application after its next move.

**What it looks like**

    $ kafka-topics.sh --describe --topic __consumer_offsets
    Topic: __consumer_offsets  PartitionCount: 50  ReplicationFactor: 3  Configs: cleanup.policy=delete

**When it is wrong.** Topics are known by their names: __consumer_offsets, __transaction_state, _schemas, and names that end
in -changelog. A topic of yours that happens to be called so, and a changelog that an application keeps for a time on purpose
(windows have compact,delete, which is no finding), are found without need.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.topics import Topics
from kastellan.views.topic_settings import TopicSettings

CHECK = Check(
    id="configs.cleanup_policy",
    title="A topic that must be compacted deletes by age",
    severity=Severity.ERROR,
    observed="cleanup.policy={cleanup_policy}",
    expected="cleanup.policy=compact{alone}",
    impact="What was not written anew within the retention is deleted: {what}.",
    do=(
        "kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config cleanup.policy=compact, now: what is "
        "deleted until then does not come back."
    ),
    do_not="Do not delete the topic to have it re-created.",
    verify="kastellan doctor --only configs.cleanup_policy",
    undo="kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config cleanup.policy=delete",
    references=("Kafka documentation, Topic Configs: cleanup.policy", "Kafka documentation, Log compaction"),
)
KAFKAS = {"__consumer_offsets": "commits of groups", "__transaction_state": "states of transactions"}
_SCHEMAS, _CHANGELOG = "_schemas", "-changelog"


def evaluate(topics: Topics, settings: TopicSettings) -> Verdicts:
    """Fails where such a topic is not compacted, and for Kafka's own where it deletes as well; null where it was not seen."""
    topic, policy = pl.col("topic"), pl.col("cleanup_policy")
    kafkas = topic.is_in(list(KAFKAS))
    loses = ~policy.str.contains("compact", literal=True) & (policy != "")
    also = kafkas & policy.str.contains("delete", literal=True)
    changelog = topic.str.ends_with(_CHANGELOG)
    severe = kafkas & loses
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic")
        .join(settings.df.lazy(), on="topic", how="left")
        .select(
            "topic",
            (loses | also).alias("fails"),
            (kafkas | (topic == _SCHEMAS) | changelog).fill_null(value=False).alias("applies"),
            "cleanup_policy",
            severity=pl.when(severe).then(pl.lit(Severity.ERROR.value)).otherwise(pl.lit(Severity.WARNING.value)),
            alone=pl.when(kafkas).then(pl.lit(" alone")).otherwise(pl.lit("")),
            what=pl.when(kafkas).then(topic.replace_strict(KAFKAS, default=None, return_dtype=pl.String))
            .when(changelog).then(pl.lit("the state of a Streams application"))
            .otherwise(pl.lit("schemas")),
        ),
    )  # fmt: skip
