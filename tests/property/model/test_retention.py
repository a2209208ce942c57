"""Few snapshots stay, and every need of an earlier one that could be met before is met after."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kastellan.model.retention import newest_of_age, select_retained

TIMES = st.lists(st.integers(0, 10**9), max_size=80)
AGES_S = st.sets(st.floats(0, 10**6), max_size=12)
MOST = st.integers(1, 40)


@given(TIMES, MOST, AGES_S, st.none() | st.floats(0, 10**6))
def test_what_stays_is_bounded_newest_first_and_some_of_what_there_was(times, most, ages_s, oldest_s):
    staying = select_retained(times, most=most, ages_s=ages_s, oldest_s=oldest_s)
    assert len(staying) <= max(most, 1 + len(ages_s))
    assert list(staying) == sorted(set(staying), reverse=True)
    assert set(staying) <= set(times)
    assert list(staying[:1]) == sorted(times)[-1:]


@given(TIMES, MOST, AGES_S, st.none() | st.floats(0, 10**6))
def test_every_age_is_served_by_the_same_snapshot_as_before(times, most, ages_s, oldest_s):
    before = sorted(set(times), reverse=True)
    staying = select_retained(times, most=most, ages_s=ages_s, oldest_s=oldest_s)
    for age_s in ages_s:
        assert not times or newest_of_age(staying, age_s) == newest_of_age(before, age_s)


@given(TIMES, MOST, AGES_S)
def test_nothing_older_stays_but_what_an_age_needs(times, most, ages_s):
    staying = select_retained(times, most=most, ages_s=ages_s, oldest_s=60)
    needed = {newest_of_age(staying, age_s) for age_s in ages_s}
    assert all(staying[0] - time <= 60_000 or time in needed for time in staying)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=60), st.integers(2, 20), AGES_S)
def test_one_by_one_the_oldest_stays_and_so_every_age_that_was_ever_served(steps, most, ages_s):
    """As a store and a watch use it: after each new snapshot; nobody knows then which ages will be asked for."""
    kept: tuple[int, ...] = ()
    now = 0
    for step in steps:
        now += step
        kept = select_retained((*kept, now), most=most)
        for age_s in ages_s:
            assert (newest_of_age(kept, age_s) is not None) == (now - steps[0] >= age_s * 1000)


def test_the_gaps_grow_with_the_age():
    kept: tuple[int, ...] = ()
    for minute in range(5_000):
        kept = select_retained((*kept, minute * 60_000), most=32)
    ages_min = [4_999 - time // 60_000 for time in kept]
    assert ages_min[:5] == [0, 1, 2, 3, 4]
    assert ages_min[-1] == 4_999
    gaps = [(older - newer) / older for newer, older in pairwise(ages_min[4:])]
    assert max(gaps) < 0.55
