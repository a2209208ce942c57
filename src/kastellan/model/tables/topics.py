"""Topics."""

import polars as pl

from kastellan.model.table import Frame, column


class Topics(Frame, name="topics", key=("topic",)):
    """One row per topic that Metadata lists for this principal."""

    topic = column(pl.String, "name")
    topic_id = column(pl.String, "topic id, 32 hex digits; another id under the same name is another topic")
    internal = column(pl.Boolean, "Kafka's own topic")
    error = column(pl.String, "error name that Metadata gave for the whole topic; empty when none, null when unseen")
