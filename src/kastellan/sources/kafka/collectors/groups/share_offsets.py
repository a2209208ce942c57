"""DescribeShareGroupOffsets to where share groups stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from kastellan.model.table import Unseen
from kastellan.model.tables.share_offsets import ShareOffsets
from kastellan.sources.kafka.codes import error_name
from kastellan.sources.kafka.kafka_answers import KafkaAnswers


class SharePartition(msgspec.Struct, frozen=True):
    """A partition of a group, or the group itself where it was refused; with the error code and the broker's words."""

    group: str
    topic: str | None
    partition: int | None
    start: int | None
    epoch: int | None
    lag: int | None
    code: int
    message: str | None


def decode_share_offsets(entity: Any) -> tuple[SharePartition, ...]:  # noqa: ANN401
    """One answer."""
    partitions = list[SharePartition]()
    for group in entity.groups:
        if group.error_code:
            partitions.append(
                SharePartition(group.group_id, None, None, None, None, None, int(group.error_code), group.error_message)
            )
            continue
        for topic in group.topics:
            for partition in topic.partitions:
                code = int(partition.error_code)
                values = (None, None, None) if code else (partition.start_offset, partition.leader_epoch, _lag(partition))
                partitions.append(
                    SharePartition(
                        group.group_id, topic.topic_name, partition.partition_index, *values, code, partition.error_message
                    )
                )
    return tuple(partitions)


def _lag(partition: Any) -> int | None:  # noqa: ANN401
    lag = getattr(partition, "lag", -1)
    return lag if lag >= 0 else None


def share_offsets(
    parts_of: Iterable[tuple[tuple[SharePartition, ...] | None, int, Sequence[str]]],
    unseen: tuple[Unseen, ...],
    answers: KafkaAnswers,
) -> ShareOffsets:
    """One row per partition; a group that could not be read has a placeholder."""
    rows = list[dict[str, Any]]()
    for partitions, answer, groups in parts_of:
        if partitions is None:
            rows += [{"group": group, "answer": answer} for group in groups]
            continue
        rows += [
            {
                "group": partition.group,
                "topic": partition.topic,
                "partition": partition.partition,
                "start_offset": partition.start,
                "leader_epoch": partition.epoch,
                "lag_records": partition.lag,
                # A refused group is a placeholder: the error is told by its Answer.
                "error": None if partition.topic is None else error_name(partition.code) or "",
                "answer": answers.enter_refusal(answer, partition.code, partition.message) if partition.code else answer,
            }
            for partition in partitions
        ]
    return ShareOffsets.of_rows(rows, unseen)
