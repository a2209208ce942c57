"""Requests that are kept from look to look."""

from __future__ import annotations

from kastellan.sources.kafka.collect_session import packed_once
from kastellan.wire.kafka.packing import EncodedRequest


def test_a_request_is_packed_once_for_each_version() -> None:
    built = list[int]()

    def build(version: int) -> EncodedRequest:
        built.append(version)
        return EncodedRequest(3, version, b"", flexible=True)

    packed = packed_once(build)
    assert [packed(version).version for version in (4, 4, 5, 4)] == [4, 4, 5, 4]
    assert built == [4, 5]
