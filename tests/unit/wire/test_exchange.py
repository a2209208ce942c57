"""What a broker's refusal of a login is told as: a remedy that fits what was shown to it."""

from __future__ import annotations

import pytest

from kastellan.wire.kafka.sasl import exchange
from kastellan.wire.kafka.sasl.mechanism import OneMessage


@pytest.mark.parametrize(
    ("mechanism", "remedy"),
    [
        ("PLAIN", "check user and password"),
        ("SCRAM-SHA-512", "check user and password"),
        ("GSSAPI", "compare the clocks"),
        ("OAUTHBEARER", "compare issuer, audience, scope and expiry of the token"),
        ("AWS_MSK_IAM", "check which identity these AWS credentials are"),
    ],
)
def test_the_remedy_fits_the_mechanism(mechanism: str, remedy: str) -> None:
    told = exchange._refusal("broker 1", mechanism, 58, "Authentication failed", OneMessage(b""))
    assert told.sentence.startswith(f"broker 1 refused the login by {mechanism} (Authentication failed); {remedy}")
    assert ("password" in told.sentence) == ("password" in remedy)
