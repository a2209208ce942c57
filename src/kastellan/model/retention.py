"""Which of many snapshots stay: dense near now, sparse long ago, and one old enough for every need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence


def select_retained(
    times_ms: Iterable[int], *, most: int, ages_s: Collection[float] = (), oldest_s: float | None = None
) -> tuple[int, ...]:
    """The times, in epoch milliseconds, of the snapshots that stay, newest first.

    Ages count from the newest time, which always stays. For every age of `ages_s` the newest snapshot that is at least so
    old stays: it is the one that a check compares with. Of what is older than `oldest_s` nothing else stays. Of the rest
    at most `most` in all stay: those go first that leave the smallest gap in relation to its age, so that the gaps grow with
    the age; the oldest one goes last. Only what the ages need may be more than `most`.

    >>> select_retained([100_000, 99_000, 98_000, 60_000, 20_000], most=4)
    (100000, 99000, 60000, 20000)
    >>> select_retained([100_000, 99_000, 98_000, 60_000, 20_000], most=2, ages_s=[1.5])
    (100000, 98000)
    """
    times = sorted(set(times_ms), reverse=True)
    if not times:
        return ()
    needed = {times[0]} | {time for age_s in ages_s if (time := newest_of_age(times, age_s)) is not None}
    if oldest_s is not None:
        times = [time for time in times if time in needed or times[0] - time <= oldest_s * 1000]
    while len(times) > most:
        spare = [at for at in range(1, len(times)) if times[at] not in needed]
        if not spare:
            break
        del times[min(spare, key=lambda at: _relative_gap(times, at))]
    return tuple(times)


def newest_of_age(times: Sequence[int], age_s: float) -> int | None:
    """Of times, newest first, the newest one that is at least so much older than the first, None where there is none."""
    return next((time for time in times if times[0] - time >= age_s * 1000), None)


def _relative_gap(times: list[int], at: int) -> float:
    """How large the gap would be without this snapshot, in relation to its age; without the oldest one it has no end."""
    if at + 1 == len(times):
        return float("inf")
    return (times[at - 1] - times[at + 1]) / max(1, times[0] - times[at + 1])
