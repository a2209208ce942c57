"""Walks an answer's lengths and counts before the codec does.

The codec allocates whatever an array length announces, and a hostile length ends the whole process (an abort that
no handler sees). The walk proves first that everything announced fits into the bytes that came. It looks at
structure only and takes arrays of equal elements in strides, so it costs a tenth of the decoding.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Final, get_args, get_origin

from kastellan.wire.kafka import schema

_SIZES: Final = {
    "bool": 1,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "uint16": 2,
    "int32": 4,
    "uint32": 4,
    "timedelta_i32": 4,
    "int64": 8,
    "uint64": 8,
    "float64": 8,
    "timedelta_i64": 8,
    "datetime_i64": 8,
    "uuid": 16,
}
_MARKS: Final = 16
"""More structural bytes than this in one element, and looking for equal elements does not pay."""


class Broken(Exception):  # never leaves `decode`, which names the answer and the peer
    """The bytes announce more than they hold."""


class _Kind(IntEnum):
    SKIP = 0
    CODE = 1
    COMPACT = 2
    SHORT = 3
    LONG = 4
    ENTITIES = 5
    NUMBERS = 6
    TEXTS = 7
    ENTITY = 8
    MAYBE = 9


class Layout:
    """The order of an entity's fields, as far as it decides where they lie."""

    __slots__ = ("flexible", "steps", "tags")

    def __init__(self, flexible: bool) -> None:  # noqa: FBT001
        self.flexible = flexible
        self.steps: list[tuple[_Kind, int, Layout | None]] = []
        self.tags: dict[int, tuple[_Kind, int, Layout | None]] = {}


@cache
def layout_of(entity: type) -> Layout:
    """The layout of a generated message class."""
    layout = Layout(bool(vars(entity)["__flexible__"]))
    for field in fields(entity):
        kafka_type = str(field.metadata.get("kafka_type", ""))
        step = _step(field.type, kafka_type, layout.flexible, tagged="tag" in field.metadata)
        if "tag" in field.metadata:
            layout.tags[int(field.metadata["tag"])] = step
        elif step[0] is _Kind.SKIP and layout.steps and layout.steps[-1][0] is _Kind.SKIP:
            layout.steps[-1] = (_Kind.SKIP, layout.steps[-1][1] + step[1], None)
        else:
            layout.steps.append(step)
    return layout


def _step(declared: object, kafka_type: str, flexible: bool, *, tagged: bool) -> tuple[_Kind, int, Layout | None]:  # noqa: FBT001  # a table of kinds
    optional = get_origin(declared) is UnionType
    inner = next((argument for argument in get_args(declared) if argument is not NoneType), None) if optional else declared
    if get_origin(inner) is tuple:
        element = get_args(inner)[0]
        if isinstance(element, type) and is_dataclass(element):
            return _Kind.ENTITIES, 0, layout_of(element)
        return (_Kind.NUMBERS, _SIZES[kafka_type], None) if kafka_type in _SIZES else (_Kind.TEXTS, 0, None)
    if isinstance(inner, type) and is_dataclass(inner):
        return (_Kind.MAYBE if optional and not tagged else _Kind.ENTITY), 0, layout_of(inner)
    if kafka_type == "error_code":
        return _Kind.CODE, 2, None
    if kafka_type in _SIZES:
        return _Kind.SKIP, _SIZES[kafka_type], None
    if flexible:
        return _Kind.COMPACT, 0, None
    return (_Kind.SHORT if kafka_type == "string" else _Kind.LONG), 0, None


