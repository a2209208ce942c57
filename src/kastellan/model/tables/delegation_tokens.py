"""Delegation tokens, without their secret."""

import polars as pl

from kastellan.model.table import Frame, column


class DelegationTokens(Frame, name="delegation_tokens", key=("token_id",)):
    """One row per delegation token that this principal may describe; its hmac is dropped as the answer is read."""

    token_id = column(pl.String, "id of the token, which is no secret")
    owner = column(pl.String, "principal whose rights it carries")
    requester = column(pl.String, "principal that asked for it; null before Kafka 3.3")
    renewers = column(pl.String, "principals that may renew it, with commas between; empty for the owner alone")
    issued_ms = column(pl.Int64, "when it was issued, on the broker's clock", "epoch ms")
    expires_ms = column(pl.Int64, "when it ends unless it is renewed", "epoch ms")
    max_ms = column(pl.Int64, "when it ends even if it is renewed", "epoch ms")
