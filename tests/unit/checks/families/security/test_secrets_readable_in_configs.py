"""Secrets that brokers tell."""

from __future__ import annotations

import pytest

from kastellan.model.config_secrets import NOT_KEPT, without_secrets
from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import edit, healthy

CHECK = "security.secrets_readable_in_configs"
JAAS, URL = "sasl.jaas.config", "sasl.oauthbearer.token.endpoint.url"


def told(config: str, value: str | None, *, sensitive: bool | None = False) -> Snapshot:
    """What the source keeps of a broker's answer."""
    seen = None if sensitive is not False else True
    kept = without_secrets(config, value)
    where = {"broker": 2, "config": config}
    return edit(healthy(), BrokerConfigs, where, value=kept, source="static", seen=seen, sensitive=sensitive)


def test_fires_for_a_password_that_is_told_and_never_says_it() -> None:
    snapshot = told(JAAS, 'PlainLoginModule required password="hunter2";')
    result = look(CHECK, snapshot)
    (found,) = result.findings
    assert (found.subject, found.severity) == (Subject("broker_config", (JAAS,)), Severity.WARNING)
    assert found.observed == "readable on 1 of 3 brokers"
    assert "hunter2" not in repr(result) + repr(snapshot.tables["broker_configs"].df.to_dicts())


def test_fires_for_a_password_in_a_url() -> None:
    for url in ("https://kafka:hunter2@idp/token", "https://idp/token?client_secret=hunter2&realm=a"):
        snapshot = told(URL, url)
        assert verdicts(CHECK, snapshot)[Subject("broker_config", (URL,))] is Verdict.FAIL
        assert "hunter2" not in repr(snapshot.tables["broker_configs"].df.to_dicts())


def test_does_not_fire_for_what_is_hidden_plain_or_not_set() -> None:
    assert set(verdicts(CHECK, healthy()).values()) == {Verdict.PASS}
    assert verdicts(CHECK, told(JAAS, None, sensitive=True))[Subject("broker_config", (JAAS,))] is Verdict.PASS
    assert verdicts(CHECK, told(URL, "https://idp/token?realm=a"))[Subject("broker_config", (URL,))] is Verdict.PASS


def test_cannot_see_a_broker_that_told_nothing() -> None:
    silent = edit(healthy(), BrokerConfigs, {"broker": 3}, value=None, source=None, seen=None, sensitive=None)
    assert set(verdicts(CHECK, silent).values()) == {Verdict.UNKNOWN}
    assert verdicts(CHECK, told(JAAS, None, sensitive=None))[Subject("broker_config", (JAAS,))] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), told(JAAS, "x"), told(JAAS, None, sensitive=True)) == []


def test_an_empty_value_is_no_secret() -> None:
    assert without_secrets(JAAS, "") == ""
    assert NOT_KEPT not in str(without_secrets("sasl.enabled.mechanisms", "PLAIN"))
