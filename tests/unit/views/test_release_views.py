"""The release data as tables."""

from __future__ import annotations

from kastellan.reference.reference_data import packaged_releases
from kastellan.views.config_changes import config_changes
from kastellan.views.release_lines import release_lines
from kastellan.views.vulnerabilities import vulnerabilities


def test_lines_know_until_when_they_were_maintained() -> None:
    lines = {each.line: each for each in release_lines(packaged_releases()).rows}
    assert (lines["4.4"].supported, lines["4.4"].ended) == (True, None)
    assert (lines["4.1"].supported, lines["4.1"].ended) == (False, lines["4.4"].released)
    assert (lines["3.3"].first_level, lines["3.3"].last_level, lines["2.8"].first_level) == (4, 7, None)


def test_a_vulnerability_has_a_row_for_each_span_of_versions() -> None:
    rows = [each for each in vulnerabilities(packaged_releases()).rows if each.vulnerability == "CVE-2024-27309"]
    assert [(each.first, each.last) for each in rows] == [("3.5.0", "3.5.2"), ("3.6.0", "3.6.1")]
    assert all(each.as_of == packaged_releases().as_of.isoformat() for each in rows)


def test_a_config_that_cannot_be_told_says_so() -> None:
    told = {(each.scope, each.config): each.reported for each in config_changes(packaged_releases()).rows}
    assert told["broker", "broker.id"] is False
    assert told["topic", "message.format.version"] is True
