"""Configs of groups (KIP-848), as any broker tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from kastellan.model.table import Unseen
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.group_configs import GroupConfigs
from kastellan.sources.kafka.collect_session import CollectSession
from kastellan.sources.kafka.collector import Collector, Flow
from kastellan.sources.kafka.collectors.offsets import EndsArriving
from kastellan.sources.kafka.config_entries import SOURCES, describe_resources, list_resources
from kastellan.sources.kafka.kafka_answers import KafkaAnswers
from kastellan.wire.kafka.requests import GROUP_RESOURCE

COLLECTOR = Collector(fills=(GroupConfigs,), after=(Commits, EndsArriving))

_LISTS_GROUPS: Final = 1
"""From this version of ListConfigResources on it lists more than client metrics subscriptions (KIP-1142)."""


async def collect(session: CollectSession, _: Flow) -> Iterable[object]:
    """One row per group and key; a group that did not tell has a placeholder."""
    listed, names = await list_resources(session, GROUP_RESOURCE, lowest=_LISTS_GROUPS)
    if listed.value is None:
        return (GroupConfigs.empty().with_unseen((Unseen(listed.answer, "group"),)),)
    if not names:
        return (GroupConfigs.empty(),)
    response = await describe_resources(session, GROUP_RESOURCE, names)
    if response.value is None:
        return (GroupConfigs.of_rows({"group": name, "answer": response.answer} for name in names),)
    return (group_configs(response.value, response.answer, session.answers),)


def group_configs(entity: Any, answer: int, answers: KafkaAnswers) -> GroupConfigs:  # noqa: ANN401
    """The table of one answer; a group that was refused has a placeholder."""
    rows = list[dict[str, Any]]()
    for result in entity.results:
        if result.error_code:
            refusal = answers.enter_refusal(answer, int(result.error_code), result.error_message)
            rows.append({"group": result.resource_name, "answer": refusal})
            continue
        rows += [
            {
                "group": result.resource_name,
                "config": config.name,
                "value": None if config.is_sensitive else config.value,
                "source": SOURCES.get(config.config_source),
                "answer": answer,
            }
            for config in result.configs
        ]
    return GroupConfigs.of_rows(rows)
