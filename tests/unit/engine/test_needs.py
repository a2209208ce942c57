"""Needs in annotations, and what they have collected."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import pytest

from kastellan.engine.needs import Earlier, Keys, Views, needs_of
from kastellan.kernel.errors import Defect
from kastellan.model.snapshot import Moment
from kastellan.model.table import Frame, column
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics


class Ends(Frame, name="ends", key=("topic", "partition")):
    """A view."""

    topic = column(pl.String, "name of the topic")
    partition = column(pl.Int32, "number of the partition")
    latest = column(pl.Int64, "end")


def ends(offsets: Offsets, topics: Topics | None) -> Ends:
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


def test_annotations_are_read_in_order_and_settings_are_no_needs() -> None:
    told = [(each.parameter, each.wanted, each.optional) for each in needs_of(asks)]
    assert told == [
        ("view", Ends, False),
        ("before", Ends, False),
        ("configs", TopicConfigs, False),
        ("commits", Commits, True),
        ("now", Moment, False),
    ]


def test_what_is_no_table_is_refused() -> None:
    def wrong(rows: list[int]) -> None: ...

    with pytest.raises(Defect, match="parameter rows asks for list"):
        needs_of(wrong)
