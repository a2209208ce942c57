"""Kafka's own files for a node: server.properties, the logging's properties and the JVM's options. Pure text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kastellan.lab.model import KAFKA_4, LabSpec, Node
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
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.index.size.max.bytes": "1048576",
    "group.initial.rebalance.delay.ms": "0",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "replica.lag.time.max.ms": "10000",
    "auto.create.topics.enable": "false",
    "group.consumer.min.session.timeout.ms": "6000",
    "group.consumer.min.heartbeat.interval.ms": "1000",
    "leader.imbalance.check.interval.seconds": "3600",
    "replication.quota.window.size.seconds": "60",
}
"""Small and quick to react: three brokers share two cores, and a dead one is fenced after 6 s instead of 9.

Leaders are brought home by the lab itself, and a throttle lets nothing through for minutes: such faults must hold for as long as
somebody looks.
"""


def server_properties(spec: LabSpec, node: Node, nodes: tuple[Node, ...], secured: Mapping[str, str] = _NOTHING) -> str:
    """`server.properties` of a node: one listener each for clients, brokers and controllers; `secured` adds to it."""
    values = _keeper(node) if node.is_zookeeper else {**_kafka(spec, node, nodes), **secured}
    return "".join(f"{key}={value}\n" for key, value in values.items())


def _keeper(node: Node) -> dict[str, str]:
    host, _, port = (node.zookeeper or "").rpartition(":")
    return {
        "dataDir": str(node.log_dir),
        "clientPort": port,
        "clientPortAddress": host,
        "admin.enableServer": "false",
        "4lw.commands.whitelist": "ruok,srvr,mntr",
        "maxClientCnxns": "0",
    }


def _kafka(spec: LabSpec, node: Node, nodes: tuple[Node, ...]) -> dict[str, str]:
    copies = str(min(3, spec.brokers))
    enough = str(max(1, min(3, spec.brokers) - 1))
    listeners = [
        f"{name}://{address}"
        for name, address in (("CLIENTS", node.client), ("BROKERS", node.broker), ("CONTROLLERS", node.controller))
        if address
    ]
    values = {
        **(_with_zookeeper(node, nodes) if spec.has_zookeeper else _with_kraft(spec, node, nodes)),
        "listeners": ",".join(listeners),
        "listener.security.protocol.map": protocols(spec),
        "log.dirs": ",".join(str(log_dir) for log_dir in node.log_dirs),
        "offsets.topic.replication.factor": copies,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": enough,
        "default.replication.factor": copies,
        "min.insync.replicas": enough,
        **_SMALL,
    }
    if spec.kafka == KAFKA_4:
        values |= {
            f"share.coordinator.state.topic.{key}": value
            for key, value in (("num.partitions", "8"), ("replication.factor", copies), ("min.isr", enough))
        }
    if node.is_broker:
        values |= {"inter.broker.listener.name": "BROKERS", "broker.rack": node.rack or "rack-1"}
    return values


def _with_kraft(spec: LabSpec, node: Node, nodes: tuple[Node, ...]) -> dict[str, str]:
    """The quorum is a dynamic one in Kafka 4, and the static one of most clusters before it."""
    voters = [member for member in nodes if member.is_controller]
    if spec.kafka == KAFKA_4:
        quorum = {"controller.quorum.bootstrap.servers": ",".join(voter.controller or "" for voter in voters)}
    else:
        quorum = {"controller.quorum.voters": ",".join(f"{voter.id}@{voter.controller}" for voter in voters)}
    return {
        "node.id": str(node.id),
        "process.roles": ",".join(node.roles),
        "controller.listener.names": "CONTROLLERS",
        "broker.session.timeout.ms": "6000",
        **quorum,
    }


def _with_zookeeper(node: Node, nodes: tuple[Node, ...]) -> dict[str, str]:
    return {
        "broker.id": str(node.id),
        "zookeeper.connect": ",".join(member.zookeeper for member in nodes if member.zookeeper),
        "zookeeper.session.timeout.ms": "6000",
    }


def logging_file(node: Node, version: str) -> Path:
    """Where a node's logging is set: log4j 2 since Kafka 4, its predecessor before."""
    return node.dir / ("log4j.properties" if version.startswith("3") else "log4j2.properties")


def logging_properties(node: Node, version: str) -> str:
    """Separate files for the parts that a diagnosis reads apart, in the words of the logging that this version has."""
    return log4j_properties(node) if version.startswith("3") else log4j2_properties(node)


def log4j_properties(node: Node) -> str:
    """For Kafka 3."""
    text = ["log4j.rootLogger=INFO, server\n"]
    for name, loggers in _LOG_FILES.items():
        appender = name.replace("-", "")
        text.append(
            f"log4j.appender.{appender}=org.apache.log4j.RollingFileAppender\n"
            f"log4j.appender.{appender}.File={node.dir}/logs/{name}.log\n"
            f"log4j.appender.{appender}.MaxFileSize=20MB\n"
            f"log4j.appender.{appender}.MaxBackupIndex=2\n"
            f"log4j.appender.{appender}.layout=org.apache.log4j.PatternLayout\n"
            f"log4j.appender.{appender}.layout.ConversionPattern=[%d] %p %m (%c)%n\n"
        )
        text += [f"log4j.logger.{logger}=INFO, {appender}\nlog4j.additivity.{logger}=false\n" for logger in loggers]
    return "".join(text)


def log4j2_properties(node: Node) -> str:
    """For Kafka 4."""
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


def jvm_options(heap_mib: int, node: Node, version: str) -> list[str]:
    """A JVM that starts fast beside others: with the optimising compiler and G1, three starve each other on two cores."""
    logging = logging_file(node, version)
    before = version.startswith("3")
    return [
        f"-Xmx{heap_mib}m",
        "-Xms64m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+ExitOnOutOfMemoryError",
        "-Djava.awt.headless=true",
        "-Djava.net.preferIPv4Stack=true",
        f"-Dlog4j.configuration=file:{logging}" if before else f"-Dlog4j2.configurationFile={logging}",
        f"-Dkafka.logs.dir={logging.parent / 'logs'}",
    ]