class Walk:
    """One walk over one answer. With `codes` it also notes where each error code stands, in the order of the fields."""

    __slots__ = ("codes", "data", "size")

    def __init__(self, data: bytes, codes: list[int] | None = None) -> None:
        self.data = data
        self.size = len(data)
        self.codes = codes

    def end_of(self, api: int, version: int) -> int:
        """Where the answer ends. Raises Broken when it does not end within the bytes."""
        try:
            at = self._entity_end(layout_of(schema.response_type(api, version)), 0, None)
        except IndexError:
            at = self.size + 1
        if at > self.size:
            raise Broken("they end before it is whole")
        return at

    def _entity_end(self, layout: Layout, at: int, marks: list[int] | None) -> int:
        flexible, size = layout.flexible, self.size
        for step in layout.steps:
            kind = step[0]
            if kind is _Kind.SKIP:
                at += step[1]
            else:
                at = self._value_end(step, at, marks, flexible=flexible)
            if at > size:
                raise Broken("they end before it is whole")
        if flexible:
            count, after = self._varint(at, marks)
            at = self._tags(layout, count, after, marks) if count else after
        return at

    def _value_end(  # a table of kinds
        self, step: tuple[_Kind, int, Layout | None], at: int, marks: list[int] | None, *, flexible: bool
    ) -> int:
        kind, size, inner = step
        if kind is _Kind.COMPACT:
            length, at = self._varint(at, marks)
            return at + length - 1 if length else at
        if kind is _Kind.CODE:
            if self.codes is not None:
                self.codes.append(at)
            return at + size
        if kind is _Kind.SHORT or kind is _Kind.LONG:
            return self._legacy(at, 2 if kind is _Kind.SHORT else 4, marks)
        if inner is None:
            return self._flat_array_end(at, size, marks, flexible=flexible)
        if kind is _Kind.ENTITIES:
            return self._array_end(inner, at, marks, flexible=flexible)
        if kind is _Kind.MAYBE:
            if marks is not None:
                marks.append(at)
            there = self.data[at] != 0xFF
            at += 1
            if not there:
                return at
        return self._entity_end(inner, at, marks)

    def _flat_array_end(self, at: int, size: int, marks: list[int] | None, *, flexible: bool) -> int:
        count, at = self._count(at, marks, flexible=flexible)
        if size:
            return at + size * count
        for _ in range(count):
            if flexible:
                length, at = self._varint(at, marks)
                at += max(length - 1, 0)
            else:
                at = self._legacy(at, 2, marks)
        return at

    def _array_end(self, element: Layout, at: int, marks: list[int] | None, *, flexible: bool) -> int:
        """The end of an array of structures.

        Walking each element costs about as much as decoding it. The elements of large answers mostly have one shape: only
        numbers differ, which lie between the bytes that decide sizes (lengths, counts, null marks: the "marks"). So the first
        element is walked and its marks are noted. Where every later element has the same bytes at the same places, all are as
        long as the first, and one slice comparison for each mark replaces the walk over all of them. `marks` of an outer
        element that contains an array of several elements is made too long on purpose (_MARKS + 1), so that the outer array
        is walked: the places in the later inner elements are not noted. When error codes are looked for (`codes`) every
        element is walked, because each has codes of its own.
        """
        count, at = self._count(at, marks, flexible=flexible)
        if not count:
            return at
        first: list[int] = []
        begin, at = at, self._entity_end(element, at, first)
        if marks is not None:
            marks.extend(first if count == 1 else [-1] * (_MARKS + 1))
        if count == 1:
            return at
        end = begin + (at - begin) * count
        if end <= self.size and self.codes is None and len(first) <= _MARKS and self._alike(first, end, at - begin, count):
            return end
        for _ in range(count - 1):
            at = self._entity_end(element, at, None)
        return at

    def _alike(self, marks: list[int], end: int, stride: int, count: int) -> bool:
        """Whether every element has the structural bytes of the first one, and so its size."""
        data = self.data
        return all(data[mark:end:stride] == data[mark : mark + 1] * count for mark in marks)

    def _tags(self, layout: Layout, count: int, at: int, marks: list[int] | None) -> int:
        for _ in range(count):
            tag, at = self._varint(at, marks)
            length, at = self._varint(at, marks)
            if length > self.size - at:
                raise Broken("a tagged field announces more than they hold")
            step = layout.tags.get(tag)
            if step is not None:
                self._value_end(step, at, marks, flexible=True)
            at += length
        return at

    def _count(self, at: int, marks: list[int] | None, *, flexible: bool) -> tuple[int, int]:
        if flexible:
            count, at = self._varint(at, marks)
            count = max(count - 1, 0)
        else:
            if marks is not None:
                marks.extend(range(at, at + 4))
            count, at = max(int.from_bytes(self.data[at : at + 4], "big", signed=True), 0), at + 4
        # Every element has one byte at least.
        if count > self.size - at:
            raise Broken(f"an array announces {count} elements in {max(self.size - at, 0)} bytes")
        return count, at

    def _legacy(self, at: int, width: int, marks: list[int] | None) -> int:
        if marks is not None:
            marks.extend(range(at, at + width))
        return at + width + max(int.from_bytes(self.data[at : at + width], "big", signed=True), 0)

    def _varint(self, at: int, marks: list[int] | None) -> tuple[int, int]:
        value = 0
        for shift in range(0, 35, 7):
            byte = self.data[at]
            if marks is not None:
                marks.append(at)
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
        raise Broken("a length is longer than lengths can be")
