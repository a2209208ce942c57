"""The contexts file of this user: read it, and change it without losing its comments."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from kastellan.config.contexts import Context, Contexts, check_name, contexts
from kastellan.kernel.atomic_write import write_whole
from kastellan.kernel.errors import BadInput

_MOST_BYTES = 1024**2


class Read(NamedTuple):
    """The contexts, their file, and what is to be said about it."""

    contexts: Contexts
    path: Path
    notes: tuple[str, ...]


def contexts_path(environment: Mapping[str, str]) -> Path:
    """Where the contexts of this user stand: KASTELLAN_CONTEXTS, or kastellan/contexts.toml below XDG_CONFIG_HOME."""
    if environment.get("KASTELLAN_CONTEXTS"):
        return Path(environment["KASTELLAN_CONTEXTS"])
    base = environment.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "kastellan" / "contexts.toml"


def read_contexts(path: Path) -> Read:
    """The contexts of the file; none when there is no file. Raises BadInput for a file that cannot be used."""
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(_MOST_BYTES + 1)
            mode = os.fstat(file.fileno()).st_mode
    except FileNotFoundError:
        return Read(Contexts(), path, ())
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadInput(f"cannot read {path}: {why}; correct the file or its rights") from None
    if len(text) > _MOST_BYTES:
        raise BadInput(f"{path} is larger than 1 MiB; it is no contexts file")
    notes: tuple[str, ...] = ()
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        notes = (f"others may write {path}, and so choose whom your credentials are sent to: chmod go-w {path}",)
    return Read(contexts(text, str(path)), path, notes)


def resolve_paths(context: Context, path: Path) -> Context:
    """The context with its paths as seen from here: they are written relative to the contexts file."""

    def at(text: str | None) -> str | None:
        return str(path.parent / Path(text).expanduser()) if text else None

    return msgspec.structs.replace(
        context, command_config=at(context.command_config), controller_config=at(context.controller_config)
    )


def use(path: Path, name: str) -> None:
    """Make a context the current one. Raises BadInput for an unknown name."""
    read_contexts(path).contexts.get(name, "kastellan context use")
    document = _document(path)
    document["current"] = name
    _write(path, document.as_string(), "current")


def add(path: Path, name: str, context: Context, *, replace: bool) -> None:
    """Write a context into the file. Raises BadInput when there is one of this name already and it is not to be replaced."""
    check_name(name)
    present = read_contexts(path).contexts
    if name in present.by_name and not replace:
        raise BadInput(f"there is a context {name!r} already in {path}; give --replace or another name")
    import tomlkit  # noqa: PLC0415  # loaded only to change the file

    document = _document(path)
    table = tomlkit.table()
    plain: dict[str, Any] = msgspec.to_builtins(context)
    for key, value in plain.items():
        table[key] = value
    if "context" not in document:
        document["context"] = tomlkit.table(is_super_table=True)
    document["context"][name] = table  # type: ignore[index]
    text = document.as_string()
    contexts(text, str(path))  # a proxy with a password and the like is refused before anything is written
    _write(path, text, name)


def _document(path: Path):  # noqa: ANN202  # tomlkit's type, which is loaded here
    import tomlkit  # noqa: PLC0415  # loaded only to change the file

    return tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()


def _write(path: Path, text: str, part: str) -> None:
    """Write the file atomically, readable by this user alone."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Through a link: the file that it points to is changed, and stays a link.
        target = path.resolve()
        write_whole(target, text.encode())
    except OSError as error:
        raise BadInput(f"cannot write {part} to {path}: {error.strerror or error}; correct the path or the rights") from None
