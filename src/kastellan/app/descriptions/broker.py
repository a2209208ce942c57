"""A broker: where it is reached, what it holds and what it would cost to restart it."""

from __future__ import annotations

from typing import Annotated

import polars as pl

from kastellan.app.description import Attribute, DescriptionParts, Section, attribute, none_or_unseen, require_name, section
from kastellan.engine.needs import ALL, Keys
from kastellan.kernel.addresses import address_text
from kastellan.kernel.units import plural
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.brokers import Broker, Brokers
from kastellan.model.tables.groups import Groups
from kastellan.model.tables.log_dirs import LogDirs
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.quorum import Quorum
from kastellan.model.tables.quorum_nodes import QuorumNodes
from kastellan.views.restart_headroom import RestartHeadroom

WORD = "broker"
_MOST = 20
_DEFAULT = "default"


def build(  # noqa: PLR0913  (its needs)
    name: str,
    *,
    brokers: Brokers,
    partitions: Partitions,
    quorum: Quorum | None,
    nodes: QuorumNodes | None,
    dirs: LogDirs | None,
    configs: Annotated[BrokerConfigs, Keys(ALL)] | None,
    groups: Groups | None,
    headroom: RestartHeadroom | None,
) -> DescriptionParts:
    """Everything about the broker of this id, written as 3 or broker/3."""
    number = require_name(
        WORD, name.strip().removeprefix("broker/"), (str(broker.broker) for broker in brokers.rows), all_listed=not brokers.unseen
    )
    (broker,) = [broker for broker in brokers.rows if broker.broker == int(number)]
    here = pl.col("broker") == broker.broker
    own = None if configs is None else configs.df.filter(here)
    of_broker = None if headroom is None else headroom.df.filter(here)
    return DescriptionParts(
        name=f"broker/{number}",
        facts=(
            *_identity(broker),
            attribute("role", _role(broker.broker, quorum, nodes)),
            *_holds(broker.broker, partitions, of_broker),
            *_restart(of_broker),
        ),
        sections=(
            _listeners(own),
            section(
                "Log directories", None if dirs is None else dirs.df.filter(here & pl.col("path").is_not_null()),
                ("path", "online", "total_bytes", "usable_bytes", "replica_bytes"), none="could not be read",
            ),
            _set(own),
            _at_risk(of_broker),
            section(
                "Groups that it coordinates",
                None if groups is None else groups.df.filter(pl.col("coordinator") == broker.broker),
                ("group", "state", "members"), most=_MOST, none=none_or_unseen(groups),
            ),
        ),
    )  # fmt: skip


def _identity(broker: Broker) -> tuple[Attribute, ...]:
    state = "fenced" if broker.fenced else {True: "live", False: "away", None: None}[broker.listed]
    reached = {True: "answers", False: broker.trouble or "silent", None: None}[broker.reached]
    return (
        attribute("address", None if broker.host is None else address_text(broker.host, broker.port)),
        attribute("rack", None if broker.rack is None else broker.rack or "none"),
        attribute("state", state),
        attribute("from here", reached),
        attribute("answered in", broker.answer_ms, "answer_ms"),
    )


def _role(broker: int, quorum: Quorum | None, nodes: QuorumNodes | None) -> str | None:
    if nodes is None or (nodes.unseen and not nodes.rows):
        return None
    if not any(node.node == broker and node.voter for node in nodes.rows):
        return "broker"
    leads = quorum is not None and any(leadership.leader == broker for leadership in quorum.rows)
    return "broker and active controller" if leads else "broker and controller"


def _holds(broker: int, partitions: Partitions, headroom: pl.DataFrame | None) -> tuple[Attribute, ...]:
    leader = partitions.df["leader"]
    hidden = bool(partitions.unseen) or leader.null_count() > 0
    behind = None if headroom is None else headroom["in_sync"]
    return (
        attribute("leaders", None if hidden else int((leader == broker).sum())),
        attribute("replicas", None if headroom is None or partitions.unseen else headroom.height),
        attribute("out of sync", None if behind is None or behind.null_count() or partitions.unseen else int((~behind).sum())),
    )


def _restart(headroom: pl.DataFrame | None) -> tuple[Attribute, ...]:
    """What clients would lose while it is away."""
    attributes = list[Attribute]()
    for label, column in (("would refuse acks=all", "would_refuse"), ("would go offline", "would_go_offline")):
        values = None if headroom is None else headroom[column]
        if values is None:
            attributes.append(attribute(label, None))
        elif values.null_count():
            attributes.append(
                attribute(label, f"at least {plural(int(values.sum()), 'partition')} ({values.null_count()} unknown)")
            )
        else:
            attributes.append(attribute(label, int(values.sum())))
    return tuple(attributes)


def _listeners(configs: pl.DataFrame | None) -> Section:
    title, columns = "Listeners that it advertises", ("listener", "address", "protocol")
    if configs is None:
        return section(title, None, columns)
    values = {row["config"]: row["value"] or "" for row in configs.select("config", "value").iter_rows(named=True)}
    protocols = dict(text.split(":", 1) for text in values.get("listener.security.protocol.map", "").split(",") if ":" in text)
    advertised = values.get("advertised.listeners") or values.get("listeners") or ""
    rows = [
        {"listener": name, "address": address, "protocol": protocols.get(name, name)}
        for name, _, address in (text.partition("://") for text in advertised.split(",") if "://" in text)
    ]
    return Section(title=title, columns=columns, rows=tuple(rows), note="" if rows else "were not seen")


def _set(configs: pl.DataFrame | None) -> Section:
    title, columns = "Configs that differ from Kafka's defaults", ("config", "value", "source", "read_only")
    if configs is None:
        return section(title, None, columns)
    values = configs.drop_nulls("source")
    secret = pl.when(pl.col("sensitive")).then(pl.lit("(secret)")).otherwise(pl.col("value"))
    shown_configs = values.filter(pl.col("source") != _DEFAULT).with_columns(value=secret).sort("config")
    return section(
        title,
        shown_configs,
        columns,
        may_be_empty=("value",),
        none=f"none of the {values.height} that were read" if values.height else "could not be read",
    )


def _at_risk(headroom: pl.DataFrame | None) -> Section:
    title, columns = (
        "Partitions that a restart would hurt",
        ("topic", "partition", "in_sync_now", "effective_min", "would_refuse", "would_go_offline"),
    )
    if headroom is None:
        return section(title, None, columns)
    hurt = pl.col("would_refuse") | pl.col("would_go_offline")
    return section(
        title,
        headroom.filter(hurt).sort("would_go_offline", "topic", "partition", descending=[True, False, False]),
        columns,
        most=_MOST,
    )
