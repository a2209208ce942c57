"""Client quotas."""

import polars as pl

from kastellan.model.table import Frame, column

DEFAULT = "<default>"
"""Stands for every user, client or address that has no quota of its own."""


class Quotas(Frame, name="quotas", key=("entity", "quota"), roster="entity"):
    """One row per entity and quota (DescribeClientQuotas); all come in one answer or none does."""

    entity = column(pl.String, "the parts as kafka-configs names them: user=alice,client-id=<default>")
    user = column(pl.String, "the user part; <default> for the default, empty when the entity has no such part")
    client_id = column(pl.String, "the client-id part, likewise")
    ip = column(pl.String, "the address part, likewise")
    quota = column(
        pl.String,
        "producer_byte_rate, consumer_byte_rate, request_percentage, controller_mutation_rate or connection_creation_rate",
    )
    value = column(pl.Float64, "the limit: bytes, percent of a thread, mutations or connections per second and broker")
