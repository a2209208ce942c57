"""Exactly the locked jars, whatever state the cache is in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kastellan.kernel.errors import BadInput, Defect, MissingTool, Unavailable
from kastellan.lab import jars
from kastellan.lab.jars import Jar, Lock
from kastellan.lab.jars_fetch import Coordinate, pom_of

LOCK = Lock(
    "9.9.9",
    tuple(
        Jar("org.apache.kafka", name, "9.9.9", hashlib.sha256(name.encode()).hexdigest(), len(name))
        for name in ("kafka-clients", "kafka-server")
    ),
)


def said(_text: str) -> None:
    """Progress is not looked at here."""


def write_all(_wanted: Sequence[Coordinate], scratch: Path) -> Path:
    out = scratch / "jars"
    out.mkdir()
    for each in LOCK.jars:
        (out / each.file_name).write_text(each.artifact)
    return out


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KASTELLAN_CACHE", str(tmp_path))
    monkeypatch.delenv("KAFKA_HOME", raising=False)
    monkeypatch.setattr(jars, "read_lock", lambda kind: LOCK)
    monkeypatch.setattr(jars, "find_maven", lambda: Path("/bin/mvn"))
    monkeypatch.setattr(jars, "fetch_by_maven", write_all)
    monkeypatch.setattr(jars, "fetch_by_resolver", refuse("the resolver"))
    return tmp_path


def refuse(who: str) -> Callable[[Sequence[Coordinate], Path], Path]:
    def way(_wanted: Sequence[Coordinate], _scratch: Path) -> Path:
        raise Unavailable(f"{who} cannot")

    return way


@pytest.mark.parametrize(("kind", "version"), [("4", "4."), ("3.9", "3.9."), ("3.9-zk", "3.9.")])
def test_a_committed_lock_has_one_kafka_version_and_whole_checksums(kind: str, version: str) -> None:
    lock = jars.read_lock(kind)
    assert lock.version.startswith(version)
    assert {each.version for each in lock.jars if each.group == "org.apache.kafka"} == {lock.version}
    assert len({each.file_name for each in lock.jars}) == len(lock.jars) > 90
    assert all(len(each.sha256) == 64 and each.size_bytes > 0 for each in lock.jars)
    names = {each.artifact for each in lock.jars}
    assert {"kafka_2.13", "kafka-group-coordinator", "connect-runtime", "connect-mirror"} <= names
    assert {"log4j-slf4j-impl", "slf4j-reload4j"} & names, "without a binding a broker writes no log at all"
    assert ("zookeeper" in names) == (kind != "4")


def test_the_kdcs_lock_has_what_it_runs_on_and_nothing_of_kafka() -> None:
    lock = jars.read_lock(jars.KDC)
    assert (lock.name, lock.slug) == ("Apache Hadoop's MiniKdc", "minikdc")
    names = {each.artifact: each for each in lock.jars}
    assert names["hadoop-minikdc"].version == lock.version
    assert {"kerb-simplekdc", "kerb-server", "slf4j-reload4j"} <= names.keys()
    assert all(len(each.sha256) == 64 and each.size_bytes > 0 for each in lock.jars)
    assert not [each for each in lock.jars if each.group == "org.apache.kafka"]


def test_a_kdc_is_a_class_path_and_without_its_jars_kafka_home_is_no_remedy(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "read_lock", lambda kind: Lock("9.9.9", LOCK.jars, "Somebody's KDC"))
    parts = jars.provide_kdc(said).split(":")
    assert [Path(each).parent.parent for each in parts] == [cache / "jars"] * 2
    assert Path(parts[0]).parent.name.startswith("kdc-9.9.9-")
    Path(parts[0]).unlink()
    monkeypatch.setattr(jars, "fetch_by_maven", refuse("Maven"))
    with pytest.raises(MissingTool, match=r"^Somebody's KDC 9\.9\.9 could not be fetched .*; check the network$"):
        jars.provide_kdc(said)


def test_a_lock_with_mixed_kafka_versions_is_our_defect() -> None:
    mixed = {
        "version": "9.9.9",
        "jars": [{"group": "org.apache.kafka", "artifact": "a", "version": "9.9.8", "sha256": "", "size_bytes": 1}],
    }
    with pytest.raises(Defect, match=r"a-9\.9\.8\.jar"):
        jars.read_lock(text=json.dumps(mixed).encode())


def test_fetched_once_and_then_taken_from_the_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = jars.provide_kafka(said)
    monkeypatch.setattr(jars, "fetch_by_maven", refuse("Maven"))
    assert jars.provide_kafka(said) == first
    assert [each.read_text() for each in first.jars] == ["kafka-clients", "kafka-server"]
    assert [each.name for each in (cache / "jars").iterdir()] == [first.jars[0].parent.name]


@pytest.mark.parametrize("damage", ["missing", "cut short", "changed", "stranger"])
def test_a_damaged_cache_is_found_and_fetched_again(cache: Path, damage: str) -> None:
    kafka = jars.provide_kafka(said)
    victim = kafka.jars[0]
    if damage == "missing":
        victim.unlink()
    elif damage == "stranger":
        victim.with_name("kafka-clients-9.9.8.jar").write_text("old")
    else:
        victim.write_text({"cut short": "kafka", "changed": "kafka-clientz"}[damage])
    assert jars.provide_kafka(said) == kafka
    assert jars.faults(victim.parent, LOCK) == []


def test_what_a_killed_fetch_left_is_removed(cache: Path) -> None:
    (cache / "jars/.fetch-dead").mkdir(parents=True)
    jars.provide_kafka(said)
    assert not (cache / "jars/.fetch-dead").exists()


def test_the_resolver_stands_in_for_a_maven_that_fails(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jars, "fetch_by_maven", refuse("Maven"))
    monkeypatch.setattr(jars, "fetch_by_resolver", write_all)
    assert jars.provide_kafka(said).version == "9.9.9"


def test_a_wrong_file_from_the_network_is_not_installed(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tampered(wanted: Sequence[Coordinate], scratch: Path) -> Path:
        out = write_all(wanted, scratch)
        (out / LOCK.jars[1].file_name).write_text("kafka-servex")
        return out

    monkeypatch.setattr(jars, "fetch_by_maven", tampered)
    with pytest.raises(MissingTool, match=r"kafka-server-9\.9\.9\.jar is not the file that the lock names.*the resolver cannot"):
        jars.provide_kafka(said)
    assert list((cache / "jars").iterdir()) == []


def test_kafka_home_is_taken_as_it_is(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    libs = tmp_path / "home/libs"
    libs.mkdir(parents=True)
    for name in ("kafka-clients-4.1.0.jar", "kafka-server-4.1.0.jar", "lz4-java-1.8.0.jar"):
        (libs / name).touch()
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "home"))
    kafka = jars.provide_kafka(said)
    assert kafka.version == "4.1.0"
    assert len(kafka.jars) == 3


@pytest.mark.parametrize(
    ("names", "seen"),
    [([], "no kafka-clients jar"), (["kafka-clients-4.1.0.jar", "kafka-server-4.0.0.jar"], "4.0.0, 4.1.0")],
)
def test_a_kafka_home_that_is_none_is_one_sentence(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], seen: str
) -> None:
    (tmp_path / "home/libs").mkdir(parents=True)
    for name in names:
        (tmp_path / "home/libs" / name).touch()
    monkeypatch.setenv("KAFKA_HOME", str(tmp_path / "home"))
    with pytest.raises(BadInput, match=seen):
        jars.provide_kafka(said)


def test_the_project_for_maven_names_every_jar_and_follows_nothing() -> None:
    text = pom_of([("g", "a&b", "1", ""), ("g", "c", "2", "test")])
    assert text.count("<dependency>") == text.count("<artifactId>*</artifactId>") == 2
    assert "a&amp;b" in text
    assert "<classifier>test</classifier>" in text
