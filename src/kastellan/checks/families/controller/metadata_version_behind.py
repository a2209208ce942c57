"""The metadata version in force is older than what all brokers support.

**What it means.** The brokers were upgraded, and metadata.version was not raised afterwards. The cluster goes on as the
older release: its newer features are off, and every further upgrade has to bridge more. Until it is raised, the
brokers can still be rolled back to the older release; some weeks after an upgrade that is no use any more.

**What it looks like**

    $ kafka-features.sh --bootstrap-server b1:9092 describe
    Feature: metadata.version  SupportedMinVersion: 3.3-IV3  SupportedMaxVersion: 4.3-IV0  FinalizedVersionLevel: 3.9-IV0

**When it is wrong.** In the days after an upgrade it is left so on purpose. While brokers of two releases run it must not
be raised and nothing is said. What the controllers run is not visible to the brokers' protocol. Managed services raise
it themselves.
"""

import polars as pl

from kastellan.checks.check import Check, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.features import Features
from kastellan.views.broker_versions import BrokerVersions

CHECK = Check(
    id="controller.metadata_version_behind",
    title="metadata.version was not raised after an upgrade",
    severity=Severity.INFO,
    observed="metadata.version {level} is in force, all brokers support {supported}",
    expected="metadata.version {supported}",
    impact="Features of the newer release are off.",
    do="When the upgrade has proven itself and every controller runs the new release too: kafka-features.sh upgrade "
    "--release-version RELEASE.",
    do_not="Do not raise it while a roll runs, or while going back is still an option: most levels cannot be lowered again.",
    verify="kastellan doctor --only controller.metadata_version_behind",
    undo="kafka-features.sh downgrade --feature metadata.version=LEVEL, only where no level in between changed the metadata.",
    kafka="3.3 or newer with KRaft",
    references=("KIP-584", "KIP-778", "Kafka documentation, Upgrading"),
)

_FEATURE = "metadata.version"


def evaluate(features: Features, versions: BrokerVersions) -> Verdicts:
    """Fails where the level in force is below what the asked broker supports, if all brokers speak like it."""
    metadata_version = next((feature for feature in features.rows if feature.feature == _FEATURE), None)
    behind = None
    if (
        metadata_version is not None
        and metadata_version.finalized_level is not None
        and metadata_version.supported_max is not None
    ):
        behind = metadata_version.finalized_level < metadata_version.supported_max
    return Verdicts.cluster(
        fails=behind,
        # Without the feature (ZooKeeper) there is nothing to raise.
        applies=_applies(behind=behind, alike=one_release(versions))
        if metadata_version is not None
        else False
        if features.rows
        else None,
        level=metadata_version.finalized_level if metadata_version else None,
        supported=metadata_version.supported_max if metadata_version else None,
    )


def _applies(*, behind: bool | None, alike: bool | None) -> bool | None:
    """While two releases run the level must not be raised; where it was not seen, it may be the highest already."""
    if behind is None:
        return alike or None
    return alike if behind else True


def one_release(versions: BrokerVersions) -> bool | None:
    """All live brokers speak the same; None where those seen do and one was not seen."""
    live = versions.df.filter(pl.col("away").ne_missing(pl.lit(value=True)))
    if live.filter(~pl.col("away"))["spoken"].drop_nulls().n_unique() > 1:
        return False
    alike = live["spoken"].n_unique() <= 1 and not live["spoken"].null_count() and versions.df.height > 0
    return alike or None
