"""Request versions that each broker speaks."""

import polars as pl

from kastellan.model.table import Collection, Frame, Listing, column


class ApiVersions(
    Frame,
    name="api_versions",
    key=("broker", "api_key"),
    collection=Collection(requests=("ApiVersions",), spare_rank=2),
    listing=Listing(aliases=("apis",), noun="broker"),
):
    """One row per broker and request type, from ApiVersions."""

    broker = column(pl.Int32, "node id")
    api_key = column(pl.Int16, "number of the request type")
    min_version = column(pl.Int16, "lowest version it accepts")
    max_version = column(pl.Int16, "highest version it accepts")
