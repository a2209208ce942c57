"""Delegation tokens, without their secret."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOKEN
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class DelegationTokens(
    Frame,
    name="delegation_tokens",
    key=("token_id",),
    enumerates="token",
    collection=Collection(requests=("DescribeDelegationToken",), right=DESCRIBE_TOKEN, probes_right=True, refresh_s=60.0),
    listing=Listing(
        aliases=("tokens", "token"),
        noun="token",
        name_column="owner",
        shown=("token_id", "owner", "renewers", "issued_ms", "expires_ms", "max_ms"),
    ),
):
    """One row per delegation token that this principal may describe; its hmac is dropped as the answer is read."""

    token_id = column(pl.String, "id of the token, which is no secret", text=TextKind.TOKEN)
    owner = column(pl.String, "principal whose rights it carries", text=TextKind.PRINCIPAL)
    requester = column(pl.String, "principal that asked for it; null before Kafka 3.3", text=TextKind.PRINCIPAL, nullable=True)
    renewers = column(
        pl.String, "principals that may renew it, with commas between; empty for the owner alone", text=TextKind.PRINCIPALS
    )
    issued_ms = column(pl.Int64, "when it was issued, on the broker's clock", "epoch ms")
    expires_ms = column(pl.Int64, "when it ends unless it is renewed", "epoch ms")
    max_ms = column(pl.Int64, "when it ends even if it is renewed", "epoch ms")
