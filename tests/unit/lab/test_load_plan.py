"""The known answer is what the writers and readers do."""

from __future__ import annotations

from collections import Counter

import pytest

from kastellan.lab.load.plan import GROUPS, TOPICS, WRITERS, readers, truth_for


def test_every_group_has_as_many_readers_as_members_or_one_that_commits_alone() -> None:
    counted = Counter(each.group for each in readers())
    assert counted == {each.name: max(1, each.members) for each in GROUPS}
    assert len({each.part for each in (*readers(), *WRITERS)}) == len(readers()) + len(WRITERS)


def test_the_kinds_that_a_health_check_must_tell_apart_are_there() -> None:
    assert {each.kind for each in GROUPS} == {"classic", "consumer", "assigned", "abandoned"}
    assert {each.kind: each.members for each in GROUPS if each.kind in {"assigned", "abandoned"}} == {
        "assigned": 0,
        "abandoned": 0,
    }
    assert any(each.members and each.moves and not each.keeps_up for each in GROUPS)


def test_a_topic_moves_exactly_when_a_writer_goes_on() -> None:
    going_on = {each.topic for each in WRITERS if not each.limit}
    assert going_on == {name for name, (_, moves, _) in TOPICS.items() if moves}


def test_the_lagging_reader_is_slower_than_its_writer() -> None:
    slow = [each for each in readers() if each.per_s]
    assert [each.group for each in slow] == ["lagging"]
    assert all(each.per_s < writer.per_s / 2 for each in slow for writer in WRITERS if writer.topic == each.topic)


@pytest.mark.parametrize(("brokers", "copies", "least"), [(1, 1, "1"), (2, 2, "1"), (3, 3, "2"), (5, 3, "2")])
def test_copies_fit_the_cluster(brokers: int, copies: int, least: str) -> None:
    truth = truth_for("h:1", brokers, 7)
    assert {(each.replication_factor, each.configs["min.insync.replicas"]) for each in truth.topics} == {(copies, least)}
    assert truth.started_ms == 7
    assert truth.transactional_ids == ("lab-payments",)
