"""What a saved snapshot holds, as text."""

from __future__ import annotations

from kastellan.app.snapshots.contents import Contents
from kastellan.kernel.time_texts import moment_text
from kastellan.kernel.units import bytes_text, count_text, plural
from kastellan.surfaces.cli.screen import Screen


def show(contents: Contents, screen: Screen) -> None:
    """Header, tables, and what could not be seen."""
    times = [moment_text(moment) for moment in contents.at_ms]
    vantage = contents.vantage
    screen.paragraph(f"{contents.cluster_id or 'cluster id not seen'} · {plural(len(times), 'look')}: {', '.join(times)}", "bold")
    screen.paragraph(f"From {vantage.host or '?'} as {vantage.principal} by {vantage.bootstrap or '?'}")
    screen.line()
    rows = [
        [
            table.table,
            count_text(table.rows),
            count_text(table.rows_incomplete),
            ", ".join(table.rosters_unseen) or "-",
            bytes_text(table.memory_bytes),
        ]
        for table in contents.tables
    ]
    screen.table(["TABLE", "ROWS", "NOT WHOLE", "NOT LISTED", "MEMORY"], rows, frozenset({1, 2, 4}))
    screen.line()
    if contents.names:
        screen.table(
            ["NAMES", "HOW MANY", "SUCH AS"],
            [[name.sort, count_text(name.count), ", ".join(name.examples)] for name in contents.names],
            frozenset({1}),
        )
        screen.line()
    if contents.size_bytes is not None:
        sealed = f"{plural(contents.hashes, 'table')} as the manifest's hashes say" if contents.hashes else "without hashes"
        redaction = f"names are pseudonyms (redaction {contents.redaction})" if contents.redaction else "not redacted"
        screen.field("FILE", (f"{bytes_text(contents.size_bytes)}, {sealed}, {redaction}",), 0, 10)
    screen.field("UNSEEN", contents.unseen or ("nothing that was asked for",), 0, 10)
    if contents.notes:
        screen.field("NOTES", contents.notes, 0, 10)
