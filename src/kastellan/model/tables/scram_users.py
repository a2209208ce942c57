"""SCRAM credentials, without any secret."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class ScramUsers(
    Frame,
    name="scram_users",
    key=("user", "mechanism"),
    roster="user",
    enumerates="scram_user",
    collection=Collection(requests=("DescribeUserScramCredentials",), right=DESCRIBE_CLUSTER, refresh_s=60.0, placeholders=False),
    listing=Listing(aliases=("users", "user", "scram"), noun="user", shown=("user", "mechanism", "iterations")),
):
    """One row per user and SCRAM mechanism (DescribeUserScramCredentials); all come in one answer or none does."""

    user = column(pl.String, "name of the user, without User:", text=TextKind.USER)
    mechanism = column(pl.String, "SCRAM-SHA-256 or SCRAM-SHA-512", text=TextKind.WORD)
    iterations = column(pl.Int32, "rounds of hashing; Kafka's own minimum is 4096", "rounds")
    error = column(pl.String, "error name for this user; empty when none, null when unseen", text=TextKind.WORD)
