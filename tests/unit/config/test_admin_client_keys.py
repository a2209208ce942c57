"""What a Java client says of a value's type, by key and without the value."""

from __future__ import annotations

import pytest

from kastellan.config.admin_client_keys import wrong_values
from kastellan.config.settings import Settings


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("retries", "many", "retries is no whole number, or too large a one"),
        ("retries", "2147483648", "retries is no whole number, or too large a one"),
        ("retries", "-1", "retries is below 0"),
        ("metrics.num.samples", "0", "metrics.num.samples is below 1"),
        ("sasl.login.refresh.window.factor", "x", "sasl.login.refresh.window.factor is no number"),
        ("sasl.login.refresh.window.factor", "1.5", "sasl.login.refresh.window.factor is above 1"),
        ("enable.metrics.push", "yes", "enable.metrics.push is neither true nor false"),
        ("metrics.recording.level", "info", "metrics.recording.level is not one of INFO, DEBUG, TRACE"),
        ("metadata.recovery.strategy", "x", "metadata.recovery.strategy is not one of REBOOTSTRAP, NONE"),
        ("bootstrap.servers", "a:1, ,b:2", "bootstrap.servers has an empty item between two commas"),
    ],
)
def test_a_wrong_value_is_named_by_its_key(key: str, value: str, complaint: str) -> None:
    assert list(wrong_values(Settings({key: value}, "f"))) == [complaint]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retries", " +3 "),
        ("connections.max.idle.ms", "-9223372036854775808"),
        ("sasl.login.refresh.window.factor", "8e-1"),
        ("sasl.login.refresh.window.factor", "0.8f"),
        ("sasl.login.refresh.window.factor", "NaN"),
        ("enable.metrics.push", "TRUE"),
        ("metadata.recovery.strategy", "none"),
        ("ssl.cipher.suites", ""),
        ("value.converter", "anything"),
    ],
)
def test_what_java_takes_is_no_complaint(key: str, value: str) -> None:
    assert list(wrong_values(Settings({key: value}, "f"))) == []
