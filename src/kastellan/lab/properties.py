"""Kafka's own files for a node: server.properties, log4j2.properties and the JVM's options. Pure text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kastellan.lab.model import LabSpec, Node
from kastellan.lab.security.listeners import protocols

_NOTHING: Mapping[str, str] = {}
_LOG4J2 = """\
status = error
name = lab
rootLogger.level = INFO
rootLogger.appenderRef.server.ref = server
"""
_LOG_PATTERN = "[%d{ISO8601}] %p %m (%c)%n"
_LOG_FILES: Mapping[str, tuple[str, ...]] = {
    "server": (),
    "controller": ("org.apache.kafka.controller", "kafka.controller"),
    "state-change": ("state.change.logger",),
    "authorizer": ("kafka.authorizer.logger",),
    "cleaner": ("org.apache.kafka.storage.internals.log.LogCleaner", "kafka.log.LogCleaner"),
}
_SMALL: Mapping[str, str] = {
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.num.partitions": "8",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.index.size.max.bytes": "1048576",
    "group.initial.rebalance.delay.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "replica.lag.time.max.ms": "10000",
    "broker.session.timeout.ms": "6000",
    "auto.create.topics.enable": "false",
}
"""Small and quick to react: three brokers share two cores, and a dead one is fenced after 6 s instead of 9."""


def server_properties(spec: LabSpec, node: Node, nodes: tuple[Node, ...], secured: Mapping[str, str] = _NOTHING) -> str:
    """`server.properties` of a node: one listener each for clients, brokers and controllers; `secured` adds to it."""
    copies = str(min(3, spec.brokers))
    enough = str(max(1, min(3, spec.brokers) - 1))
    listeners = [
        f"{name}://{address}"
        for name, address in (("CLIENTS", node.client), ("BROKERS", node.broker), ("CONTROLLERS", node.controller))
        if address
    ]
    values = {
        "node.id": str(node.id),
        "process.roles": ",".join(node.roles),
        "listeners": ",".join(listeners),
        "listener.security.protocol.map": protocols(spec),
        "controller.listener.names": "CONTROLLERS",
        "controller.quorum.bootstrap.servers": ",".join(each.controller for each in nodes if each.controller),
        "log.dirs": str(node.log_dir),
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": enough,
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        **_SMALL,
        **secured,
    }
    if node.is_broker:
        values |= {"inter.broker.listener.name": "BROKERS", "broker.rack": node.rack or "rack-1"}
    return "".join(f"{key}={value}\n" for key, value in values.items())


def log4j2_properties(node: Node) -> str:
    """Separate files for the parts that a diagnosis reads apart."""
    text = [_LOG4J2]
    for name, loggers in _LOG_FILES.items():
        appender = name.replace("-", "")
        text.append(
            f"appender.{appender}.type = RollingFile\n"
            f"appender.{appender}.name = {appender}\n"
            f"appender.{appender}.fileName = {node.dir}/logs/{name}.log\n"
            f"appender.{appender}.filePattern = {node.dir}/logs/{name}.log.%i\n"
            f"appender.{appender}.layout.type = PatternLayout\n"
            f"appender.{appender}.layout.pattern = {_LOG_PATTERN}\n"
            f"appender.{appender}.policies.type = Policies\n"
            f"appender.{appender}.policies.size.type = SizeBasedTriggeringPolicy\n"
            f"appender.{appender}.policies.size.size = 20MB\n"
            f"appender.{appender}.strategy.type = DefaultRolloverStrategy\n"
            f"appender.{appender}.strategy.max = 2\n"
        )
        for number, logger in enumerate(loggers):
            key = f"{appender}{number}"
            text.append(
                f"logger.{key}.name = {logger}\nlogger.{key}.level = INFO\nlogger.{key}.additivity = false\n"
                f"logger.{key}.appenderRef.{appender}.ref = {appender}\n"
            )
    return "".join(text)


def jvm_options(heap_mib: int, logging: Path) -> list[str]:
    """A JVM that starts fast beside others: with the optimising compiler and G1, three starve each other on two cores."""
    return [
        f"-Xmx{heap_mib}m",
        "-Xms64m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        f"-Dlog4j2.configurationFile={logging}",
        f"-Dkafka.logs.dir={logging.parent / 'logs'}",
    ]
