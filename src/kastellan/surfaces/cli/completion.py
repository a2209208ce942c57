"""Words that a shell completes, without loading what is heavy and without asking a cluster.

Kinds, checks and faults are read off the names of our own modules. Names of topics, groups and brokers come from a small
file that each look at a live cluster leaves behind; after a day it is not believed any more.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from kastellan.kernel.atomic_write import write_whole

_ROOT: Final = Path(__file__).resolve().parents[2]
_VALID_S: Final = 86_400.0
_MOST: Final = 5_000
"""Names of a kind that are kept at most: more are no help to a person who types."""

_CURATED: Final = ("lag", "share-groups", "streams-groups")
_NOT_LISTED: Final = frozenset({"quorum-nodes"})
DESCRIBED: Final = ("topic", "group", "broker", "principal")


def names_file() -> Path:
    """Where the names of the last look are kept."""
    base = os.environ.get("KASTELLAN_CACHE") or os.environ.get("XDG_CACHE_HOME", "")
    return Path(base or Path.home() / ".cache").expanduser() / "kastellan" / "names.json"


def remember(tables: Mapping[str, Any]) -> None:
    """Keeps the names in these tables of a look; one that was not looked at keeps the names that it had.

    The file also says, for each word that names a table, in which column its names stand: completion does not load the
    tables. A file that cannot be written is no trouble: completion is a comfort.
    """
    from kastellan.model.catalogue import name_columns, roster_tables

    names = {
        column: sorted(map(str, tables[table].df[column].drop_nulls().unique()))[:_MOST]
        for column, table in roster_tables().items()
        if table in tables
    }
    if not names:
        return
    with suppress(OSError):
        path = names_file()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = {"at_s": time.time(), "names": {**recall().names, **names}, "columns": name_columns()}
        write_whole(path, json.dumps(content).encode())


class Recalled(NamedTuple):
    """The names of the last snapshot by column, and the column of each word for a table."""

    names: dict[str, list[str]]
    columns: dict[str, str]


def recall() -> Recalled:
    """What the file holds; nothing when there is none, or an old or damaged one."""
    try:
        content = json.loads(names_file().read_text())
        if not 0 <= time.time() - float(content["at_s"]) <= _VALID_S:
            return Recalled({}, {})
        names = cast("dict[str, list[str]]", content["names"])
        columns = cast("dict[str, str]", content["columns"])
        return Recalled({str(column): list(map(str, names[column])) for column in names}, dict(columns.items()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Recalled({}, {})


def kinds() -> list[str]:
    """What `get` lists."""
    tables = (module.replace("_", "-") for module in _modules("model/tables"))
    return sorted({*(table for table in tables if table not in _NOT_LISTED), *_CURATED})


def checks() -> list[str]:
    """The ids of all checks, and their families."""
    place = "checks/families"
    ids = [f"{family.name}.{name}" for family in _folders(place) for name in _modules(f"{place}/{family.name}")]
    return sorted({*ids, *(check_id.partition(".")[0] for check_id in ids)})


def providers() -> list[str]:
    """The ids of the provider profiles that came with Kastellan, and none."""
    data = json.loads((_ROOT / "reference" / "providers.json").read_text())
    return sorted([*(str(profile["id"]) for profile in data["profiles"]), "none"])


def faults() -> list[str]:
    """The ids of all lab faults."""
    return sorted(_modules("lab/faults"))


def _folders(place: str) -> Iterator[Path]:
    return (path for path in (_ROOT / place).iterdir() if path.is_dir() and not path.name.startswith("_"))


def _modules(place: str) -> list[str]:
    return [path.stem for path in (_ROOT / place).glob("*.py") if not path.stem.startswith("_")]


def complete_kind(incomplete: str) -> list[str]:
    """For `get KIND`."""
    return _beginning(kinds(), incomplete)


def complete_described(incomplete: str) -> list[str]:
    """For `describe KIND`."""
    return _beginning(DESCRIBED, incomplete)


def complete_name(ctx: Any, incomplete: str) -> list[str]:  # noqa: ANN401  (typer's context, which is not loaded for this)
    """For the NAME behind a kind."""
    kind = str(ctx.params.get("kind") or "").replace("_", "-")
    recalled = recall()
    columns = {**recalled.columns, **_COLUMNS}
    column = columns.get(kind) or columns.get(f"{kind}s", "topic")
    if column == "principal":
        return _beginning((f"User:{name}" for name in recalled.names.get("user", ())), incomplete)
    return _beginning(recalled.names.get(column, ()), incomplete)


_COLUMNS: Final = {"lag": "group", "share-groups": "group", "streams-groups": "group", "principal": "principal"}
"""Of the words that name no table."""


def complete_group(incomplete: str) -> list[str]:
    """For a GROUP."""
    return _beginning(recall().names.get("group", ()), incomplete)


def complete_check(incomplete: str) -> list[str]:
    """For a check or a family."""
    return _beginning(checks(), incomplete)


def complete_fault(incomplete: str) -> list[str]:
    """For a lab fault."""
    return _beginning(faults(), incomplete)


def complete_provider(incomplete: str) -> list[str]:
    """For a provider."""
    return _beginning(providers(), incomplete)


def complete_context(incomplete: str) -> list[str]:
    """For a context: the names in the contexts file, as far as it can be read."""
    import tomllib

    from kastellan.app.contexts import contexts_path

    try:
        held = tomllib.loads(contexts_path(os.environ).read_text())
        return _beginning(sorted(held.get("context", {})), incomplete)
    except (OSError, ValueError, TypeError, AttributeError):
        return []


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    """Those that begin so; a name with a control character in it is never handed to a shell."""
    return [word for word in words if word.startswith(incomplete) and word.isprintable()]
