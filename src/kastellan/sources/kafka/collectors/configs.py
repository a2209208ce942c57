"""Topic and broker configs by key.

The topics are shared out among as few brokers as their number needs, and each broker tells of itself. A broker works long
on them, and on one request of a connection at a time: asked first, they would hold up the commits and widen the time
between those and the ends, by which lag is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import polars as pl

from kastellan.engine.needs import ALL
from kastellan.engine.requests import keys_of, members_of
from kastellan.model.config_secrets import without_secrets
from kastellan.model.table import Unseen
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.topic_configs import TopicConfigs
from kastellan.model.tables.topics import Topics
from kastellan.sources.kafka.answer_columns import CODE, answer_column, stack_columns
from kastellan.sources.kafka.collect_session import CollectSession, binding, packed_once, slices
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.sources.kafka.config_entries import SOURCES
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.sources.kafka.requester import Decoder, Request, Response
from kastellan.sources.kafka.run_lengths import RunLengthText
from kastellan.sources.kafka.topology import TopicMetadata
from kastellan.wire.kafka import requests
from kastellan.wire.kafka.api import Api
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.requests import BROKER_RESOURCE, TOPIC_RESOURCE, RequestSpec

COLLECTOR = Collector(
    fills=(TopicConfigs, BrokerConfigs),
    uses=(TopicMetadata, Topics),
    needs_for={TopicConfigs: (TopicMetadata, Topics)},
    after=(Commits, EndsArriving),
)

_TOPICS_A_SLICE: Final = 5_000
_TOPICS_A_SHARE: Final = 1_000

_TOPIC_COLUMNS: Final = {"name": pl.String, "config": pl.String, "value": pl.String, "source": pl.String}
_BROKER_COLUMNS: Final = {**_TOPIC_COLUMNS, "seen": pl.Boolean, "sensitive": pl.Boolean, "read_only": pl.Boolean}
_NO_MESSAGES: Final[Mapping[int, str | None]] = {}

Keys = Mapping[int, Sequence[str]]
"""The keys that are wanted of each resource type."""


class ConfigRows(msgspec.Struct, frozen=True):
    """The rows of one resource type in one answer; `messages` are what the broker said beside error codes."""

    rows: pl.DataFrame
    messages: Mapping[int, str | None]


class ConfigAnswer(msgspec.Struct, frozen=True):
    """What one answer says of one resource type (None when none came), its Answer, and the resources that were requested."""

    rows: ConfigRows | None
    answer: int
    resources: Sequence[str]


class _Share(msgspec.Struct, frozen=True):
    """The topics of which one broker is asked in one request; with the first one it tells of itself."""

    node: int
    number: int
    topics: Sequence[str]


async def collect(session: CollectSession, flow: Flow) -> Iterable[object]:
    """Both tables, or the one that is wanted."""
    metadata = await flow.find(TopicMetadata)
    topic_keys = sorted(keys_of(session.requests, TopicConfigs.name))
    broker_keys = sorted(keys_of(session.requests, BrokerConfigs.name))
    keys = {TOPIC_RESOURCE: topic_keys, BROKER_RESOURCE: broker_keys}
    shares = _shares(session, metadata, topic_keys, broker_keys)
    batch = [_request(session, share, keys) for share in shares]
    responses = await session.requester.ask_all(batch, session.deadline)
    return await _topic_table(session, flow, topic_keys, shares, responses), _broker_table(
        session, metadata, broker_keys, shares, responses
    )


async def _topic_table(
    session: CollectSession, flow: Flow, keys: Sequence[str], shares: Sequence[_Share], responses: Sequence[Response]
) -> TopicConfigs:
    if not session.wants(TopicConfigs):
        return TopicConfigs.empty()
    unseen = (await flow.get(Topics)).unseen
    parts = [
        ConfigAnswer(response.value[TOPIC_RESOURCE] if response.value else None, response.answer, share.topics)
        for share, response in zip(shares, responses, strict=True)
    ]
    table = await asyncio.to_thread(topic_configs, parts, keys, unseen, session.answers, session.cache)
    names = sorted(members_of(session.requests, TopicConfigs.name))
    return with_all_of(table, await _ask_all_of(session, names), session.answers, session.cache) if names else table


def _broker_table(
    session: CollectSession,
    metadata: TopicMetadata | None,
    keys: Sequence[str],
    shares: Sequence[_Share],
    responses: Sequence[Response],
) -> BrokerConfigs:
    if not session.wants(BrokerConfigs):
        return BrokerConfigs.empty()
    parts = [
        ConfigAnswer(response.value[BROKER_RESOURCE] if response.value else None, response.answer, [str(share.node)])
        for share, response in zip(shares, responses, strict=True)
        if _tells_of_itself(share, keys)
    ]
    dead = session.dead_brokers(metadata)
    parts += [ConfigAnswer(None, session.enter_not_live("DescribeConfigs", node), [str(node)]) for node in dead]
    return broker_configs(parts, keys, session.answers, session.cache)


# Who is asked for what.


def _shares(
    session: CollectSession, metadata: TopicMetadata | None, topic_keys: Sequence[str], broker_keys: Sequence[str]
) -> Sequence[_Share]:
    """The same object as long as brokers and topics are the same.

    A broker that did not answer in the last collection is asked for itself only: any other knows the topics as well.
    """
    names = metadata.topology.names if metadata is not None and topic_keys else ()
    ready = tuple(node for node in session.nodes if session.cache.reached.get(node, True)) or session.nodes
    telling = session.nodes if broker_keys else ()
    basis = (metadata.topology if metadata is not None else None, bool(topic_keys))
    return session.cache.derive(("shares", ready, telling), basis, lambda: _share_out(names, ready, telling))


def _share_out(names: Sequence[str], ready: Sequence[int], telling: Sequence[int]) -> list[_Share]:
    # A request costs a broker and us more than a hundred topics in it: small shares go to fewer brokers.
    count = min(len(ready), -(-len(names) // _TOPICS_A_SHARE))
    askable = ready if telling else [ready[place * len(ready) // count] for place in range(count)]
    topics_of = {node: list(names[place :: len(askable)]) for place, node in enumerate(askable)} if askable else {}
    return [
        _Share(node, number, topics)
        for node in (telling or askable)
        for number, topics in enumerate(slices(topics_of.get(node, []), _TOPICS_A_SLICE) or [[]])
    ]


def _tells_of_itself(share: _Share, broker_keys: Sequence[str]) -> bool:
    return share.number == 0 and bool(broker_keys)


def _request(session: CollectSession, share: _Share, keys: Keys) -> Request:
    """The request about a slice of the topics and, in the first slice, about the broker itself."""

    def build(version: int) -> EncodedRequest:
        of_topics = _keys_to_request(keys[TOPIC_RESOURCE])
        resources: dict[tuple[int, str], Sequence[str] | None] = {(TOPIC_RESOURCE, topic): of_topics for topic in share.topics}
        if _tells_of_itself(share, keys[BROKER_RESOURCE]):
            resources[BROKER_RESOURCE, str(share.node)] = _keys_to_request(keys[BROKER_RESOURCE])
        return requests.describe_configs(version, resources)

    # The keys are part of the slot: another request has another place.
    slot = ("configs", share.node, share.number, *map(tuple, keys.values()))
    packed = session.cache.derive(("packed", slot), (share.topics,), lambda: packed_once(build))
    decoder = Decoder(lambda entity: decode_configs(entity, keys), slot)
    return Request(share.node, RequestSpec(Api.DESCRIBE_CONFIGS, packed), decoder)


def _keys_to_request(keys: Sequence[str]) -> Sequence[str] | None:
    """The keys as the request has them: None asks for all."""
    return None if ALL in keys else keys


async def _ask_all_of(session: CollectSession, names: Sequence[str]) -> ConfigAnswer:
    """Every config of the topics that are requested by name."""
    build = binding(requests.describe_configs, {(TOPIC_RESOURCE, name): None for name in names})
    response = await session.ask_any(RequestSpec(Api.DESCRIBE_CONFIGS, build))
    decoded = None if response.value is None else decode_configs(response.value, {TOPIC_RESOURCE: (ALL,)})[TOPIC_RESOURCE]
    return ConfigAnswer(decoded, response.answer, names)


# From answers to tables.


def decode_configs(entity: Any, keys: Keys) -> dict[int, ConfigRows]:  # noqa: ANN401
    """One answer by resource type, with the keys that were wanted of each."""
    return {
        kind: _rows_of(
            [result for result in entity.results if result.resource_type == kind], wanted, of_brokers=kind == BROKER_RESOURCE
        )
        for kind, wanted in keys.items()
    }


def _rows_of(results: Sequence[Any], keys: Sequence[str], *, of_brokers: bool) -> ConfigRows:
    """Rows by resource and key; a key that this broker's version does not have is seen to be absent."""
    names, messages = RunLengthText(), dict[int, str | None]()
    configs, entries, seen_flags, codes = list[str | None](), list[Any](), list[bool | None](), list[int]()
    for result in results:
        code = int(result.error_code)
        by_name = {} if code else {config.name: config for config in result.configs}
        listed = _keys_with_rows(keys, by_name)
        names.add(result.resource_name, len(listed))
        configs += listed
        codes += [code] * len(listed)
        if code:
            messages.setdefault(code, result.error_message)
            entries += [None] * len(listed)
            seen_flags += [None] * len(listed)
        else:
            of_keys = [by_name.get(key) for key in listed]
            entries += of_keys
            seen_flags += [None if config is not None and config.is_sensitive else True for config in of_keys]
    value_of = _value_without_secrets if of_brokers else _value
    sources = [None if entry is None else SOURCES.get(entry.config_source) for entry in entries]
    columns = {
        "name": names.series(),
        "config": pl.Series(configs, dtype=pl.String),
        "value": pl.Series([value_of(entry) for entry in entries], dtype=pl.String),
        "source": pl.Series(sources, dtype=pl.String),
        "seen": pl.Series(seen_flags, dtype=pl.Boolean),
        CODE: pl.Series(codes, dtype=pl.Int16),
    }
    if of_brokers:
        sensitive = [None if entry is None else entry.is_sensitive for entry in entries]
        read_only = [None if entry is None else entry.read_only for entry in entries]
        columns["sensitive"] = pl.Series(sensitive, dtype=pl.Boolean)
        columns["read_only"] = pl.Series(read_only, dtype=pl.Boolean)
    return ConfigRows(pl.DataFrame(columns), messages)


