"""Feature levels that each broker's software supports."""

import polars as pl

from kastellan.model.table import Collection, Frame, column
from kastellan.model.text_kind import TextKind


class BrokerFeatures(Frame, name="broker_features", key=("broker", "feature"), collection=Collection(requests=("ApiVersions",))):
    """One row per broker and feature, from ApiVersions: what it could do, whatever level is in force.

    The highest metadata.version that a broker supports tells the release line of its software.
    """

    broker = column(pl.Int32, "node id")
    feature = column(pl.String, "name of the feature, such as metadata.version", text=TextKind.WORD)
    supported_min = column(pl.Int16, "lowest level that it supports")
    supported_max = column(pl.Int16, "highest level that it supports")
