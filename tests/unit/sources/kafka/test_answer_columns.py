"""The columns of many brokers become one frame, in which every row still knows its Answer."""

from __future__ import annotations

import polars as pl

from kastellan.kernel.outcome import Outcome, State
from kastellan.model.answer import broker_peer
from kastellan.model.answer_log import AnswerLog
from kastellan.sources.kafka.answer_columns import CODE, answer_column, stack_columns
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

SCHEMA = {"topic": pl.String, "offset": pl.Int64}


def columns(topics: list[str], codes: list[int] | None = None) -> pl.DataFrame:
    told = pl.DataFrame({"topic": topics, "offset": range(len(topics))}, schema=SCHEMA)
    return told if codes is None else told.with_columns(pl.Series(CODE, codes, dtype=pl.Int16))


def entered(answers: KafkaAnswers, count: int) -> list[int]:
    return [
        answers.enter(Outcome(value=b"", state=State.COMPLETE, sent_ms=1, arrived_ms=2), "ListOffsets", broker_peer(node))
        for node in range(count)
    ]


def test_rows_come_in_the_order_of_the_parts_each_with_its_answer() -> None:
    answers, cache = KafkaAnswers(AnswerLog()), DecodeCache()
    parts = [columns(["a", "b"], [0, 0]), columns([], []), columns(["c"], [0])]
    ids = entered(answers, 3)
    stack = stack_columns("ends", parts, SCHEMA, cache)
    assert stack.rows.rows() == [("a", 0), ("b", 1), ("c", 0)]
    assert answer_column(stack, ids, answers).to_list() == [ids[0], ids[0], ids[2]]
    assert stack_columns("ends", list(parts), SCHEMA, cache) is stack
    assert stack_columns("ends", parts[:2], SCHEMA, cache).rows.height == 2


def test_an_error_code_is_told_by_an_answer_of_its_own_with_the_words_of_its_broker() -> None:
    answers = KafkaAnswers(AnswerLog())
    ids = entered(answers, 2)
    stack = stack_columns("ends", [columns(["a", "b", "c"], [0, 29, 29]), columns(["d"], [29])], SCHEMA, DecodeCache())
    told = answer_column(stack, ids, answers, [{29: "not you"}, {}]).to_list()
    assert told[0] == ids[0]
    assert told[1] == told[2]
    assert [answers[each].reason for each in told[1:]] == [
        "TOPIC_AUTHORIZATION_FAILED: not you",
        "TOPIC_AUTHORIZATION_FAILED: not you",
        "TOPIC_AUTHORIZATION_FAILED",
    ]
    assert {answers[each].state for each in told[1:]} == {State.DENIED}
    assert [answers[each].peer.broker for each in told] == [0, 0, 0, 1]


def test_a_piece_without_codes_among_others_has_none() -> None:
    answers = KafkaAnswers(AnswerLog())
    ids = entered(answers, 2)
    stack = stack_columns("ends", [pl.DataFrame({"topic": ["a"]}), columns(["b"], [29])], SCHEMA, DecodeCache())
    assert stack.rows.rows() == [("a", None), ("b", 0)]
    assert answer_column(stack, ids, answers).to_list()[0] == ids[0]


def test_nothing_at_all_is_an_empty_frame_of_the_right_columns() -> None:
    stack = stack_columns("ends", [], SCHEMA, DecodeCache())
    assert (stack.rows.height, dict(stack.rows.schema)) == (0, SCHEMA)
    assert answer_column(stack, [], KafkaAnswers(AnswerLog())).to_list() == []
