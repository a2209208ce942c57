"""A config is set that a later release does not know.

**What it means.** It works today. The release that drops it ignores the value, or refuses to start; whoever upgrades then
has one more thing to find out. Known beforehand, it is a line in the plan of the upgrade.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --broker 1 --all | grep log.cleaner.enable
      log.cleaner.enable=false sensitive=false synonyms={STATIC_BROKER_CONFIG:log.cleaner.enable=false, ...}

**When it is wrong.** A cluster under ZooKeeper sets what ZooKeeper needs, and all of it goes with the migration to KRaft: the
settings are then a list for that day. Only settings that somebody set are reported, never defaults.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.configs._outdated import evaluate_outdated
from kastellan.model.finding import Severity
from kastellan.views.config_changes import ChangedConfig, ConfigChanges
from kastellan.views.outdated_configs import OutdatedConfigs

CHECK = Check(
    id="configs.deprecated_keys",
    title="A setting is set that a later release drops",
    severity=Severity.INFO,
    observed="set on {count} of {brokers} brokers ({some_brokers}); {fate}",
    expected="not set; in its place: {replacement}",
    impact="After the upgrade that drops it the value has no effect, or the broker does not start.",
    do="Set what takes its place, now or with the upgrade, and take this one out of the brokers' properties.",
    do_not="Do not take ZooKeeper's settings out of a cluster that still runs on it.",
    verify="kastellan doctor --only configs.deprecated_keys",
    monotone=True,
    kafka="3.0 or newer (older ones do not report their release)",
    references=("https://kafka.apache.org/documentation/#upgrade",),
)


def evaluate(outdated: OutdatedConfigs, changes: ConfigChanges) -> Verdicts:
    """Fails where a broker has it set and its release still knows it; null where none does and one did not tell."""
    wanted = [(row.config, _fate(row), row.replacement) for row in changes.rows if row.scope == "broker" and row.reported]
    return evaluate_outdated(outdated, pl.col("is_set") & pl.col("leaving"), wanted, ("fate", "replacement"))


def _fate(change: ChangedConfig) -> str:
    if change.removed is not None:
        return f"Kafka {change.removed} does not know it"
    going = f" and to be removed in {change.planned}" if change.planned else ""
    return f"deprecated since Kafka {change.deprecated}{going}"
