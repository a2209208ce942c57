"""What surrounds an answer in the stream: tagged fields of a header, and what a stream is that does not speak Kafka."""

from __future__ import annotations

from typing import Final

from kastellan.kernel.units import bytes_text

_SHOWN_TEXT: Final = 40


def skip_tags(buffer: bytearray, at: int, end: int) -> int:
    """The place behind the tagged fields that start at `at`, or -1 when they do not fit before `end`."""
    if at < end and not buffer[at]:  # none, as nearly always
        return at + 1
    count, at = _varint(buffer, at, end)
    for _ in range(count):
        _, at = _varint(buffer, at, end)
        size, at = _varint(buffer, at, end)
        if at < 0 or size > end - at:
            return -1
        at += size
    return at


def _varint(buffer: bytearray, at: int, end: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 35, 7):
        if not 0 <= at < end:
            break
        byte = buffer[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    return 0, -1


_CHECK_PORT: Final = "check the port"
_WANTS_TLS: Final = "this listener wants TLS (security.protocol SSL or SASL_SSL)"
_SPEAKERS: Final = (
    (b"HTTP", "speaks HTTP, not Kafka", _CHECK_PORT),
    (b"\x15\x03", "answered with a TLS alert", _WANTS_TLS),
    (b"\x16\x03", "opened a TLS handshake", _WANTS_TLS),
)


def foreign_protocol(start: bytes, size: int, limit: int) -> tuple[str, str]:
    """What a stream that is no Kafka answer looks like, from its first bytes; and what to do."""
    for first, reason, remedy in _SPEAKERS:
        if start.startswith(first):
            return reason, remedy
    head = start[:_SHOWN_TEXT]
    if all(0x20 <= byte < 0x7F or byte in b"\r\n\t" for byte in head):
        return f"speaks text, not Kafka ({head.decode('ascii').strip()!r})", _CHECK_PORT
    if size > limit:
        return f"announced an answer of {bytes_text(size)}, beyond the limit of {bytes_text(limit)}", _CHECK_PORT
    return f"announced an answer of {size} bytes, which is not the Kafka protocol", _CHECK_PORT
