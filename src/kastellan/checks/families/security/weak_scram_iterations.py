"""A SCRAM credential is hashed too few times.

**What it means.** The number of rounds is what makes it slow to guess a password from a stolen credential, and in KRaft the
credentials lie in the metadata log of every node. Kafka itself accepts no fewer than 4096 rounds; older ones, or ones that
another tool wrote, may have less.

**What it looks like**

    $ kafka-configs.sh --bootstrap-server b1:9092 --describe --entity-type users --entity-name alice
    SCRAM credential configs for user-principal 'alice' are SCRAM-SHA-256=iterations=1024

**When it is wrong.** Long random passwords need no rounds at all. The bound can be raised (`--set
security.weak_scram_iterations.least=...`) where your rules ask for more.
"""

import polars as pl

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.model.finding import Severity
from kastellan.model.tables.scram_users import ScramUsers

CHECK = Check(
    id="security.weak_scram_iterations",
    title="SCRAM credential is hashed too few times",
    severity=Severity.INFO,
    observed="{iterations:count} rounds",
    expected="{least:g} or more",
    impact="Whoever gets hold of the metadata log guesses the password that much faster.",
    do=(
        "Set the credential again with more rounds: kafka-configs.sh --alter --entity-type users --entity-name USER --add-config "
        "'SCRAM-SHA-512=[iterations=8192,password=...]'; clients with the same password go on."
    ),
    do_not="Do not type the password where a shell keeps it: read it from a file.",
    verify="kastellan doctor --only security.weak_scram_iterations",
    undo="Set the credential again with the former number of rounds.",
    settings=(Setting(name="least", default=4096, unit="rounds", meaning="fewer rounds are a finding", low=1, high=10_000_000),),
    kafka="2.7 or newer",
    references=("KIP-554", "RFC 5802", "RFC 7677"),
)


def evaluate(users: ScramUsers, *, least: float) -> Verdicts:
    """Fails where a credential has fewer rounds; null where they were not seen."""
    return Verdicts(
        "scram_user",
        users.df.lazy().select("user", "mechanism", (pl.col("iterations") < least).alias("fails"), "iterations"),
    )
