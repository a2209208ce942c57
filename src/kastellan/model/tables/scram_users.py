"""SCRAM credentials, without any secret."""

import polars as pl

from kastellan.model.table import Frame, column


class ScramUsers(Frame, name="scram_users", key=("user", "mechanism"), roster="user"):
    """One row per user and SCRAM mechanism (DescribeUserScramCredentials); all come in one answer or none does."""

    user = column(pl.String, "name of the user, without User:")
    mechanism = column(pl.String, "SCRAM-SHA-256 or SCRAM-SHA-512")
    iterations = column(pl.Int32, "rounds of hashing; Kafka's own minimum is 4096", "rounds")
    error = column(pl.String, "error name for this user; empty when none, null when unseen")
