"""Network addresses as people write them."""

from __future__ import annotations


def address_text(host: str, port: int | None) -> str:
    """Host and port, as every option takes them back; an IPv6 address stands in brackets.

    >>> address_text("kafka-1", 9092), address_text("::1", 9092)
    ('kafka-1:9092', '[::1]:9092')
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
