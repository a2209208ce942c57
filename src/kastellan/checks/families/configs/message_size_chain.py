"""A topic allows batches that the brokers cannot carry well.

**What it means.** max.message.bytes of a topic is one link of a chain. A request larger than socket.request.max.bytes is cut
off with the connection, so such batches can never be written. One larger than replica.fetch.response.max.bytes is
replicated, alone: while it is fetched all other partitions of that fetcher wait. Consumers have limits of their own
(fetch.max.bytes, max.partition.fetch.bytes), which the brokers do not know.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --entity-type topics --entity-name images
      max.message.bytes=209715200 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:max.message.bytes=209715200, ...}

In a broker's log:

    WARN [SocketServer] Unexpected error from /10.0.0.7; closing connection (InvalidReceiveException: Invalid receive
    (size = 209715300 larger than 104857600))

**When it is wrong.** A limit that nobody uses does no harm; it is reported because the first large batch finds it out. Since
Kafka 0.10.1 a batch larger than replica.fetch.max.bytes is replicated all the same, so that this is not compared.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.engine.needs import Keys
from kastellan.model.finding import Severity
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.topics import Topics
from kastellan.views.topic_settings import TopicSettings

REQUEST, RESPONSE = "socket.request.max.bytes", "replica.fetch.response.max.bytes"
CHECK = Check(
    id="configs.message_size_chain",
    title="Topic allows batches that brokers cannot carry well",
    severity=Severity.WARNING,
    observed="max.message.bytes {max_message_bytes:bytes}; {link} of a broker is {limit_bytes:bytes}",
    expected="max.message.bytes below {link} of every broker",
    impact="{because}",
    do=(
        "Lower the topic's max.message.bytes (and keep large objects outside Kafka), or raise the broker's setting on every "
        "broker; then see that the consumers' fetch.max.bytes and the producers' max.request.size fit."
    ),
    do_not="Do not raise socket.request.max.bytes on a few brokers only: the answer would depend on who leads.",
    verify="kastellan doctor --only configs.message_size_chain",
    undo="Set the former values again.",
    # Another broker can only be a narrower link.
    monotone=True,
    references=("KIP-74", "Kafka documentation, Topic Configs: max.message.bytes"),
)


def evaluate(topics: Topics, settings: TopicSettings, configs: Annotated[BrokerConfigs, Keys(REQUEST, RESPONSE)]) -> Verdicts:
    """Fails where a topic's limit is above that of a broker; null where none was seen so and some were not seen."""
    size = pl.col("max_message_bytes")
    request, response = (_lowest(configs, key) for key in (REQUEST, RESPONSE))
    refused, alone = _above(size, request), _above(size, response)
    cannot = pl.when(refused)
    return Verdicts(
        "topic",
        topics.df.lazy()
        .select("topic")
        .join(settings.df.lazy(), on="topic", how="left")
        .select(
            "topic",
            (refused | alone).alias("fails"),
            "max_message_bytes",
            severity=cannot.then(pl.lit(Severity.WARNING.value)).otherwise(pl.lit(Severity.INFO.value)),
            link=cannot.then(pl.lit(REQUEST)).otherwise(pl.lit(RESPONSE)),
            limit_bytes=cannot.then(pl.lit(request[0], pl.Int64)).otherwise(pl.lit(response[0], pl.Int64)),
            because=cannot.then(pl.lit("Larger batches are cut off with their connection and can never be written.")).otherwise(
                pl.lit("While such a batch is replicated, the other partitions of its fetcher wait.")
            ),
        ),
    )


def _lowest(configs: BrokerConfigs, config: str) -> tuple[int | None, bool]:
    """The lowest value that was seen, and whether every broker's was."""
    values = configs.values(config, pl.Int64)[config]
    lowest = values.min()
    return lowest if isinstance(lowest, int) else None, values.len() > 0 and not values.null_count()


def _above(size: pl.Expr, limit: tuple[int | None, bool]) -> pl.Expr:
    lowest, all_seen = limit
    above = size > pl.lit(lowest, pl.Int64)
    return pl.when(above).then(True).when(pl.lit(all_seen)).then(above)
