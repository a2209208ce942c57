"""Numbers as people read them. Everything else keeps plain numbers with the unit last in the name."""

from __future__ import annotations

_STEP = 1024.0
_SECOND_MS = 1_000
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


def bytes_text(count: float) -> str:
    """Bytes in binary steps.

    >>> bytes_text(0), bytes_text(1536), bytes_text(61 * 1024**3)
    ('0 B', '1.5 KiB', '61 GiB')
    """
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(count) < _STEP:
            shown = f"{count:.1f}".removesuffix(".0") if abs(count) < 10 else f"{count:.0f}"  # noqa: PLR2004
            return f"{shown} {unit}"
        count /= _STEP
    return f"{count:.1f} PiB"


def duration_text(milliseconds: float) -> str:
    """A duration with two units at most.

    >>> duration_text(340), duration_text(4_200), duration_text(95_000), duration_text(7_260_000)
    ('340 ms', '4.2 s', '1 min 35 s', '2 h 1 min')
    """
    if abs(milliseconds) < _SECOND_MS:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / _SECOND_MS
    if abs(seconds) < _MINUTE_S:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    total_s = int(seconds)
    for size, unit, part_size, part in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if total_s >= size:
            rest = total_s % size // part_size
            return f"{total_s // size} {unit}" + (f" {rest} {part}" if rest else "")
    return f"{total_s} s"


def count_text(count: int) -> str:
    """A count with thousands apart.

    >>> count_text(41208)
    '41,208'
    """
    return f"{count:,}"


def plural(count: int, word: str, words: str = "") -> str:
    """A count and its word.

    >>> plural(1, "partition"), plural(1200, "partition"), plural(2, "index", "indices")
    ('1 partition', '1,200 partitions', '2 indices')
    """
    return f"{count_text(count)} {word if count == 1 else words or word + 's'}"
