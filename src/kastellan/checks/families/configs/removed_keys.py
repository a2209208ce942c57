"""A config is set that the broker's release does not know any more.

**What it means.** The properties of a broker set something that its release has dropped. The broker ignores it: the person who
wrote it expects an effect that is not there. Usually it is left over from an upgrade.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --all --broker 1 | grep difference
      log.message.timestamp.difference.max.ms=null sensitive=true synonyms={STATIC_BROKER_CONFIG:...=null}

In the broker's log, at its start:

    WARN These configurations '[zookeeper.connect]' were supplied but are not used yet.

**When it is wrong.** A file that is shared by clusters of several versions keeps such settings on purpose. Only configs that
Apache Kafka had and dropped are looked for (the release data names them with their sources), not every name that a broker
does not know: plug-ins read settings of their own.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.configs._outdated import evaluate_outdated
from kastellan.model.finding import Severity
from kastellan.views.config_changes import ConfigChanges
from kastellan.views.outdated_configs import OutdatedConfigs

CHECK = Check(
    id="configs.removed_keys",
    title="A setting is set that the release does not know any more",
    severity=Severity.INFO,
    observed="set on {count} of {brokers} brokers ({some_brokers}); Kafka {removed} and newer do not know it",
    expected="not set; in its place: {replacement}",
    impact="It has no effect, whatever its value.",
    do="Take it out of the brokers' properties where they are written, and set what takes its place.",
    do_not="Do not restart brokers only for this.",
    verify="kastellan doctor --only configs.removed_keys (after the brokers' next restart)",
    # Two more brokers do not unset it.
    monotone=True,
    kafka="3.0 or newer (older ones do not report their release)",
    references=("https://kafka.apache.org/40/getting-started/upgrade/", "https://kafka.apache.org/40/getting-started/zk2kraft/"),
)


def evaluate(outdated: OutdatedConfigs, changes: ConfigChanges) -> Verdicts:
    """Fails where a broker has it set and its release does not know it; null where none does and one did not tell."""
    wanted = [(row.config, row.removed, row.replacement) for row in changes.rows if row.scope == "broker" and row.removed]
    return evaluate_outdated(outdated, pl.col("is_set") & pl.col("gone"), wanted, ("removed", "replacement"))
