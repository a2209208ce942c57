"""Brokers: everything that is known of each broker id."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Collection, Rows
from kastellan.model.text_kind import TextKind


class Broker(msgspec.Struct, frozen=True, kw_only=True):
    """One broker, as the cluster describes it and as it was met from here."""

    broker: Annotated[int, About("node id")]
    host: Annotated[str | None, About("advertised host; null when nobody could name it", text=TextKind.HOST)] = None
    port: Annotated[int | None, About("advertised port")] = None
    rack: Annotated[str | None, About("broker.rack; empty when the broker has none, null when unseen", text=TextKind.RACK)] = None
    listed: Annotated[bool | None, About("Metadata lists it among the live brokers")] = None
    fenced: Annotated[
        bool | None, About("the controller has fenced it (DescribeCluster v2, KIP-1073); null before Kafka 4.0")
    ] = None
    registered: Annotated[
        bool | None, About("the controller knows a registration for it; false for an id that only replicas name")
    ] = None
    reached: Annotated[bool | None, About("it answered us; null when it was not asked")] = None
    trouble: Annotated[
        str | None, About("how it failed to answer: refused, silent, slow, unresolved, ...", text=TextKind.WORD)
    ] = None
    reason: Annotated[str, About("the same in one sentence", text=TextKind.REASON)] = ""
    answer_ms: Annotated[int | None, About("time from asking to the arrival of its first answer", "ms")] = None
    answer: Annotated[int | None, About("id of the Answer that gave these values")] = None


class Brokers(
    Rows[Broker],
    name="brokers",
    key=("broker",),
    row=Broker,
    enumerates="broker",
    collection=Collection(requests=("DescribeCluster",)),
):
    """Every broker id that the cluster names: live, fenced, or only mentioned by a replica."""
