"""Other release data than the packaged one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.app.release_data import age_note, take_up
from kastellan.checks.families.controller import release_end_of_life
from kastellan.checks.families.replication import under_replicated
from kastellan.kernel.errors import BadInput
from kastellan.reference.releases import in_force, packaged, use
from kastellan.testing.snapshots import AT_MS, healthy

_DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def _packaged_again() -> Iterator[None]:
    yield
    use(None)


def write(path: Path, as_of: str) -> Path:
    text = resources.files("kastellan.reference").joinpath("releases.json").read_text()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(packaged().as_of.isoformat(), as_of))
    return path


def test_the_packaged_data_is_in_force_where_no_file_is(tmp_path: Path) -> None:
    assert take_up({"XDG_CONFIG_HOME": str(tmp_path)}) is packaged()


def test_a_file_in_the_config_directory_takes_its_place(tmp_path: Path) -> None:
    write(tmp_path / "kastellan" / "releases.json", "2027-03-01")
    assert take_up({"XDG_CONFIG_HOME": str(tmp_path)}).as_of.isoformat() == "2027-03-01"
    assert in_force().as_of.isoformat() == "2027-03-01"


def test_the_variable_goes_before_the_config_directory(tmp_path: Path) -> None:
    write(tmp_path / "kastellan" / "releases.json", "2027-03-01")
    own = write(tmp_path / "own.json", "2027-04-01")
    found = take_up({"XDG_CONFIG_HOME": str(tmp_path), "KASTELLAN_RELEASES": str(own)})
    assert found.as_of.isoformat() == "2027-04-01"


def test_a_file_that_is_not_there_or_is_something_else_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read the release data .*gone\.json: No such file"):
        take_up({"KASTELLAN_RELEASES": str(tmp_path / "gone.json")})
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(BadInput, match=r"other\.json is no release data"):
        take_up({"KASTELLAN_RELEASES": str(other)})
    assert in_force() is packaged()


def test_old_data_is_told_and_new_data_is_not() -> None:
    as_of_ms = 1_795_651_200_000  # 2026-11-26
    assert age_note([release_end_of_life.evaluate], as_of_ms + 180 * _DAY_MS) is None
    assert age_note([under_replicated.evaluate], as_of_ms + 200 * _DAY_MS) is None
    told = age_note([release_end_of_life.evaluate], as_of_ms + 200 * _DAY_MS)
    assert told == (
        f"the release data is of {packaged().as_of} and 200 days old: newer releases and vulnerabilities are not in it"
    )


def test_a_report_tells_it_where_a_check_rests_on_it() -> None:
    exam = plan_checks(only=("controller.release_end_of_life",))
    late = healthy(at_ms=AT_MS + 1_000 * _DAY_MS)
    notes = run_checks_on_saved(late, exam, late.at_ms).report.notes
    assert any("the release data is of" in each for each in notes)
    other = run_checks_on_saved(late, plan_checks(only=("replication",)), late.at_ms).report.notes
    assert not any("release data" in each for each in other)
