"""The names gate counts bound names that say nothing, and its file only goes down."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import names

EVERY_BINDING = """
import x as found
class Told: made: int
def _seen(asked, *, given=1): pass
for each in (): pass
whole, (known, *got) = [], []
self.thing = 1
with a as told: pass
try: pass
except E as found: pass
[each for each in ()]
lambda each: 1
(told := 1)
match a:
    case {'a': made, **whole}: pass
    case [*seen]: pass
"""


def _names(source: str) -> list[str]:
    return [offence.name for offence in names.offences(Path("src/kastellan/views/a.py"), source)]


def test_every_kind_of_binding_counts() -> None:
    bound = [
        "found",
        "Told",
        "made",
        "_seen",
        "asked",
        "given",
        "each",
        "whole",
        "known",
        "got",
        "thing",
        "told",
        "found",
        "each",
        "each",
        "told",
        "made",
        "whole",
        "seen",
    ]
    assert sorted(_names(EVERY_BINDING)) == sorted(bound)


def test_a_use_a_keyword_and_a_longer_name_do_not_count() -> None:
    assert _names("print(told, f(seen=1), a.known)\nlast_seen = known_topics = 'each'\n") == []


def test_a_function_that_is_one_participle_counts_unless_it_is_a_property() -> None:
    source = "def gathered(): ...\ndef _listed(): ...\ndef need(): ...\nclass A:\n @property\n def joined(self): ...\n"
    assert _names(source) == ["gathered", "_listed"]


@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("src/kastellan/checks/families/groups/lag.py", "checks"),
        ("src/kastellan/ports.py", "src"),
        ("bench/labs.py", "bench"),
    ],
)
def test_a_room_is_the_folder_below_the_package(path: str, room: str) -> None:
    assert [offence.room for offence in names.offences(Path(path), "told = 1")] == [room]


def test_a_room_may_only_get_fewer() -> None:
    left = names.read_left("checks 2\nviews 1\n")
    assert names.risen({"checks": 2, "views": 0}, left) == []
    assert [sentence.partition(";")[0] for sentence in names.risen({"checks": 3, "lab": 1}, left)] == [
        "checks: 3 names that say nothing, 2 are allowed",
        "lab: 1 names that say nothing, 0 are allowed",
    ]


def test_of_a_room_that_stands_twice_after_a_merge_the_larger_number_counts() -> None:
    assert names.read_left("checks 2\nchecks 5\nchecks 3\n") == {"checks": 5}


def test_the_file_takes_moves_and_refuses_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "LEFT", tmp_path / "left.txt")
    assert names.keep({"checks": 1, "findings": 2, "views": 0}, {"checks": 3}) == 0
    assert (tmp_path / "left.txt").read_text() == "checks 1\nfindings 2\n"
    assert names.keep({"checks": 4}, {"checks": 3}) == 1
    assert (tmp_path / "left.txt").read_text() == "checks 1\nfindings 2\n"
