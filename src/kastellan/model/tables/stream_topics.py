"""Topics of streams groups."""

import polars as pl

from kastellan.model.rights import DESCRIBE_GROUP
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class StreamTopics(
    Frame,
    name="stream_topics",
    key=("group", "subtopology", "topic", "role"),
    roster="group",
    collection=Collection(requests=("StreamsGroupDescribe",), right=DESCRIBE_GROUP),
    listing=Listing(aliases=("streams-topics", "topology"), noun="group"),
):
    """One row per topic in the topology of a streams group; a group whose topology was not told has a placeholder."""

    group = column(pl.String, "group id", text=TextKind.GROUP)
    subtopology = column(pl.String, "id of the subtopology", text=TextKind.WORD, shape=r"\d*")
    topic = column(pl.String, "name of the topic", text=TextKind.TOPIC)
    role = column(pl.String, "source, repartition-sink, repartition-source or changelog", text=TextKind.WORD)
