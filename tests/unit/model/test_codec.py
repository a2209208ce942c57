from __future__ import annotations

import contextlib
import io
import re
import zipfile

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all
from kastellan.kernel.errors import BadInput
from kastellan.model import codec
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.replicas import Replicas
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.snapshots import edit, failed_answer, healthy, hide
from kastellan.views.catalogue import all_views


def sick():
    snapshot, _ = failed_answer(hide(healthy(), "group"))
    snapshot = edit(snapshot, Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
    snapshot = edit(snapshot, Brokers, {"broker": 2}, reached=False, host=None, rack=None)
    return snapshot.after(healthy(at_ms=snapshot.at_ms - 60_000), healthy(at_ms=snapshot.at_ms - 5_000))


def repacked(data: bytes, change, *, sealed: bool = False) -> bytes:
    """The file with its members changed by `change(members: dict) -> None`, without the hashes unless `sealed`."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    if not sealed:
        members["manifest.json"] = re.sub(rb'"sha256":"[0-9a-f]+"', b'"sha256":""', members["manifest.json"])
    change(members)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def arrow(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_ipc(out)
    return out.getvalue()


def test_the_round_trip_is_exact():
    before = sick()
    after = codec.load(codec.dump(before))
    for was, now in zip((before, *before.earlier), (after, *after.earlier), strict=True):
        assert msgspec.structs.replace(now, tables={}, earlier=()) == msgspec.structs.replace(was, tables={}, earlier=())
        assert list(now.tables) == list(was.tables)
        for name, table in was.tables.items():
            assert type(now.tables[name]) is type(table)
            assert now.tables[name].unseen == table.unseen
            assert_frame_equal(now.tables[name].df, table.df)
    assert codec.dump(after) == codec.dump(before)


@pytest.mark.examines
def test_the_same_checks_give_the_same_answer():
    before = sick()
    after = codec.load(codec.dump(before))

    def told(snapshot):
        return [
            msgspec.structs.replace(each, took_ms=0)
            for each in evaluate_all(snapshot, all_checks(), all_views(packaged_releases()))
        ]

    assert told(after) == told(before)
    assert any(each.findings for each in told(after))


def test_a_newer_file_is_read_as_far_as_it_is_known():
    def newer(members):
        manifest = msgspec.json.decode(members["manifest.json"])
        manifest["looks"][0]["tables"].append({"name": "weather", "member": "look0/weather.arrow", "rows": 0, "unseen": []})
        manifest["looks"][0]["future"] = True
        members["manifest.json"] = msgspec.json.encode(manifest)
        frame = pl.read_ipc(members["look0/topics.arrow"]).drop("internal").with_columns(colour=pl.lit("red"))
        members["look0/topics.arrow"] = arrow(frame)

    snapshot, notes = codec.unpack(repacked(codec.dump(healthy()), newer))
    assert snapshot.tables["topics"].df["internal"].null_count() == snapshot.tables["topics"].df.height
    assert any("weather" in each for each in notes)
    assert any("colour" in each for each in notes)


def of_schema_1(members):
    """The members as the versions before schema 2 wrote them: the peer of an Answer is a text, its request is `asked`."""
    manifest = msgspec.json.decode(members["manifest.json"])
    manifest["schema"] = "kastellan.snapshot/1"
    for look in manifest["looks"]:
        for answer in look["answers"]:
            peer = answer.pop("peer")
            answer["asked"] = answer.pop("request")
            answer["of"] = peer["kind"] if peer["key"] is None else f"{peer['kind']}/{peer['key']}"
    members["manifest.json"] = msgspec.json.encode(manifest)


def test_a_file_of_schema_1_is_read_with_typed_peers():
    before = sick()
    after = codec.load(repacked(codec.dump(before), of_schema_1))
    assert after.answers == before.answers
    assert {answer.peer.broker for answer in after.answers} > {None}


def drop(name):
    return lambda members: members.pop(name)


def put(name, content):
    return lambda members: members.__setitem__(name, content)


HOSTILE = {
    "empty": b"",
    "text": b"no zip at all\n" * 40,
    "truncated": codec.dump(healthy())[:-200],
    "no manifest": repacked(codec.dump(healthy()), drop("manifest.json")),
    "manifest is no json": repacked(codec.dump(healthy()), put("manifest.json", b"{")),
    "deep json": repacked(codec.dump(healthy()), put("manifest.json", b'{"schema":' + b"[" * 100_000)),
    "other schema": repacked(codec.dump(healthy()), put("manifest.json", b'{"schema": "kastellan.snapshot/9"}')),
    "no looks": repacked(
        codec.dump(healthy()), put("manifest.json", b'{"schema": "kastellan.snapshot/2", "version": "1", "looks": []}')
    ),
    "schema 1 without a peer": repacked(
        codec.dump(healthy()),
        put(
            "manifest.json",
            b'{"schema": "kastellan.snapshot/1", "version": "1", "looks": [{"answers": [{"id": 1}]}]}',
        ),
    ),
    "missing table": repacked(codec.dump(healthy()), drop("look0/topics.arrow")),
    "table is no arrow": repacked(codec.dump(healthy()), put("look0/topics.arrow", b"ARROW1 or so")),
    "other columns": repacked(codec.dump(healthy()), put("look0/topics.arrow", arrow(pl.DataFrame({"topic": [1, 2]})))),
    "no key": repacked(codec.dump(healthy()), put("look0/topics.arrow", arrow(pl.DataFrame({"internal": [True, False]})))),
    "row missing": repacked(codec.dump(healthy()), put("look0/topics.arrow", arrow(pl.DataFrame({"topic": ["a"]})))),
    "null in a struct": repacked(
        codec.dump(healthy(brokers=1)),
        put("look0/brokers.arrow", arrow(pl.DataFrame({"broker": [None]}, schema={"broker": pl.Int32}))),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_sentence(name):
    with pytest.raises(BadInput) as refused:
        codec.load(HOSTILE[name])
    assert "\n" not in refused.value.message
    assert 20 < len(refused.value.message) < 300


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(codec, "MOST_BYTES", 10_000)
    with pytest.raises(BadInput, match="refused"):
        codec.load(codec.dump(healthy()))


def test_a_member_that_is_longer_than_it_says_is_not_read_further(monkeypatch):
    """The declared size is what is trusted; a member with more behind it fails its checksum."""
    data = bytearray(codec.dump(healthy()))
    central = data.find(b"PK\x01\x02")
    data[central + 24 : central + 28] = (8).to_bytes(4, "little")
    with pytest.raises(BadInput):
        codec.load(bytes(data))


def test_a_table_that_was_changed_is_told_by_its_hash():
    other = arrow(healthy().tables["topics"].df.with_columns(internal=pl.lit(value=True)))
    with pytest.raises(BadInput, match=r"topics .*its hash"):
        codec.load(repacked(codec.dump(healthy()), put("look0/topics.arrow", other), sealed=True))


def test_text_that_repeats_itself_is_written_once_and_read_as_text():
    many = healthy(topics={"a-rather-long-name-of-a-topic-that-repeats-itself": 2000})
    data = codec.dump(many)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.getinfo("look0/replicas.arrow").file_size < many.tables["replicas"].df.height * 60
    assert_frame_equal(codec.load(data).tables["replicas"].df, many.tables["replicas"].df)


def test_a_dictionary_that_unfolds_to_more_than_memory_is_refused(monkeypatch):
    frame = pl.DataFrame({"topic": ["x" * 1000] * 5000, "partition": range(5000)})
    bomb = arrow(frame.with_columns(pl.col("topic").cast(pl.Enum(["x" * 1000])), pl.col("partition").cast(pl.Int32)))

    def plant(members):
        members["look0/offsets.arrow"] = bomb
        members["manifest.json"] = re.sub(rb'("name":"offsets"[^}]*"rows":)\d+', rb"\g<1>5000", members["manifest.json"])

    data = repacked(codec.dump(healthy()), plant)
    assert codec.load(data).tables["offsets"].df.height == 5000
    monkeypatch.setattr(codec, "MOST_BYTES", 2_000_000)
    with pytest.raises(BadInput, match="refused"):
        codec.load(data)


def test_only_the_wanted_tables_are_read():
    assert codec.load(codec.dump(sick()), only={"topics", "brokers"}).tables.keys() == {"topics", "brokers"}


@pytest.mark.examines
def test_every_single_flipped_byte_ends_in_a_snapshot_or_one_sentence():
    data = codec.dump(healthy(brokers=1, topics={"t": 1}))
    refused = 0
    for at in range(0, len(data), 509):
        broken = bytearray(data)
        broken[at] ^= 0x55
        with contextlib.suppress(BadInput):
            codec.load(bytes(broken))
            continue
        refused += 1
    assert refused > 10
