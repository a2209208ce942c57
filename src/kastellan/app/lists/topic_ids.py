"""Topic ids as Kafka's own tools print them."""

from __future__ import annotations

import base64

import polars as pl


def topic_id_text(hex_digits: str | None) -> str | None:
    """A topic id of 32 hex digits in Kafka's form: URL-safe base64 without padding (org.apache.kafka.common.Uuid).

    >>> topic_id_text("00000000000000000000000000000001"), topic_id_text(None)
    ('AAAAAAAAAAAAAAAAAAAAAQ', None)
    """
    if hex_digits is None:
        return None
    return base64.urlsafe_b64encode(bytes.fromhex(hex_digits)).decode().rstrip("=")


def topic_id_texts(column: str = "topic_id") -> pl.Expr:
    """The same for a column."""
    return pl.col(column).map_elements(topic_id_text, return_dtype=pl.String)
