"""Whatever the bytes of an answer are, decoding ends in the answer or in one sentence; never in an abort or a traceback.

An abort of the codec would end this test process: that is how this test fails.
"""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kastellan.kernel.errors import Garbled
from kastellan.testing.fake_broker_answers import Call
from kastellan.testing.fake_broker_codec import build_response, encode, read_request
from kastellan.testing.fake_broker_groups import HANDLERS
from kastellan.testing.fake_broker_model import FakeMember, fake_model
from kastellan.wire.kafka import requests as q
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.consumer_protocol import assignment_of, subscription_of
from kastellan.wire.kafka.decode import decode
from kastellan.wire.kafka.layout import Broken, Walk
from kastellan.wire.kafka.packing import EncodedRequest

TOPIC = "topic-0001"
REQUESTS: list[EncodedRequest] = [
    *(q.metadata(version) for version in (0, 5, 9, 12, 13)),
    *(q.list_offsets(version, {TOPIC: [0, 1]}, -1) for version in (1, 5, 8, 11)),
    *(q.offset_fetch(version, {"group-0000": None}) for version in (5, 7, 8, 9)),
    *(q.describe_groups(version, ["group-0000", "nobody"]) for version in (3, 5, 6)),
    *(q.describe_log_dirs(version) for version in (1, 4, 5)),
    *(q.describe_configs(version, {(2, TOPIC): None, (4, "1"): ["retention.ms"]}) for version in (1, 4)),
    *(q.list_groups(version) for version in (0, 5)),
    q.describe_quorum(2),
    q.describe_cluster(2),
    q.describe_topic_partitions(0, [], limit=3),
    q.consumer_group_describe(1, ["group-0001"]),
    q.share_group_describe(1, ["group-0001"]),
    q.streams_group_describe(0, ["group-0001"]),
    q.list_transactions(2),
    q.find_coordinator(6, ["a", "b"]),
]


def answer(request: EncodedRequest) -> bytes:
    model = fake_model(topics=2, partitions=2)
    model.groups["group-0000"].members.append(FakeMember("m", assigned={TOPIC: [0, 1]}))
    model.groups["group-0001"].type = "consumer"
    call = Call(
        1,
        request.version,
        read_request(request.api_key, request.version, request.body),
        model,
        lambda node: ("h", node),
        lambda _, code: code,
    )
    return encode(build_response(request.api_key, request.version, HANDLERS[request.api_key](call)))


FRAMES = [(each.api_key, each.version, answer(each)) for each in REQUESTS]
NAMED = [pytest.param(*frame, id=f"{Api(frame[0]).name.lower()}-{frame[1]}") for frame in FRAMES]


def decodes(api: int, version: int, data: bytes) -> bool:
    try:
        decode(api, version, data, "broker 2")
    except Garbled as error:
        sentence = error.message
    else:
        return True
    assert sentence.startswith("broker 2 sent ")
    assert "\n" not in sentence
    return False


@pytest.mark.parametrize(("api", "version", "data"), NAMED)
def test_a_sound_answer_decodes_to_the_same_bytes_and_is_walked_to_its_end(api, version, data):
    assert encode(decode(api, version, data)) == data
    assert Walk(data).end_of(api, version) == len(data)


@pytest.mark.parametrize(("api", "version", "data"), NAMED)
def test_an_answer_cut_anywhere_is_garbled(api, version, data):
    assert not any(decodes(api, version, data[:end]) for end in range(len(data)))


@pytest.mark.parametrize(("api", "version", "data"), NAMED)
def test_a_huge_length_anywhere_never_ends_the_process(api, version, data):
    for huge in (b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\xff\x7f", b"\x80\x80\x80\x80\x08", b"\x7f\xff\xff\xff", b"\xff" * 8):
        for at in range(len(data)):
            decodes(api, version, data[:at] + huge + data[at + len(huge) :])
            decodes(api, version, data[:at] + huge + data[at:])


@settings(max_examples=300)
@given(st.data())
def test_changed_bytes_decode_or_are_garbled(data):
    api, version, sound = data.draw(st.sampled_from(FRAMES))
    changed = bytearray(sound)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    decodes(api, version, bytes(changed))


@settings(max_examples=300)
@given(st.sampled_from(FRAMES), st.binary(max_size=400))
def test_random_bytes_decode_or_are_garbled(frame, data):
    decodes(frame[0], frame[1], data)


@given(st.sampled_from(FRAMES), st.binary(min_size=1, max_size=9))
def test_what_stands_behind_an_answer_makes_it_garbled(frame, more):
    assert not decodes(frame[0], frame[1], frame[2] + more)


@settings(max_examples=300)
@given(st.sampled_from(FRAMES), st.integers(0, 400), st.binary(max_size=6))
def test_the_walk_refuses_only_what_the_codec_refuses(frame, at, spoilt):
    api, version, sound = frame
    data = sound[:at] + spoilt + sound[at + len(spoilt) :]
    try:
        end = Walk(data).end_of(api, version)
    except Broken:
        assert not decodes(api, version, data)
    else:
        assert end <= len(data)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\x00\x00\x7f\xff\xff\xff")
@example(b"\x00\x00\x00\x00\x00\x01\x00\x01a\x7f\xff\xff\xff")
@example(b"\x00\x00\x00\x00\x00\x01\xff\xffa")
def test_what_clients_write_into_groups_is_read_or_garbled(data):
    for read in (assignment_of, subscription_of):
        with contextlib.suppress(Garbled):
            assert all(isinstance(topic, str) for topic in read(data))
