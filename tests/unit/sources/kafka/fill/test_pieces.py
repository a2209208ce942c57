"""Pieces of many brokers become one frame, in which every row still knows its Answer."""

from __future__ import annotations

import polars as pl

from kastellan.kernel.outcome import Outcome, State
from kastellan.model.answer import broker_peer
from kastellan.model.answer_log import AnswerLog
from kastellan.sources.kafka.decode_cache import DecodeCache
from kastellan.sources.kafka.fill.pieces import CODE, answer_column, stacked
from kastellan.sources.kafka.kafka_answers import KafkaAnswers

SCHEMA = {"topic": pl.String, "offset": pl.Int64}


def piece(topics: list[str], codes: list[int] | None = None) -> pl.DataFrame:
    told = pl.DataFrame({"topic": topics, "offset": range(len(topics))}, schema=SCHEMA)
    return told if codes is None else told.with_columns(pl.Series(CODE, codes, dtype=pl.Int16))


def asked(book: AnswerLog, count: int) -> list[int]:
    return [
        book.enter(Outcome(value=b"", state=State.COMPLETE, sent_ms=1, arrived_ms=2), "ListOffsets", broker_peer(node))
        for node in range(count)
    ]


def test_rows_come_in_the_order_of_the_pieces_each_with_its_answer() -> None:
    book, memory = KafkaAnswers(AnswerLog()), DecodeCache()
    pieces = [piece(["a", "b"], [0, 0]), piece([], []), piece(["c"], [0])]
    ids = asked(book, 3)
    stack = stacked("ends", pieces, SCHEMA, memory)
    assert stack.rows.rows() == [("a", 0), ("b", 1), ("c", 0)]
    assert answer_column(stack, ids, book).to_list() == [ids[0], ids[0], ids[2]]
    assert stacked("ends", list(pieces), SCHEMA, memory) is stack
    assert stacked("ends", pieces[:2], SCHEMA, memory).rows.height == 2


def test_an_error_code_is_told_by_an_answer_of_its_own_with_the_words_of_its_broker() -> None:
    book = KafkaAnswers(AnswerLog())
    ids = asked(book, 2)
    stack = stacked("ends", [piece(["a", "b", "c"], [0, 29, 29]), piece(["d"], [29])], SCHEMA, DecodeCache())
    told = answer_column(stack, ids, book, [{29: "not you"}, {}]).to_list()
    assert told[0] == ids[0]
    assert told[1] == told[2]
    assert [book[each].reason for each in told[1:]] == [
        "TOPIC_AUTHORIZATION_FAILED: not you",
        "TOPIC_AUTHORIZATION_FAILED: not you",
        "TOPIC_AUTHORIZATION_FAILED",
    ]
    assert {book[each].state for each in told[1:]} == {State.DENIED}
    assert [book[each].peer.broker for each in told] == [0, 0, 0, 1]


def test_a_piece_without_codes_among_others_has_none() -> None:
    book = KafkaAnswers(AnswerLog())
    ids = asked(book, 2)
    stack = stacked("ends", [pl.DataFrame({"topic": ["a"]}), piece(["b"], [29])], SCHEMA, DecodeCache())
    assert stack.rows.rows() == [("a", None), ("b", 0)]
    assert answer_column(stack, ids, book).to_list()[0] == ids[0]


def test_nothing_at_all_is_an_empty_frame_of_the_right_columns() -> None:
    stack = stacked("ends", [], SCHEMA, DecodeCache())
    assert (stack.rows.height, dict(stack.rows.schema)) == (0, SCHEMA)
    assert answer_column(stack, [], KafkaAnswers(AnswerLog())).to_list() == []
