"""What a node runs on: a Java, Kafka's jars, and the archive of loaded classes that halves its start."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from kastellan.lab.jars import Kafka, Say, provide_kafka
from kastellan.lab.java import Java, find_java
from kastellan.lab.model import KAFKA_4, Node
from kastellan.lab.places import cache_dir
from kastellan.lab.properties import jvm_options

_QUIET_NATIVE = 24


class Runtime(msgspec.Struct, frozen=True):
    """Java and Kafka of this machine. `train` is an archive to write at exit, instead of one to read."""

    java: Java
    kafka: Kafka
    train: Path | None = None

    @property
    def archive(self) -> Path:
        """Where the class archive of exactly this Java with exactly these jars is."""
        kind = self.java.class_archive
        version = "".join(character if character.isalnum() else "-" for character in self.java.version)
        return cache_dir() / "archives" / f"java-{version}-kafka-{self.kafka.fingerprint}.{kind}"

    def server_command(self, node: Node, heap_mib: int) -> list[str]:
        """The command line of a node."""
        options = [*jvm_options(heap_mib, node, self.kafka.version), *node.jvm]
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain" if node.is_zookeeper else "kafka.Kafka"
        return self._command([*options, *self._archive_options()], main, [str(node.dir / "server.properties")])

    def tool_command(self, main: str, arguments: Sequence[str]) -> list[str]:
        """The command line of one of Kafka's own tools."""
        options = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        return self._command([*options, *(self._archive_options() if self.train is None else [])], main, arguments)

    def _command(self, options: Sequence[str], main: str, arguments: Sequence[str]) -> list[str]:
        native = ["--enable-native-access=ALL-UNNAMED"] if self.java.major >= _QUIET_NATIVE else []
        return [str(self.java.program), *options, *native, "-cp", self.kafka.class_path, main, *arguments]

    def _archive_options(self) -> list[str]:
        ahead = self.java.class_archive == "aot"
        if self.train is not None:
            return [f"-XX:AOTCacheOutput={self.train}" if ahead else f"-XX:ArchiveClassesAtExit={self.train}"]
        if not self.archive.exists():
            return []
        if ahead:
            return [f"-XX:AOTCache={self.archive}", "-Xlog:aot*=off", "-Xlog:cds*=off"]
        return [f"-XX:SharedArchiveFile={self.archive}", "-Xshare:auto", "-Xlog:cds*=off"]


def provide_runtime(say: Say, kind: str = KAFKA_4) -> Runtime:
    """Find or fetch Java and this kind of Kafka. Raises `MissingTool` with what to install."""
    return Runtime(find_java(), provide_kafka(say, kind))
