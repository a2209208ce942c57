"""DescribeShareGroupOffsets to where share groups stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from kastellan.model.table import Unseen
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.kafka_answers import KafkaAnswers


class Part(msgspec.Struct, frozen=True):
    """A partition of a group, or the group itself where it was refused; with the error code and the broker's words."""

    group: str
    topic: str | None
    partition: int | None
    start: int | None
    epoch: int | None
    lag: int | None
    code: int
    message: str | None


def piece(entity: Any) -> tuple[Part, ...]:  # noqa: ANN401
    """One answer."""
    found = list[Part]()
    for group in entity.groups:
        if group.error_code:
            found.append(Part(group.group_id, None, None, None, None, None, int(group.error_code), group.error_message))
            continue
        for topic in group.topics:
            for each in topic.partitions:
                code = int(each.error_code)
                told = (None, None, None) if code else (each.start_offset, each.leader_epoch, _lag(each))
                found.append(Part(group.group_id, topic.topic_name, each.partition_index, *told, code, each.error_message))
    return tuple(found)


def _lag(each: Any) -> int | None:  # noqa: ANN401
    lag = getattr(each, "lag", -1)
    return lag if lag >= 0 else None


def share_offsets(
    told: Iterable[tuple[tuple[Part, ...] | None, int, Sequence[str]]], unseen: tuple[Unseen, ...], answers: KafkaAnswers
) -> ShareOffsets:
    """One row per partition; a group that could not be read has a placeholder."""
    rows = list[dict[str, Any]]()
    for parts, answer, asked in told:
        if parts is None:
            rows += [{"group": group, "answer": answer} for group in asked]
            continue
        rows += [
            {
                "group": each.group,
                "topic": each.topic,
                "partition": each.partition,
                "start_offset": each.start,
                "leader_epoch": each.epoch,
                "lag_records": each.lag,
                # A refused group is a placeholder: the error is told by its Answer.
                "error": None if each.topic is None else error_name(each.code) or "",
                "answer": answers.enter_refusal(answer, each.code, each.message) if each.code else answer,
            }
            for each in parts
        ]
    return ShareOffsets.of_rows(rows, unseen)
