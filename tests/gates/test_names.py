"""The names gate refuses bound names that say nothing, but for public ones that are listed with a reason."""

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


def test_a_public_name_is_allowed_in_its_file_alone() -> None:
    ((path, name),) = names.PUBLIC
    assert names.offences(Path(path), f"{name} = 1") == []
    assert [offence.name for offence in names.offences(Path("src/kastellan/model/a.py"), f"{name} = 1")] == [name]


def test_a_public_name_that_is_gone_must_leave_the_list(tmp_path: Path) -> None:
    assert names.unused_permits() == []
    ((path, name),) = names.PUBLIC
    assert [sentence.partition(":")[0] for sentence in names.unused_permits(tmp_path)] == [f"{path} does not bind {name}"]


def test_the_gate_fails_for_a_filler_and_names_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bench").mkdir()
    (tmp_path / "bench" / "a.py").write_text("x = 1\ntold = 2\n")
    monkeypatch.setattr(names, "ROOT", tmp_path)
    assert names.main([]) == 1
    assert capsys.readouterr().out.startswith("bench/a.py:2: told is a filler")
    (tmp_path / "bench" / "a.py").write_text("x = 1\n")
    assert names.main([]) == 0
