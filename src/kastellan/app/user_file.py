"""Dated data of the user's own in place of what came with Kastellan: where such a file is looked for, and its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from kastellan.kernel.errors import BadInput

_MOST_BYTES = 4 * 1024**2


class OwnData(NamedTuple):
    """The bytes of a file, and how a sentence names it."""

    data: bytes
    name: str


def own_data(variable: str, name: str, what: str, environment: Mapping[str, str]) -> OwnData | None:
    """The file that the variable names, else the one called `name` in Kastellan's config directory, else None.

    Raises BadInput for one that cannot be read.
    """
    named = environment.get(variable)
    path = Path(named).expanduser() if named else _config_dir(environment) / name
    return OwnData(_read(path, variable, what), str(path)) if named or path.is_file() else None


def _config_dir(environment: Mapping[str, str]) -> Path:
    base = environment.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "kastellan"


def _read(path: Path, variable: str, what: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the {what} {path}: {error.strerror or error}; correct {variable} or the file") from None
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{path} is larger than 4 MiB and no {what}; correct {variable} or the file")
    return data
