"""The controller still counts a broker that nobody needs any more.

**What it means.** The broker is registered, fenced, and holds no replica: most likely it was taken out of service and
its registration was left behind. It hurts nobody, but every list of brokers shows it, alerts on fenced brokers stay on,
and before Kafka 4.4 a registration of an old release can keep feature levels from being raised.

**What it looks like**

    $ kafka-cluster.sh list-endpoints --bootstrap-server b1:9092 --include-fenced-brokers
    ID   HOST      PORT   RACK   STATE     ENDPOINT_TYPE
    4    b4        9092   r1     fenced    broker

**When it is wrong.** A spare broker that is down looks the same: the severity is info. One that answers us is not gone, and
has findings of its own. Brokers before 4.0 do not report which brokers are fenced: there, a broker that is not listed is
not judged.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas

CHECK = Check(
    id="controller.stale_registrations",
    title="Registration of a broker that is gone",
    severity=Severity.INFO,
    observed="registered and fenced, it does not answer, and it holds no replica",
    expected="only brokers that are in service are registered",
    impact="None for clients; lists and alerts count a broker that does not exist.",
    do="If the broker will not come back: kafka-cluster.sh unregister --bootstrap-server H:P --id ID.",
    do_not="Do not unregister a broker that is only down: its replicas would have to be assigned anew.",
    verify="kastellan doctor --only controller.stale_registrations",
    undo="A broker that starts registers itself again.",
    kafka="4.0 or newer",
    references=("KIP-1073", "KIP-631"),
)


def evaluate(brokers: Brokers, replicas: Replicas) -> Verdicts:
    """Fails where a broker is fenced, silent to us, and named by no replica; null where that was not seen."""
    holds = replicas.df.lazy().select("broker").drop_nulls().unique().with_columns(holds=pl.lit(value=True))
    fenced = pl.when(pl.col("listed")).then(pl.coalesce("fenced", pl.lit(value=False))).otherwise("fenced")
    return Verdicts(
        "broker",
        brokers.df.lazy()
        .join(holds, on="broker", how="left", maintain_order="left")
        .select(
            "broker",
            fails=fenced & pl.col("holds").is_null() & ~pl.col("reached"),
            why=pl.when(pl.col("fenced").is_null()).then(
                pl.lit("whether it is fenced is not reported (Kafka 4.0 or newer reports it)")
            ),
        ),
    )