def _value(entry: Any | None) -> str | None:  # noqa: ANN401
    return None if entry is None or entry.is_sensitive else entry.value


def _value_without_secrets(entry: Any | None) -> str | None:  # noqa: ANN401
    """What a broker told, but for secrets that it should not have told."""
    return None if entry is None else without_secrets(entry.name, _value(entry))


def _keys_with_rows(keys: Sequence[str], told_keys: Iterable[str] = ()) -> list[str | None]:
    """The keys that have a row: the wanted ones and, where all are wanted, those that were told; at least one."""
    if ALL not in keys:
        return list(keys)
    named: list[str | None] = list(dict.fromkeys((*told_keys, *(key for key in keys if key != ALL))))
    return named or [None]


def topic_configs(
    parts: Iterable[ConfigAnswer], keys: Sequence[str], unseen: tuple[Unseen, ...], answers: KafkaAnswers, cache: DecodeCache
) -> TopicConfigs:
    """One row per topic and wanted key."""
    rows = _stack_rows(parts, keys, answers, _TOPIC_COLUMNS, cache).rename({"name": "topic"})
    return TopicConfigs(rows.select(*TopicConfigs.schema()), unseen)


def with_all_of(table: TopicConfigs, part: ConfigAnswer, answers: KafkaAnswers, cache: DecodeCache) -> TopicConfigs:
    """The table in which every config of the named topics stands in place of the wanted ones."""
    every = topic_configs([part], (ALL,), table.unseen, answers, cache)
    others = table.df.filter(~pl.col("topic").is_in(list(part.resources)))
    return TopicConfigs(pl.concat([others, every.df]), table.unseen)


