"""Feature levels of the cluster."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Collection, Listing, Rows
from kastellan.model.text_kind import TextKind


class Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature, such as metadata.version or group.version."""

    feature: Annotated[str, About("name of the feature", text=TextKind.WORD)]
    finalized_level: Annotated[
        int | None, About("level in force, 0 when the feature is off; null when nobody told", nullable=True)
    ] = None
    supported_max: Annotated[int | None, About("highest level that the asked broker supports", nullable=True)] = None
    supported_min: Annotated[int | None, About("lowest level that the asked broker supports", nullable=True)] = None
    answer: Annotated[int | None, About("id of the Answer that gave these values")] = None


class Features(
    Rows[Feature],
    name="features",
    key=("feature",),
    row=Feature,
    collection=Collection(requests=("ApiVersions",)),
    listing=Listing(aliases=("feature",), noun="feature"),
):
    """Finalized and supported feature levels (KIP-584) from ApiVersions."""
