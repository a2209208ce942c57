"""Brokers of one cluster run different releases.

**What it means.** Brokers offer different versions of the protocol's requests, so they run different releases (or have
different features switched on). During a rolling upgrade that is the plan. Left so, clients meet another behaviour from
one leader to the next, the new release's features stay off, and the next upgrade starts from a state nobody has tested.

**What it looks like**

    $ kafka-broker-api-versions.sh --bootstrap-server b1:9092 | grep -A1 'Produce'
    b1:9092 (id: 1 rack: null) -> (   Produce(0): 3 to 13 [usable: 13],
    b3:9092 (id: 3 rack: null) -> (   Produce(0): 3 to 11 [usable: 11],

**When it is wrong.** During a roll the finding is true and passes by itself: one look has severity info, a warning is what an
earlier look, at least an hour before, showed as well. Two patch releases of one version mostly speak the same and are
not distinguished. A load balancer that answers in the place of brokers hides or invents differences.
"""

from typing import Annotated

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.engine.needs import Earlier
from kastellan.kernel.units import duration_text
from kastellan.model.finding import Severity
from kastellan.views.broker_versions import BrokerVersions

CHECK = Check(
    id="controller.mixed_versions",
    title="Brokers run different releases",
    severity=Severity.INFO,
    observed="{kinds} sets of request versions: {who}{lasting}",
    expected="one release on all brokers",
    impact="What clients may use depends on the broker; features of the newer release stay off until all have it.",
    do="If a roll runs, finish it. If not, find out which brokers were left behind, and roll them to the newer release.",
    do_not="Do not raise metadata.version or another feature level before every broker and controller runs the new release.",
    verify="kastellan doctor --only controller.mixed_versions",
    undo="Until the feature levels are raised, brokers can be rolled back to the older release.",
    settings=(
        Setting(
            name="roll_s", default=3600, unit="s", low=60, high=604_800,
            meaning="how long a roll may take; longer and it counts as forgotten",
        ),
    ),
    # Two releases that were seen are two releases, whatever else is seen.
    monotone=True,
    references=("Kafka documentation, Upgrading", "KIP-35"),
)  # fmt: skip

_MOST_NAMED = 6


def evaluate(
    versions: BrokerVersions,
    before: Annotated[BrokerVersions, Earlier(min_s=3600, setting="roll_s")] | None,
    *,
    roll_s: float,
) -> Verdicts:
    """Fails where two live brokers speak different versions; null where those seen agree and one was not seen."""
    live = versions.df.filter(pl.col("away").ne_missing(pl.lit(value=True)))
    lasted = before is not None and _are_mixed(before.df)
    kinds = live["spoken"].drop_nulls().n_unique()
    agree = kinds <= 1 and not live["spoken"].null_count() and versions.df.height > 0
    return Verdicts.cluster(
        fails=True if _are_mixed(versions.df) else False if agree else None,
        severity=(Severity.WARNING if lasted else Severity.INFO).value,
        kinds=kinds,
        who=_brokers_by_version(live),
        lasting=f"; it was so {duration_text(roll_s * 1000)} before, or longer" if lasted else "",
    )


def _are_mixed(versions: pl.DataFrame) -> bool:
    """Two brokers that are known to be live speak different versions."""
    return versions.filter(~pl.col("away"))["spoken"].drop_nulls().n_unique() > 1


def _brokers_by_version(live: pl.DataFrame) -> str:
    """The brokers of each set, the newest first."""
    sets = (
        live.drop_nulls("spoken")
        .group_by("spoken")
        .agg(brokers=pl.col("broker").sort(), newest=pl.col("highest_sum").first())
        .sort("newest", descending=True)
    )
    groups_text = [
        ", ".join(map(str, members[:_MOST_NAMED]))
        + (f" and {len(members) - _MOST_NAMED} more" if len(members) > _MOST_NAMED else "")
        for members in sets["brokers"].to_list()
    ]
    return "; older: ".join(groups_text)
