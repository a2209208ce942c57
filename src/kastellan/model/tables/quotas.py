"""Client quotas."""

import polars as pl

from kastellan.model.rights import DESCRIBE_CLUSTER_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind

DEFAULT = "<default>"
"""Stands for every user, client or address that has no quota of its own."""


class Quotas(
    Frame,
    name="quotas",
    key=("entity", "quota"),
    roster="entity",
    enumerates="quota",
    collection=Collection(requests=("DescribeClientQuotas",), right=DESCRIBE_CLUSTER_CONFIGS, refresh_s=60.0, placeholders=False),
    listing=Listing(aliases=("quota", "client-quotas"), noun="entity", shown=("entity", "quota", "value")),
):
    """One row per entity and quota (DescribeClientQuotas); all come in one answer or none does."""

    entity = column(pl.String, "the parts as kafka-configs names them: user=alice,client-id=<default>", text=TextKind.ENTITY)
    user = column(
        pl.String, "the user part; <default> for the default, empty when the entity has no such part", text=TextKind.USER
    )
    client_id = column(pl.String, "the client-id part, likewise", text=TextKind.CLIENT)
    ip = column(pl.String, "the address part, likewise", text=TextKind.HOST)
    quota = column(
        pl.String,
        "producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate or connection_creation_rate",
        text=TextKind.WORD,
    )
    value = column(pl.Float64, "the limit: bytes, percent of a thread, mutations or connections per second and broker")
