"""Levels of sight: each sees more than the one before, and none of them changes anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.model.rights import DEEP, DOCTOR, GLANCE, LEVELS, RIGHTS, rights_of


def test_each_level_has_the_rights_of_those_before_it() -> None:
    glance, doctor, deep = (rights_of(each) for each in LEVELS)
    assert set(glance) < set(doctor) < set(deep) == set(RIGHTS)


@pytest.mark.parametrize("level", LEVELS)
def test_no_level_may_change_anything(level: str) -> None:
    assert {each.operation for each in rights_of(level)} <= {"Describe", "DescribeConfigs", "Read"}


def test_records_can_be_read_at_the_deepest_level_alone() -> None:
    assert not any(each.operation == "Read" for level in (GLANCE, DOCTOR) for each in rights_of(level))
    assert [each.resource for each in rights_of(DEEP) if each.operation == "Read"] == ["Topic"]


def test_the_page_for_administrators_names_every_right() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/least-privilege.md").read_text()
    for each in RIGHTS:
        assert f"| {each.level} | {each.operation} | {each.resource} `{each.name}` | {each.without} |" in page
