"""Topics of streams groups."""

import polars as pl

from kastellan.model.table import Frame, column


class StreamTopics(Frame, name="stream_topics", key=("group", "subtopology", "topic", "role"), roster="group"):
    """One row per topic in the topology of a streams group; a group whose topology was not told has a placeholder."""

    group = column(pl.String, "group id")
    subtopology = column(pl.String, "id of the subtopology")
    topic = column(pl.String, "name of the topic")
    role = column(pl.String, "source, repartition-sink, repartition-source or changelog")
