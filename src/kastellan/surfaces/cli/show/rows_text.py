"""Lists as tables: `?` is what was not seen, `-` is what is not there."""

from __future__ import annotations

from kastellan.app.get import Listed
from kastellan.kernel.units import bytes_text, count_text, duration_text
from kastellan.model.finding import Fact
from kastellan.surfaces.cli.screen import Screen

_HEADS = {
    "from_here": "from here",
    "out_of_sync": "out of sync",
    "answer_ms": "answered in",
    "replication_factor": "RF",
    "min_insync_replicas": "min ISR",
    "under_replicated": "under-repl.",
    "cleanup_policy": "policy",
    "in_sync": "ISR",
    "lag_records": "lag",
    "worst_lag_records_known": "worst partition",
    "log_end_offset": "log end",
    "behind_ms": "behind",
    "client_host": "host",
}
_IDS = frozenset({"broker", "node", "partition", "leader", "coordinator", "port"})


def show(listed: Listed, screen: Screen) -> None:
    """The table, then why something in it is missing."""
    rows = [[_cell(each, row, listed) for each in listed.shown] for row in listed.rows]
    numbers = frozenset(
        number for number, name in enumerate(listed.shown) if any(isinstance(row[name], (int, float)) for row in listed.rows)
    )
    screen.table([_HEADS.get(each, each).upper() for each in listed.shown], rows, numbers)
    if not listed.rows:
        screen.paragraph("nothing could be listed" if listed.unseen else "there are none", "dim")
    if listed.reasons:
        screen.line()
        screen.field("UNSEEN", listed.reasons, 0, 10)
    if listed.notes:
        screen.field("NOTES", listed.notes, 0, 10)


def _cell(name: str, row: dict[str, Fact], listed: Listed) -> str:
    value = row[name]
    if name == "lag_records" and value is None and row.get("lag_records_known") is not None:
        return f"at least {count_text(int(row['lag_records_known'] or 0))} ({row.get('partitions_unknown')} partitions unknown)"
    if value is None:
        return "-" if name in listed.may_be_empty else "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_bytes") and isinstance(value, (int, float)):
        return bytes_text(value)
    if name.endswith("_ms") and isinstance(value, (int, float)):
        return duration_text(value)
    if isinstance(value, int) and name not in _IDS:
        return count_text(value)
    return str(value)
