"""How a snapshot meets needs."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import pytest

from kastellan.engine.needs import Earlier, Keys, Need, Views
from kastellan.engine.resolver import Missing, MissingKind, Resolver, deciding, of_this_look
from kastellan.kernel.errors import Defect
from kastellan.model.snapshot import Moment, Snapshot
from kastellan.model.table import Frame, Unseen, column
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.reference.reference_data import packaged_releases
from kastellan.reference.releases import ReleaseData
from kastellan.testing.snapshots import AT_MS, edit, healthy, hide


class Ends(Frame, name="ends", key=("topic", "partition")):
    """A view."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    latest = column(pl.Int64, "end")


made: list[int] = []


def ends(offsets: Offsets, topics: Topics | None) -> Ends:
    made.append(offsets.df.height)
    return Ends(offsets.df.select(*Ends.schema()))


VIEWS = Views({Ends: ends})


def asks(
    view: Ends,
    before: Annotated[Ends, Earlier(min_s=60, setting="wait_s")],
    configs: Annotated[TopicConfigs, Keys("retention.ms", "cleanup.policy")],
    commits: Annotated[Commits, Earlier(min_s=3600)] | None,
    now: Moment,
    *,
    wait_s: float,
) -> None:
    """A check's function."""


def looks(*ago_s: int) -> Snapshot:
    return healthy().after(*(edit(healthy(at_ms=AT_MS - each * 1000), Offsets, {}, latest=each) for each in ago_s))


def latest_of(arguments: dict[str, object] | Missing) -> object:
    assert not isinstance(arguments, Missing)
    before = arguments["before"]
    assert isinstance(before, Ends)
    return before.df["latest"][0]


def test_the_latest_look_that_is_old_enough_is_the_earlier_one() -> None:
    assert latest_of(Resolver(looks(30, 70, 500), VIEWS).arguments(asks)) == 70


def test_a_setting_says_how_old_it_must_be() -> None:
    resolver = Resolver(looks(30, 70, 500), VIEWS)
    assert latest_of(resolver.arguments(asks, {"wait_s": 100})) == 500
    assert latest_of(resolver.arguments(asks, {"wait_s": 10})) == 30
    missing = resolver.arguments(asks, {"wait_s": 900})
    assert missing == Missing(MissingKind.EARLIER_LOOK, min_s=900)
    assert isinstance(missing, Missing)
    assert missing.reason == "needs an earlier look; look again in 900 s, or use --watch"


def test_an_optional_need_that_cannot_be_met_is_none() -> None:
    arguments = Resolver(looks(70), VIEWS).arguments(asks)
    assert not isinstance(arguments, Missing)
    assert arguments["commits"] is None
    assert arguments["now"] == Moment(AT_MS)


def test_a_table_that_was_not_collected_is_missing_through_the_view() -> None:
    snapshot = healthy()
    bare = Snapshot(at_ms=AT_MS, tables={name: each for name, each in snapshot.tables.items() if name != "offsets"})
    assert Resolver(bare, VIEWS).get(Need("view", Ends)) == Missing(MissingKind.NOT_COLLECTED, table="offsets")


def test_a_view_is_made_once_a_look() -> None:
    made.clear()
    resolver = Resolver(looks(70), VIEWS)
    assert resolver.get(Need("a", Ends)) is resolver.get(Need("b", Ends))
    resolver.get(Need("c", Ends, Earlier(min_s=60)))
    resolver.get(Need("d", Ends, Earlier(min_s=10)))
    assert len(made) == 2


def test_a_view_carries_what_its_needed_tables_could_not_list() -> None:
    view = Resolver(hide(healthy(), "topic", "refunds"), VIEWS).get(Need("view", Ends))
    assert isinstance(view, Ends)
    assert view.unseen == (Unseen(2, "topic"),)
    snapshot = healthy()
    optional_only = snapshot.with_table(Topics.empty().with_unseen((Unseen(9, "topic"),)))
    view = Resolver(optional_only, VIEWS).get(Need("view", Ends))
    assert isinstance(view, Ends)
    assert view.unseen == ()


def test_which_tables_decide_and_which_are_of_this_look() -> None:
    arguments = Resolver(looks(70, 4000), VIEWS).arguments(asks)
    assert not isinstance(arguments, Missing)
    assert [each.name for each in deciding(asks, arguments)] == ["ends", "ends", "topic_configs"]
    assert [each.name for each in of_this_look(asks, arguments)] == ["ends", "topic_configs"]


def test_release_data_is_handed_in_and_its_lack_is_a_defect() -> None:
    def rests_on_releases(releases: ReleaseData) -> None: ...

    arguments = Resolver(healthy(), Views({}, packaged_releases())).arguments(rests_on_releases)
    assert arguments == {"releases": packaged_releases()}
    with pytest.raises(Defect, match="none was handed in"):
        Resolver(healthy(), Views({})).arguments(rests_on_releases)
