"""Prints a list, live or saved."""

from __future__ import annotations

import sys
from enum import StrEnum

from kastellan.surfaces.cli.reading import Reach


class Form(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"


def print_list(reach: Reach, name: str, member: str | None, form: Form) -> None:
    """Looks, or loads, and prints."""
    from kastellan.app.get import get, listed
    from kastellan.kernel.units import duration_text

    if reach.saved:
        import time

        snapshot, notes = reach.load()
        age = duration_text(max(0, time.time() * 1000 - snapshot.at_ms))
        found = listed(snapshot, name, member, (f"from a saved snapshot, taken {age} ago", *notes))
    else:
        import asyncio

        from kastellan.app.wiring import source_for

        target, timeout_s = reach.target()
        source = source_for(target)

        async def live():  # noqa: ANN202
            try:
                return await get(source, name, member, timeout_s)
            finally:
                await source.close()

        found = asyncio.run(live())
    if form is Form.JSON:
        from kastellan.surfaces.cli.documents import RowsDocument, json_text

        document = RowsDocument(
            of=found.of, at_ms=found.at_ms, cluster_id=found.cluster_id, rows=found.rows, unseen=found.unseen,
            not_whole=found.not_whole, notes=found.notes,
        )  # fmt: skip
        sys.stdout.write(json_text(document) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen
    from kastellan.surfaces.cli.show.rows_text import show

    screen = Screen.of()
    show(found, screen)
    sys.stdout.write(screen.text())
