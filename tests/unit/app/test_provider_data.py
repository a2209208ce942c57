"""Other provider profiles than the packaged ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.app.provider_data import stated, take_up
from kastellan.kernel.errors import BadInput
from kastellan.model.snapshot import Vantage
from kastellan.reference.providers import in_force, packaged, use
from kastellan.testing.snapshots import AT_MS, healthy


@pytest.fixture(autouse=True)
def _packaged_again() -> Iterator[None]:
    yield
    use(None)


def write(path: Path, as_of: str) -> Path:
    whole = json.loads(resources.files("kastellan.reference").joinpath("providers.json").read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**whole, "as_of": as_of}))
    return path


def test_the_packaged_profiles_are_in_force_where_no_file_is(tmp_path: Path) -> None:
    assert take_up({"XDG_CONFIG_HOME": str(tmp_path)}) is packaged()


def test_a_file_in_the_config_directory_takes_its_place_and_the_variable_goes_before_it(tmp_path: Path) -> None:
    write(tmp_path / "kastellan" / "providers.json", "2027-03-01")
    assert take_up({"XDG_CONFIG_HOME": str(tmp_path)}).as_of.isoformat() == "2027-03-01"
    own = write(tmp_path / "own.json", "2027-04-01")
    environment = {"XDG_CONFIG_HOME": str(tmp_path), "KASTELLAN_PROVIDERS": str(own)}
    assert take_up(environment).as_of.isoformat() == "2027-04-01"
    assert stated("msk", "--provider", environment).id == "msk"


def test_a_file_that_is_not_there_or_is_something_else_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read the provider profiles .*gone\.json: No such file.*KASTELLAN_PROVIDERS"):
        take_up({"KASTELLAN_PROVIDERS": str(tmp_path / "gone.json")})
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(BadInput, match=r"other\.json holds no provider profiles"):
        take_up({"KASTELLAN_PROVIDERS": str(other)})
    assert in_force() is packaged()


def test_old_profiles_say_so_where_one_of_them_counts(tmp_path: Path) -> None:
    use(take_up({"KASTELLAN_PROVIDERS": str(write(tmp_path / "own.json", "2024-01-01"))}))
    exam = plan_checks(("groups",))
    at_msk = msgspec.structs.replace(healthy(), vantage=Vantage(bootstrap="b-1.x.y1.c2.kafka.eu-west-1.amazonaws.com:9098"))
    notes = run_checks_on_saved(at_msk, exam, AT_MS).report.notes
    assert any("the provider profiles are of 2024-01-01" in each for each in notes)
    assert not any("provider" in each for each in run_checks_on_saved(healthy(), exam, AT_MS).report.notes)
