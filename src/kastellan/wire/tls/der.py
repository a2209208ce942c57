"""Just enough of DER (X.690) to walk a key store: definite lengths, no interpretation."""

from __future__ import annotations

import msgspec

from kastellan.kernel.secret import SecretBytes

SEQUENCE, SET, OCTETS, OBJECT, INTEGER = 0x30, 0x31, 0x04, 0x06, 0x02
CONTEXT_0_CONSTRUCTED, CONTEXT_0 = 0xA0, 0x80


class DerError(ValueError):
    """Bytes that are no DER of the expected shape."""


class Element(msgspec.Struct, frozen=True):
    """One element: its tag, its content, and all of its bytes. It may hold a key: it does not print."""

    tag: int
    content: SecretBytes
    encoded: SecretBytes

    def children(self) -> tuple[Element, ...]:
        """The elements in its content. Raises DerError."""
        elements: list[Element] = []
        at = 0
        while at < len(self.content):
            element = element_of(self.content[at:])
            elements.append(element)
            at += len(element.encoded)
        return tuple(elements)

    def of_tag(self, tag: int) -> Element:
        """Itself, if it has this tag. Raises DerError."""
        if self.tag != tag:
            raise DerError
        return self


def element_of(data: bytes, tag: int | None = None) -> Element:
    """The element that the bytes begin with. Raises DerError, also for another tag than this."""
    if len(data) < 2 or (tag is not None and data[0] != tag):  # noqa: PLR2004
        raise DerError
    size, head = data[1], 2
    if size & 0x80:
        head += size & 0x7F
        if head == 2 or head > len(data):  # noqa: PLR2004
            raise DerError
        size = int.from_bytes(data[2:head], "big")
    if head + size > len(data):
        raise DerError
    return Element(data[0], SecretBytes(data[head : head + size]), SecretBytes(data[: head + size]))


def number(element: Element) -> int:
    """The value of an integer."""
    return int.from_bytes(element.of_tag(INTEGER).content, "big", signed=True)


def object_id(element: Element) -> str:
    """The dotted name of an object identifier.

    >>> object_id(element_of(bytes.fromhex("06092a864886f70d010701")))
    '1.2.840.113549.1.7.1'
    """
    arcs: list[int] = []
    value = 0
    for byte in element.of_tag(OBJECT).content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise DerError
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))
