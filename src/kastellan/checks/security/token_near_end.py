"""A delegation token ends soon, and cannot be renewed further.

**What it means.** A delegation token can be renewed until its last day (delegation.token.max.lifetime.ms, 7 days unless told
otherwise). After that whoever logs in with it is refused, however often it was renewed: the application needs a new one.

**What it looks like**

    $ kafka-delegation-tokens.sh --describe --bootstrap-server b1:9092
    TOKENID  OWNER       REQUESTER   RENEWERS  ISSUEDATE         EXPIRYDATE        MAXDATE
    nUwE...  User:spark  User:spark  []        2026-11-20T10:00  2026-11-27T09:00  2026-11-27T10:00

**When it is wrong.** A job that ends before the token does needs none further. Frameworks that fetch a new token by themselves
(Spark, Flink) leave the old one to end. Only tokens that this principal may describe are seen.
"""

import polars as pl

from kastellan.checks.check import Check, Judged, Setting
from kastellan.model.finding import Severity
from kastellan.model.needs import Moment
from kastellan.model.tables.delegation_tokens import DelegationTokens

CHECK = Check(
    id="security.token_near_end",
    title="A delegation token ends soon",
    severity=Severity.INFO,
    observed="the token of {owner} ends for good in {left_ms:duration}",
    expected="more than {hours:g} h left, or a new token at hand",
    impact="Whoever logs in with it is refused from then on.",
    do="Give the application a new token (kafka-delegation-tokens.sh --create) and restart it with that before the old one ends.",
    do_not="Do not rely on renewing it: past its last day no renewal is accepted.",
    verify="kastellan doctor --only security.token_near_end",
    undo="A token that is not needed any more can be expired with kafka-delegation-tokens.sh --expire.",
    settings=(
        Setting(name="hours", default=24, unit="h", meaning="so much time before its last day a token is told", low=1, high=8760),
    ),
    references=("KIP-48",),
)
_HOUR_MS = 3_600_000


def judge(tokens: DelegationTokens, now: Moment, *, hours: float) -> Judged:
    """Fails where the last day is near; null where it was not told. A token that has ended already is no longer one."""
    left = pl.col("max_ms") - now.at_ms
    return Judged(
        "token",
        tokens.df.lazy().select(
            "token_id", (left < hours * _HOUR_MS).alias("fails"), (left > 0).alias("applies"), "owner", left.alias("left_ms")
        ),
    )
