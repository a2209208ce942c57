"""The members of the metadata quorum."""

from typing import Annotated

import msgspec

from kastellan.model.rights import DESCRIBE_CLUSTER
from kastellan.model.table import About, Collection, Rows
from kastellan.model.text_kind import TextKind


class QuorumNode(msgspec.Struct, frozen=True, kw_only=True):
    """A voter or an observer of the metadata quorum."""

    node: Annotated[int, About("node id")]
    voter: Annotated[bool | None, About("true for a voter (a controller), false for an observer")] = None
    log_end_offset: Annotated[int | None, About("end of its copy of the metadata log", "records")] = None
    last_fetch_ms: Annotated[
        int | None, About("when the leader last saw it fetch, on the leader's clock; -1 for never", "epoch ms")
    ] = None
    last_caught_up_ms: Annotated[
        int | None, About("when it last had the whole log, on the leader's clock; -1 for never", "epoch ms")
    ] = None
    directory_id: Annotated[str | None, About("id of its metadata directory (KIP-853)", text=TextKind.ID)] = None
    host: Annotated[str | None, About("host of its controller listener", text=TextKind.HOST)] = None
    port: Annotated[int | None, About("port of its controller listener")] = None
    answer: Annotated[int | None, About("id of the Answer that gave these values")] = None


class QuorumNodes(
    Rows[QuorumNode],
    name="quorum_nodes",
    key=("node",),
    row=QuorumNode,
    enumerates="node",
    collection=Collection(requests=("DescribeQuorum",), right=DESCRIBE_CLUSTER, probes_right=True),
):
    """Voters and observers with how far each has replicated the metadata log."""
