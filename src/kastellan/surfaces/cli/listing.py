"""Prints a list, live or saved."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from kastellan.kernel.errors import BadInput
from kastellan.surfaces.cli.collect_or_load import collect_or_load
from kastellan.surfaces.cli.reading import ConnectionOptions

if TYPE_CHECKING:
    from kastellan.app.get import Listing
    from kastellan.app.query import Query

TOO_LITTLE: Final = 12
"""Exit code: nothing failed, but too little could be seen."""
_MOST_ROWS = 10_000_000


class Form(StrEnum):
    """How something is printed."""

    TABLE = "table"
    JSON = "json"


class ListForm(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


Output = Annotated[
    ListForm,
    typer.Option(
        "-o",
        "--output",
        help="Output format. With ndjson and csv each row is a line, and missing data is reported on stderr.",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="COLUMN=VALUE",
        help="Only rows that match: = != > < >= <=, a pattern with * and ?; COLUMN=? for values that could not be read, "
        "COLUMN=- for values that do not exist; repeatable.",
    ),
]
Sort = Annotated[str, typer.Option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN sorts the largest first.")]
Columns = Annotated[str, typer.Option("--columns", metavar="COLUMN,...", help="The columns to show; `all` shows every column.")]
Limit = Annotated[int | None, typer.Option("--limit", metavar="NUMBER", help="Show at most this many rows.")]


Watch = Annotated[
    float | None, typer.Option("--watch", metavar="[SECONDS]", help="Repeat until interrupted, every SECONDS (default 10).")
]


def query_of(where: list[str] | None, sort: str, columns: str, limit: int | None) -> Query:
    """The query that was typed. Raises BadInput for a limit that is none."""
    from kastellan.app.query import Query

    if limit is not None and not 1 <= limit <= _MOST_ROWS:
        raise BadInput(f"--limit {limit} is no number of rows; give 1 or more")
    named = tuple(text for text in columns.split(",") if text.strip())
    return Query(where=tuple(where or ()), sort=sort, columns=named, limit=limit)


def print_list(reach: ConnectionOptions, name: str, member: str | None, form: ListForm, query: Query | None = None) -> None:
    """Looks, or loads, and prints; ends with exit code 12 where something of it could not be seen."""
    print_listing(_get_listing(reach, name, member, query), form)


def print_listing(listing: Listing, form: ListForm) -> None:
    """Prints rows, and ends with exit code 12 where something of it could not be seen."""
    _print(listing, form)
    if listing.too_little_seen:
        raise typer.Exit(TOO_LITTLE)


def watch_and_print(
    reach: ConnectionOptions, name: str, member: str | None, form: ListForm, query: Query, every_s: float
) -> None:
    """Prints the list every `every_s` seconds, until it is interrupted. Raises BadInput for a file and for one-document forms."""
    import asyncio

    from kastellan.app.watch_list import watch_list
    from kastellan.app.wiring import source_for
    from kastellan.surfaces.cli.completion import remember

    if form not in {ListForm.TABLE, ListForm.JSON}:
        raise BadInput(f"--watch prints list after list, and -o {form} is one; give -o table, or -o json for one a line")
    if reach.saved:
        raise BadInput("--watch looks at a live cluster; a saved snapshot does not change")
    target, timeout_s = reach.target()
    source = source_for(target)

    async def repeat() -> None:
        try:
            async for listing in watch_list(source, name, member, timeout_s, every_s, query, remember):
                _print(listing, form, watching=True)
                sys.stdout.flush()
        finally:
            await source.close()

    asyncio.run(repeat())


def _get_listing(reach: ConnectionOptions, name: str, member: str | None, query: Query | None) -> Listing:
    from kastellan.app.get import build_listing, get, requests_for

    requests_for(name, member)  # what cannot be listed is refused before anybody is asked
    from kastellan.surfaces.cli.completion import remember

    return collect_or_load(
        reach,
        lambda source, timeout_s: get(source, name, member, timeout_s, query, on_tables=remember),
        lambda snapshot, notes: build_listing(snapshot, name, member, notes, query),
    )


def _print(listing: Listing, form: ListForm, *, watching: bool = False) -> None:
    if form is ListForm.JSON:
        from kastellan.render.documents import RowsDocument, json_text

        document = RowsDocument(
            of=listing.of, at_ms=listing.at_ms, cluster_id=listing.cluster_id, rows=listing.rows, unseen=listing.unseen,
            incomplete_answers=listing.incomplete_answers, notes=listing.notes,
        )  # fmt: skip
        sys.stdout.write(json_text(document, compact=watching) + "\n")
        return
    from kastellan.surfaces.cli.screen import Screen

    if form is ListForm.TABLE:
        from kastellan.surfaces.cli.show.rows_text import show

        screen = Screen.of()
        show(listing, screen)
        clear = "\x1b[H\x1b[2J" if watching and sys.stdout.isatty() else ""
        sys.stdout.write(clear + screen.text() + ("\n" if watching and not clear else ""))
        return
    frame = listing.frame.drop("answer", strict=False)
    sys.stdout.write(frame.write_ndjson() if form is ListForm.NDJSON else frame.write_csv())
    screen = Screen.of(sys.stderr)
    for label, lines in (("UNSEEN", listing.reasons), ("NOTES", listing.notes)):
        if lines:
            screen.field(label, lines, 0, 10)
    sys.stderr.write(screen.text())
