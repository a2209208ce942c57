"""Features that all brokers support are not in force.

**What it means.** Besides metadata.version Kafka has levels for single features: groups of the new protocol
(group.version), safer transactions (transaction.version), eligible leader replicas (eligible.leader.replicas.version).
An upgrade switches them on only where it is ended with `kafka-features.sh upgrade --release-version`; raising
metadata.version alone leaves them as they were.

**What it looks like**

    $ kafka-features.sh --bootstrap-server b1:9092 describe
    Feature: transaction.version  SupportedMinVersion: 0  SupportedMaxVersion: 2  FinalizedVersionLevel: 0

**When it is wrong.** Some levels are left low on purpose: clients that cannot go along, a way back that is to stay open.
Only features that a release switches on by itself in new clusters are judged, not previews. While brokers of two
releases run nothing is said.
"""

from kastellan.checks.check import Check, Verdicts
from kastellan.checks.families.controller.metadata_version_behind import one_release
from kastellan.model.finding import Severity
from kastellan.model.tables.features import Feature, Features
from kastellan.views.broker_versions import BrokerVersions

CHECK = Check(
    id="controller.feature_level_behind",
    title="Features of this release are off",
    severity=Severity.INFO,
    observed="{behind}",
    expected="the level that a new cluster of this release has",
    impact="Clients and brokers do without what these features give, and meet two ways of working after the next upgrade.",
    do="Read what each feature changes, then: kafka-features.sh upgrade --feature NAME=LEVEL, or --release-version RELEASE for "
    "all of them.",
    do_not="Do not raise a level while brokers or controllers of an older release still run.",
    verify="kastellan doctor --only controller.feature_level_behind",
    undo="kafka-features.sh downgrade --feature NAME=LEVEL, where the feature allows it.",
    follows_from=("controller.metadata_version_behind",),
    kafka="4.0 or newer",
    references=("KIP-584", "KIP-848", "KIP-890", "KIP-966"),
)

JUDGED = ("group.version", "transaction.version", "eligible.leader.replicas.version")


def evaluate(features: Features, versions: BrokerVersions) -> Verdicts:
    """Fails where a judged feature is below what is supported; null where none is known to be and one was not seen."""
    judged = [feature for feature in features.rows if feature.feature in JUDGED]
    states = [_behind(feature) for feature in judged]
    behind = [feature for feature, state in zip(judged, states, strict=True) if state]
    fails = True if behind else None if None in states or not features.rows else False
    return Verdicts.cluster(
        fails=fails,
        applies=True if fails is not True else one_release(versions),
        behind=", ".join(f"{feature.feature} is {feature.finalized_level} of {feature.supported_max}" for feature in behind),
    )


def _behind(feature_row: Feature) -> bool | None:
    if feature_row.finalized_level is None or feature_row.supported_max is None:
        return None
    return feature_row.finalized_level < feature_row.supported_max
