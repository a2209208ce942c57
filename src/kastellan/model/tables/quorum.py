"""The metadata quorum: who leads it."""

from typing import Annotated

import msgspec

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import About, Collection, Rows
from kastellan.model.text_kind import TextKind


class Leadership(msgspec.Struct, frozen=True, kw_only=True):
    """The state of the metadata log's one partition."""

    quorum: Annotated[str, About("always __cluster_metadata", text=TextKind.WORD)] = "__cluster_metadata"
    leader: Annotated[int | None, About("node id of the active controller; -1 when there is none")] = None
    leader_epoch: Annotated[int | None, About("epoch of that leader")] = None
    high_watermark: Annotated[int | None, About("committed end of the metadata log", "records")] = None
    silent_ms: Annotated[
        float | None,
        About(
            "how long the brokers that passed the question on waited for a controller in vain, the longest of them, while they "
            "answered at once what they know themselves; null where the quorum told, or where one failed in another way",
            "ms",
        ),
    ] = None
    answer: Annotated[int | None, About("id of the Answer that gave these values")] = None


class Quorum(
    Rows[Leadership],
    name="quorum",
    key=("quorum",),
    row=Leadership,
    collection=Collection(requests=("DescribeQuorum",), right=DESCRIBE_CLUSTER, probes_right=True),
):
    """One row: the leadership of the metadata quorum as DescribeQuorum tells it (Metadata names a random broker)."""
