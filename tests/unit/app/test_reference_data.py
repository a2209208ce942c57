"""Other reference data than the packaged one."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from threading import Barrier

import msgspec
import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.app.reference_data import read_providers, read_reference, read_releases
from kastellan.checks.families.controller import release_end_of_life
from kastellan.checks.families.replication import under_replicated
from kastellan.engine.requests import keys_of
from kastellan.findings.data_age import release_age_note
from kastellan.kernel.errors import BadInput
from kastellan.model.snapshot import Vantage
from kastellan.reference.reference_data import load_packaged, packaged_providers, packaged_releases
from kastellan.testing.snapshots import AT_MS, healthy
from kastellan.views.catalogue import all_views

_DAY_MS = 86_400_000
AT_MSK = msgspec.structs.replace(healthy(), vantage=Vantage(bootstrap="b-1.x.y1.c2.kafka.eu-west-1.amazonaws.com:9098"))


def write(path: Path, **changed: object) -> Path:
    """A copy of the packaged file of this name with other values."""
    name = "providers.json" if "providers" in path.name else "releases.json"
    document = json.loads(resources.files("kastellan.reference").joinpath(name).read_text())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**document, **changed}))
    return path


def test_the_packaged_data_counts_where_no_file_is(tmp_path: Path) -> None:
    reference = read_reference({"XDG_CONFIG_HOME": str(tmp_path)})
    assert reference.releases is packaged_releases()
    assert reference.providers is packaged_providers()


def test_a_file_in_the_config_directory_takes_its_place(tmp_path: Path) -> None:
    write(tmp_path / "kastellan" / "releases.json", as_of="2027-03-01")
    write(tmp_path / "kastellan" / "providers.json", as_of="2027-03-02")
    reference = read_reference({"XDG_CONFIG_HOME": str(tmp_path)})
    assert reference.releases.as_of.isoformat() == "2027-03-01"
    assert reference.providers.as_of.isoformat() == "2027-03-02"
    assert packaged_releases().as_of.isoformat() != "2027-03-01"


def test_the_variable_goes_before_the_config_directory(tmp_path: Path) -> None:
    write(tmp_path / "kastellan" / "releases.json", as_of="2027-03-01")
    write(tmp_path / "kastellan" / "providers.json", as_of="2027-03-01")
    environment = {
        "XDG_CONFIG_HOME": str(tmp_path),
        "KASTELLAN_RELEASES": str(write(tmp_path / "own.json", as_of="2027-04-01")),
        "KASTELLAN_PROVIDERS": str(write(tmp_path / "own-providers.json", as_of="2027-04-02")),
    }
    assert read_releases(environment).as_of.isoformat() == "2027-04-01"
    assert read_providers(environment).as_of.isoformat() == "2027-04-02"
    assert read_providers(environment).confirm("msk", "--provider").id == "msk"


def test_a_file_that_is_not_there_or_is_something_else_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read the release data .*gone\.json: No such file"):
        read_releases({"KASTELLAN_RELEASES": str(tmp_path / "gone.json")})
    with pytest.raises(BadInput, match=r"cannot read the provider profiles .*gone\.json: No such file.*KASTELLAN_PROVIDERS"):
        read_providers({"KASTELLAN_PROVIDERS": str(tmp_path / "gone.json")})
    other = tmp_path / "other.json"
    other.write_text("{}")
    with pytest.raises(BadInput, match=r"other\.json is no release data"):
        read_releases({"KASTELLAN_RELEASES": str(other)})
    with pytest.raises(BadInput, match=r"other\.json holds no provider profiles"):
        read_providers({"KASTELLAN_PROVIDERS": str(other)})


def test_the_age_of_release_data_is_noted_once_it_is_old_and_a_check_needs_it() -> None:
    as_of_ms = 1_795_651_200_000  # 2026-11-26
    views = all_views(packaged_releases())
    assert release_age_note([release_end_of_life.evaluate], views, as_of_ms + 180 * _DAY_MS) is None
    assert release_age_note([under_replicated.evaluate], views, as_of_ms + 200 * _DAY_MS) is None
    assert release_age_note([release_end_of_life.evaluate], views, as_of_ms + 200 * _DAY_MS) == (
        f"the release data is of {packaged_releases().as_of} and 200 days old: newer releases and vulnerabilities are not in it"
    )


def test_a_report_notes_it_where_a_check_needs_it() -> None:
    late = healthy(at_ms=AT_MS + 1_000 * _DAY_MS)
    notes = run_checks_on_saved(late, plan_checks(only=("controller.release_end_of_life",)), late.at_ms).report.notes
    assert any("the release data is of" in note for note in notes)
    other = run_checks_on_saved(late, plan_checks(only=("replication",)), late.at_ms).report.notes
    assert not any("release data" in note for note in other)


def test_old_profiles_say_so_where_one_of_them_counts(tmp_path: Path) -> None:
    own = write(tmp_path / "providers.json", as_of="2024-01-01")
    plan = plan_checks(("groups",), reference=read_reference({"KASTELLAN_PROVIDERS": str(own)}))
    notes = run_checks_on_saved(AT_MSK, plan, AT_MS).report.notes
    assert any("the provider profiles are of 2024-01-01" in note for note in notes)
    assert not any("provider" in note for note in run_checks_on_saved(healthy(), plan, AT_MS).report.notes)


def test_two_threads_with_different_data_each_see_their_own() -> None:
    """The config keys to request, the verdicts and the provider all follow from the data of the plan."""
    ours = load_packaged()
    kept = tuple(change for change in ours.releases.configs if change.config == "log.cleaner.enable")
    theirs = msgspec.structs.replace(
        ours,
        releases=msgspec.structs.replace(ours.releases, configs=kept),
        providers=msgspec.structs.replace(ours.providers, profiles=()),
    )
    start = Barrier(2)

    def run(reference: object) -> tuple[frozenset[str], list[str], str | None]:
        assert isinstance(reference, type(ours))
        start.wait(timeout=30)
        plan = plan_checks(("configs", "controller"), reference=reference)
        report = run_checks_on_saved(AT_MSK, plan, AT_MS).report
        counts = {result.check: sum(result.counts.values()) for result in report.results}
        judged = [f"{check}={counts[check]}" for check in ("configs.deprecated_keys", "configs.removed_keys")]
        return keys_of(plan.requests, "broker_configs"), judged, report.provider.id if report.provider else None

    with ThreadPoolExecutor(2) as pool:
        (our_keys, our_counts, our_provider), (their_keys, their_counts, their_provider) = pool.map(run, (ours, theirs))
    changed = set(ours.releases.outdated_broker_keys())
    assert changed & our_keys == changed
    assert changed & their_keys - our_keys == set()
    assert "zookeeper.connect" in our_keys - their_keys
    assert our_counts != their_counts
    assert (our_provider, their_provider) == ("msk", None)
