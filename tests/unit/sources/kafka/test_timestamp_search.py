"""The search for the time of a record converges, and its bracket holds the truth."""

from __future__ import annotations

from bisect import bisect_left

from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.model.tables.commit_times import CommitTimes
from kastellan.sources.kafka.collectors.commit_times import time_row
from kastellan.sources.kafka.timestamp_search import MOST_ROUNDS, Search, advance, next_ms, start_search

NOW_MS = 1_750_000_000_000
DAY_MS = 86_400_000


def searched(written: list[int], committed: int, first: int = 0) -> Search:
    """A search in a log whose record at offset `first` + N was written at `written[N]`."""
    end = first + len(written)
    search = start_search(group="g", topic="t", partition=0, committed=committed, end=end, now_ms=NOW_MS)
    while not search.has_ended:
        request_ms = next_ms(search)
        at = bisect_left(written, request_ms)
        offset, timestamp = (-1, -1) if at == len(written) else (first + at, written[at])
        search = advance(search, request_ms, offset, timestamp)
    return search


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 20_000), min_size=1, max_size=60),
    st.integers(0, 10**6),
    st.floats(0, 1, exclude_max=True),
)
def test_the_bracket_holds_the_time_of_the_record(gaps: list[int], first: int, where: float) -> None:
    written = [NOW_MS - 1 - sum(gaps[at:]) for at in range(len(gaps))]
    committed = first + int(where * len(written))
    search = searched(written, committed, first)
    (row,) = CommitTimes.of_rows([time_row(search, 1)]).df.to_dicts()
    truth = written[committed - first]
    assert abs(row["written_ms"] - truth) <= row["error_ms"] + 1
    if row["method"] == "record":
        assert row["written_ms"] == truth
    assert row["rounds"] <= MOST_ROUNDS


def test_an_even_log_is_found_in_few_questions() -> None:
    written = [NOW_MS - DAY_MS + 100 * each for each in range(800_000)]
    search = searched(written, 123_456)
    assert search.rounds <= 6
    assert search.error_ms <= 0.01 * (NOW_MS - written[123_456])


def test_a_log_that_was_quiet_for_days_is_bracketed_too() -> None:
    written = [NOW_MS - 7 * DAY_MS + each for each in range(1_000)] + [NOW_MS - 1_000 + each for each in range(500)]
    old, new = searched(written, 999), searched(written, 1_000)
    assert old.record_ms == written[999] or old.error_ms <= 0.01 * 7 * DAY_MS
    assert new.record_ms == written[1_000] or new.error_ms <= 250


def test_a_compacted_log_tells_the_next_record_that_is_there() -> None:
    search = start_search(group="g", topic="t", partition=0, committed=0, end=9, now_ms=NOW_MS)
    search = advance(search, next_ms(search), 5, NOW_MS - 400)
    assert (search.has_ended, search.record_ms, search.error_ms) == (True, NOW_MS - 400, 0)


def test_without_timestamps_or_with_ones_of_the_future_nothing_is_said() -> None:
    search = start_search(group="g", topic="t", partition=0, committed=4, end=9, now_ms=NOW_MS)
    for answer in ((-1, -1), (2, NOW_MS + DAY_MS)):
        after = advance(search, next_ms(search), *answer)
        (row,) = CommitTimes.of_rows([time_row(after, 1)]).df.to_dicts()
        assert (after.has_ended, row["written_ms"], row["method"]) == (True, None, None)
