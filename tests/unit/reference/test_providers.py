"""The provider profiles: what comes with Kastellan is sound, and a bad file is refused in one sentence."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from kastellan.checks.catalogue import all_checks
from kastellan.diagnosis.cause import all_causes
from kastellan.kernel.errors import BadInput
from kastellan.model.catalogue import all_tables
from kastellan.reference.providers import NONE, Provider, covers, parse
from kastellan.reference.reference_data import packaged_providers
from kastellan.testing.snapshots import AT_MS
from kastellan.wire.kafka.api import Api, api_name

PROFILES = {each.id: each for each in packaged_providers().profiles}


def whole() -> dict[str, Any]:
    return json.loads(resources.files("kastellan.reference").joinpath("providers.json").read_text())


def with_profile(**values: object) -> bytes:
    """The packaged file, whose first profile has other values."""
    data = whole()
    data["profiles"][0].update(values)
    return json.dumps(data).encode()


def test_the_profiles_that_users_ask_for_are_there() -> None:
    assert set(PROFILES) == {"msk", "msk-serverless", "confluent-cloud", "event-hubs", "redpanda", "warpstream", "strimzi"}


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_names_checks_causes_tables_and_requests_that_exist(name: str) -> None:
    profile = PROFILES[name]
    checks = {*all_checks(), *(each.partition(".")[0] for each in all_checks())}
    assert {one for each in profile.not_applicable for one in each.of} <= checks
    assert {one for each in profile.owners for one in each.of} <= checks | set(all_causes())
    assert {each.request for each in profile.refused} <= {api_name(each) for each in Api}
    assert {one for each in profile.refused for one in each.tables} <= set(all_tables())


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_has_sources_on_the_web(name: str) -> None:
    profile = PROFILES[name]
    assert all(each.startswith("https://") for each in (*profile.sources, *(one for it in profile.refused for one in it.sources)))


def test_a_check_is_named_by_its_id_or_its_family() -> None:
    assert covers("storage.log_dir_offline", ("brokers", "storage"))
    assert covers("storage.log_dir_offline", ("storage.log_dir_offline",))
    assert not covers("storage.log_dir_offline", ("storage.log_dir",))


def test_a_user_may_state_a_provider_or_that_there_is_none() -> None:
    assert packaged_providers().confirm("msk", "--provider") == Provider(id="msk", stated=True)
    assert packaged_providers().confirm(NONE, "--provider").id == NONE
    with pytest.raises(BadInput, match=r"--provider names the provider 'aiven'; there are: msk, .*, none"):
        packaged_providers().confirm("aiven", "--provider")


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (b"", "Input data was truncated"),
        (json.dumps({**whole(), "schema": "kastellan.providers/9"}).encode(), "its schema is"),
        (json.dumps({**whole(), "enough": 99}).encode(), "can never be enough"),
        (json.dumps({**whole(), "profiles": whole()["profiles"][:1] * 2}).encode(), "'msk' stands there twice"),
        (with_profile(id="none"), "'none' stands there twice, or is called 'none'"),
        (with_profile(sources=[]), "msk names no source"),
        (with_profile(unknown=1), "unknown field `unknown`"),
        (with_profile(rights="magic"), "Invalid enum value 'magic'"),
        (with_profile(signs=[{"kind": "address", "pattern": "(", "weight": 3, "says": "x"}]), "no regular expression"),
        (
            with_profile(refused=[{"asked": "DescribeLogDirs", "how": "reported", "says": "x"}]),
            "no source for its refusal of DescribeLogDirs",
        ),
        (with_profile(not_applicable=[{"of": ["@no-such-set"], "says": "x"}]), "'@no-such-set', which is no set"),
    ],
)
def test_a_file_that_is_not_sound_is_refused_in_one_sentence(file: bytes, told: str) -> None:
    with pytest.raises(BadInput, match=r"own\.json holds no provider profiles: .*") as refused:
        parse(file, "own.json")
    assert told in refused.value.message
    assert "\n" not in refused.value.message


def test_its_age_is_told_in_days() -> None:
    assert packaged_providers().age_days(AT_MS) == 0
    assert packaged_providers().age_days(AT_MS + 86_400_000 * 1_000) > 180
