"""The release data: what comes with Kastellan is sound, and a bad file is refused in one sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import pytest

from kastellan.kernel.errors import BadInput
from kastellan.reference.reference_data import packaged_releases
from kastellan.reference.releases import parse, version_of


def changed(**values: object) -> bytes:
    """The packaged data as a file, with some of it replaced."""
    whole: dict[str, Any] = json.loads(_text())
    return json.dumps({**whole, **values}).encode()


def _text() -> str:
    return resources.files("kastellan.reference").joinpath("releases.json").read_text()


def test_the_packaged_data_is_sound_and_every_entry_has_a_source_on_the_web() -> None:
    data = packaged_releases()
    for entries in (data.lines, data.vulnerabilities, data.configs, data.features):
        assert all(source.startswith("https://") for each in entries for source in each.sources)


def test_the_last_three_lines_are_maintained() -> None:
    data = packaged_releases()
    assert [each.line for each in data.lines if data.support_end(each) is None] == ["4.2", "4.3", "4.4"]
    by_line = {each.line: each for each in data.lines}
    assert data.support_end(by_line["3.9"]) == by_line["4.2"].released


def test_its_age_is_told_in_days() -> None:
    data = packaged_releases()
    at_ms = int(datetime(2027, 1, 5, 12, tzinfo=UTC).timestamp() * 1000)
    assert data.age_days(at_ms) == 40
    assert data.age_days(0) == 0


def test_a_version_with_two_digits_is_higher() -> None:
    assert version_of("3.10") > version_of("3.9.2")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"lines = []", "is no release data"),
        (b"{}", "missing required field"),
        (changed(schema="kastellan.releases/9"), "'kastellan.releases/9'"),
        (changed(lines=[]), "rising order"),
        (changed(as_of="yesterday"), "as_of"),
        (changed(surprise=1), "surprise"),
        (changed(supported_lines=0), "supported_lines"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence_that_names_it(data: bytes, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(data, "releases.json")
    assert refused.value.message.startswith("releases.json is no release data: ")
    assert told in refused.value.message
    assert "\n" not in refused.value.message


def test_entries_without_source_twice_or_with_no_version_are_refused() -> None:
    line = {"line": "4.3", "released": "2026-05-22", "latest": "4.3.1", "sources": ["https://x"]}
    config = {"config": "a", "scope": "broker", "removed": "4.0", "replacement": "b", "sources": ["https://x"]}
    for bad, told in (
        ({"lines": [{**line, "sources": []}]}, "line 4.3 names no source"),
        ({"lines": [{**line, "latest": "4.3.x"}]}, "'4.3.x' is no version"),
        ({"configs": [config, config]}, "broker a stands there twice"),
    ):
        with pytest.raises(BadInput, match=told.replace(".", r"\.")):
            parse(changed(**bad), "file")
