"""Topics."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC
from kastellan.model.table import Collection, Frame, column
from kastellan.model.text_kind import TextKind


class Topics(
    Frame,
    name="topics",
    key=("topic",),
    enumerates="topic",
    collection=Collection(requests=("Metadata",), right=DESCRIBE_TOPIC, probes_right=True, enumerated_by="Metadata"),
):
    """One row per topic that Metadata lists for this principal."""

    topic = column(pl.String, "name", text=TextKind.TOPIC)
    topic_id = column(pl.String, "topic id, 32 hex digits; another id under the same name is another topic", text=TextKind.ID)
    internal = column(pl.Boolean, "Kafka's own topic")
    error = column(
        pl.String, "error name that Metadata gave for the whole topic; empty when none, null when unseen", text=TextKind.WORD
    )
