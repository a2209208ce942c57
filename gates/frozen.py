"""The names that people rely on: they stay, or they get an alias.

Ids of checks, causes and schemas, exit codes, settings, and tables with their columns stand in files, scripts, waivers and
dashboards of users. `tests/frozen_names.json` holds those that were published; a test compares the code with it.
`python -m gates frozen keep` writes the file anew: after an addition, or after a rename whose old name goes on working.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from kastellan.app.glossary import EXIT_CODES
from kastellan.checks.catalogue import all_checks
from kastellan.diagnosis.cause import all_causes
from kastellan.model.catalogue import all_tables
from kastellan.model.finding_history import SCHEMA as FINDING_HISTORY
from kastellan.reference.providers import SCHEMA as PROVIDERS
from kastellan.reference.releases import SCHEMA as RELEASES
from kastellan.render.documents import DOCUMENTS

FILE: Final = Path(__file__).resolve().parent.parent / "tests" / "frozen_names.json"
REMEDY: Final = "write the file anew with `.venv/bin/python -m gates frozen keep`"


def frozen_names() -> dict[str, Any]:
    """Every name of today that users rely on."""
    return {
        "causes": sorted(all_causes()),
        "checks": {
            name: {"settings": {setting.name: setting.unit for setting in registered.check.settings}}
            for name, registered in sorted(all_checks().items())
        },
        "exit codes": sorted(EXIT_CODES, key=int),
        "schemas": sorted({*DOCUMENTS, FINDING_HISTORY, PROVIDERS, RELEASES}),
        "tables": {
            name: {
                "key": list(kind.key),
                "columns": {
                    column: f"{declared.dtype} {declared.unit}".rstrip() for column, declared in sorted(kind.columns.items())
                },
            }
            for name, kind in sorted(all_tables().items())
        },
    }


def differences(frozen: Mapping[str, Any], today: Mapping[str, Any]) -> list[str]:
    """One sentence for each name that is gone, changed or new."""
    before, now = dict(_leaves(frozen)), dict(_leaves(today))
    return [
        *(f"{name} is gone: a rename needs an alias for the old name; then {REMEDY}" for name in before if name not in now),
        *(
            f"{name} was {before[name]!r} and is {now[name]!r}: whoever reads it breaks; give the new meaning a new name"
            for name in before
            if name in now and before[name] != now[name]
        ),
        *(f"{name} is new: {REMEDY}" for name in now if name not in before),
    ]


def _leaves(names: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  (JSON)
    """Every name with its path, and what stands behind it."""
    if isinstance(names, Mapping):
        for name, below in cast("Mapping[str, Any]", names).items():
            place = f"{path}/{name}".removeprefix("/")
            yield place, None if isinstance(below, Mapping) else below if isinstance(below, str) else None
            yield from _leaves(below, place)
    elif isinstance(names, list):
        yield from ((f"{path}/{name}", None) for name in cast("list[str]", names))


def read() -> dict[str, Any]:
    """The published names."""
    return json.loads(FILE.read_text())


def main(words: Sequence[str]) -> int:
    """With `keep` the file is written anew; else 1 when a name differs."""
    today = frozen_names()
    if list(words) == ["keep"]:
        FILE.write_text(json.dumps(today, indent=1, ensure_ascii=False) + "\n")
        return 0
    sentences = differences(read(), today)
    print("\n".join(sentences) or "every published name is there")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
