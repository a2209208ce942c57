"""Lists as tables: `?` is what was not seen, `-` is what is not there."""

from __future__ import annotations

from kastellan.app.get import Listing
from kastellan.app.lists.headers import header_of
from kastellan.kernel.time_texts import moment_text
from kastellan.kernel.units import bytes_text, count_text, duration_text, plural
from kastellan.model.finding import Fact
from kastellan.surfaces.cli.screen import Screen

_MOMENTS = frozenset(
    f"{moment}_ms" for moment in ("issued", "expires", "max", "start", "written", "last_append", "last_fetch", "last_caught_up")
)
_NAMES = frozenset({"group", "topic"})
_IDS = frozenset(
    {"broker", "node", "partition", "leader", "coordinator", "port", "producer_id", "producer_epoch", "epoch", "leader_epoch"}
    | {"assignment_epoch", "topology_epoch", "coordinator_epoch", "last_sequence", "api_key"}
)


def show(listing: Listing, screen: Screen) -> None:
    """The table, then why something in it is missing."""
    rows = [[_cell(column, row, listing) for column in listing.shown] for row in listing.rows]
    schema = listing.frame.schema
    numbers = frozenset(number for number, name in enumerate(listing.shown) if schema[name].is_numeric() and not _at(name))
    screen.table([header_of(column) for column in listing.shown], rows, numbers)
    if not listing.rows:
        screen.paragraph("nothing could be listed" if listing.unseen else "there are none", "dim")
    if listing.reasons:
        screen.line()
        screen.field("UNSEEN", listing.reasons, 0, 10)
    if listing.notes:
        screen.field("NOTES", listing.notes, 0, 10)


def _cell(name: str, row: dict[str, Fact], listing: Listing) -> str:
    value = row[name]
    if name == "lag_records" and value is None and row.get("lag_records_known") is not None:
        return _at_least(row)
    if value is None:
        return "-" if listing.is_absent(name, row) else "?"
    return value_text(name, value)


def _at_least(row: dict[str, Fact]) -> str:
    """A sum over the partitions that are known."""
    unknown, without = int(row.get("partitions_unknown") or 0), int(row.get("partitions_no_commit") or 0)
    why = [
        plural(count, "partition") + words for count, words in ((unknown, " unknown"), (without, " without a commit")) if count
    ]
    return f"at least {count_text(int(row['lag_records_known'] or 0))} ({', '.join(why)})"


def value_text(name: str, value: str | float | bool) -> str:
    """A value as a person reads it, by the name of its column.

    >>> value_text("size_bytes", 1536), value_text("interval_ms", 5000), value_text("broker", 1001), value_text("rows", 1001)
    ('1.5 KiB', '5 s', '1001', '1,001')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _name_text(name, value)
    if _at(name):
        return _time(int(value))
    if name.endswith("_bytes"):
        return bytes_text(value)
    if name.endswith("_s"):
        return duration_text(value * 1000)
    if name.endswith("_ms"):
        return duration_text(value)
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return str(value) if name in _IDS else count_text(value)


def _name_text(column: str, text: str) -> str:
    """A text; an empty group id and blanks at an end of a name are shown between quotes, because they are part of it.

    >>> _name_text("group", ""), _name_text("group", "billing "), _name_text("rack", "")
    ("''", "'billing '", '-')
    """
    if column in _NAMES and text != (text.strip() or None):
        return f"'{text}'"
    return text or "-"


def is_number(name: str, value: Fact) -> bool:
    """Whether the value stands at the right of its column: a quantity or an id, no moment."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not _at(name)


def _at(name: str) -> bool:
    """The column holds moments, not durations."""
    return name in _MOMENTS


def _time(at_ms: int) -> str:
    """A moment in UTC; -1 and its like are never."""
    if at_ms < 0:
        return "never"
    return moment_text(at_ms)