def broker_configs(
    parts: Iterable[ConfigAnswer], keys: Sequence[str], answers: KafkaAnswers, cache: DecodeCache
) -> BrokerConfigs:
    """One row per broker and wanted key; resources are broker ids as text."""
    rows = _stack_rows(parts, keys, answers, _BROKER_COLUMNS, cache).with_columns(pl.col("name").cast(pl.Int32).alias("broker"))
    return BrokerConfigs(rows.select(*BrokerConfigs.schema()))


def _stack_rows(
    parts: Iterable[ConfigAnswer], keys: Sequence[str], answers: KafkaAnswers, schema: Mapping[str, Any], cache: DecodeCache
) -> pl.DataFrame:
    listed = list(parts)
    frames = [_placeholders(part.resources, keys) if part.rows is None else part.rows.rows for part in listed]
    messages = [_NO_MESSAGES if part.rows is None else part.rows.messages for part in listed]
    # What was wanted is part of the slot: the tables of topics and of brokers, and of all configs of some topics.
    stack = stack_columns(f"configs {','.join(schema)} {','.join(keys)}", frames, schema, cache)
    return stack.rows.with_columns(answer_column(stack, [part.answer for part in listed], answers, messages))


def _placeholders(resources: Iterable[str], keys: Sequence[str]) -> pl.DataFrame:
    names, listed, configs = RunLengthText(), _keys_with_rows(keys), list[str | None]()
    for name in resources:
        names.add(name, len(listed))
        configs += listed
    return pl.DataFrame({"name": names.series(), "config": pl.Series(configs, dtype=pl.String)})
