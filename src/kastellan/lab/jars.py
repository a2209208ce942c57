"""Apache Kafka as jars: exactly those of the lock file, fetched once, checked every time.

`jars.lock.json` (Kafka 4), `jars-3.9.lock.json` and `jars-kdc.lock.json` (a KDC) name every jar with its SHA-256. A cache that
does not match, because a fetch was cut short or a file was damaged, is thrown away and fetched again; it is put in place by one
rename, under a lock.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import BadInput, Defect, KastellanError, MissingTool
from kastellan.lab.jars_fetch import fetch_by_maven, fetch_by_resolver, find_maven
from kastellan.lab.locks import held
from kastellan.lab.model import KAFKA_4, KAFKA_39, KAFKA_39_ZK
from kastellan.lab.places import cache_dir

Say = Callable[[str], None]
_FETCH_S = 900.0
_OUR_GROUP = "org.apache.kafka"
KDC = "kdc"
_LOCKS: Mapping[str, str] = {
    KAFKA_4: "jars.lock.json", KAFKA_39: "jars-3.9.lock.json", KAFKA_39_ZK: "jars-3.9.lock.json", KDC: "jars-kdc.lock.json",
}  # fmt: skip


class Jar(msgspec.Struct, frozen=True):
    """One artefact of the lock."""

    group: str
    artifact: str
    version: str
    sha256: str
    size_bytes: int
    classifier: str = ""

    @property
    def file_name(self) -> str:
        """Its name in a directory of jars."""
        tail = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{tail}.jar"


class Lock(msgspec.Struct, frozen=True):
    """The lock: the one version of what it is for, and every jar."""

    version: str
    jars: tuple[Jar, ...]
    name: str = "Apache Kafka"

    @property
    def slug(self) -> str:
        """The name's last word, for a directory."""
        return self.name.rpartition(" ")[2].lower()


class Kafka(msgspec.Struct, frozen=True):
    """A Kafka to run: its version and the jars of its class path, in a fixed order."""

    version: str
    jars: tuple[Path, ...]

    @property
    def class_path(self) -> str:
        """An explicit list: a class archive is not accepted with a wildcard."""
        return os.pathsep.join(str(path) for path in self.jars)

    @property
    def fingerprint(self) -> str:
        """Changes when any jar changes; keys what was made from them."""
        facts = [f"{path}:{path.stat().st_size}:{path.stat().st_mtime_ns}" for path in self.jars]
        return hashlib.sha256("\n".join([self.version, *facts]).encode()).hexdigest()[:16]


def read_lock(kind: str = KAFKA_4, text: bytes | None = None) -> Lock:
    """The lock for this kind of Kafka, or for the KDC. Raises `Defect` when a jar of Kafka has another version."""
    raw = text if text is not None else resources.files("kastellan.lab").joinpath(_LOCKS[kind]).read_bytes()
    lock = msgspec.json.decode(raw, type=Lock)
    strays = [jar.file_name for jar in lock.jars if jar.group == _OUR_GROUP and jar.version != lock.version]
    if strays:
        msg = f"the jar lock mixes Kafka versions: {', '.join(strays)} beside {lock.version}"
        raise Defect(msg)
    return lock


def provide_kafka(say: Say, kind: str = KAFKA_4) -> Kafka:
    """Kafka's jars: the locked ones from the cache, fetched when missing; for Kafka 4 those of `KAFKA_HOME` when it is set.

    Raises `BadInput` when KAFKA_HOME holds no Kafka, `MissingTool` when nothing could fetch them.
    """
    home = os.environ.get("KAFKA_HOME")
    if home and kind == KAFKA_4:
        return _from_home(Path(home))
    lock = read_lock(kind)
    return Kafka(lock.version, _locked_paths(lock, say))


def provide_kdc(say: Say) -> str:
    """The class path of a KDC, fetched when it is missing. Raises `MissingTool` when nothing could fetch it."""
    return os.pathsep.join(str(path) for path in _locked_paths(read_lock(KDC), say))


def faults(directory: Path, lock: Lock) -> list[str]:
    """What is wrong with a directory of jars, one sentence each; empty when every jar is there, whole, and nothing else."""
    wanted = {jar.file_name: jar for jar in lock.jars}
    try:
        present = {path.name for path in directory.iterdir()}
    except FileNotFoundError:
        return [f"{directory} is not there"]
    problems = [f"{name} does not belong to the lock" for name in sorted(present - wanted.keys())]
    for name, jar in wanted.items():
        path = directory / name
        if name not in present:
            problems.append(f"{name} is missing")
        elif path.stat().st_size != jar.size_bytes or _sha256(path) != jar.sha256:
            problems.append(f"{name} is not the file that the lock names")
    return problems


def _locked_paths(lock: Lock, say: Say) -> tuple[Path, ...]:
    directory = _directory(lock)
    if faults(directory, lock):
        with held(directory.parent, Deadline.after(_FETCH_S)):
            if faults(directory, lock):
                _fetch(directory, lock, say)
    return tuple(directory / jar.file_name for jar in lock.jars)


def _directory(lock: Lock) -> Path:
    digest = hashlib.sha256("".join(jar.sha256 for jar in lock.jars).encode()).hexdigest()[:12]
    return cache_dir() / "jars" / f"{lock.slug}-{lock.version}-{digest}"


def _fetch(directory: Path, lock: Lock, say: Say) -> None:
    reasons: list[str] = []
    ways = [("Maven", fetch_by_maven)] if find_maven() else []
    for name, way in [*ways, ("the resolver from PyPI", fetch_by_resolver)]:
        for leftover in directory.parent.glob(".fetch-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=directory.parent))
        try:
            say(f"fetching {lock.name} {lock.version} ({len(lock.jars)} jars, {_total_mb(lock)} MB) by {name}")
            fresh = way([(jar.group, jar.artifact, jar.version, jar.classifier) for jar in lock.jars], scratch)
            if wrong := faults(fresh, lock):
                reasons.append(f"{name}: {wrong[0]}" + (f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""))
                continue
            shutil.rmtree(directory, ignore_errors=True)
            fresh.rename(directory)
        except KastellanError as problem:
            reasons.append(f"{name}: {problem.message}")
        else:
            return
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    other = ", or set KAFKA_HOME to an unpacked Kafka distribution" if lock.slug == "kafka" else ""
    msg = f"{lock.name} {lock.version} could not be fetched ({'; '.join(reasons)}); check the network{other}"
    raise MissingTool(msg)


def _from_home(home: Path) -> Kafka:
    libs = home / "libs"
    jars = tuple(sorted(libs.glob("*.jar")))
    versions = {match[1] for jar in jars if (match := re.fullmatch(r"kafka-(?:clients|server)-(\d[\w.-]*)\.jar", jar.name))}
    if len(versions) != 1:
        versions_text = f"the versions {', '.join(sorted(versions))}" if versions else "no kafka-clients jar"
        msg = f"KAFKA_HOME={home} has {versions_text} in libs/; set it to an unpacked Kafka 4 distribution or unset it"
        raise BadInput(msg)
    return Kafka(versions.pop(), jars)


def _total_mb(lock: Lock) -> int:
    return round(sum(jar.size_bytes for jar in lock.jars) / 1_000_000)


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
