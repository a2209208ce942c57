"""A snapshot as a file: load it, and save it whole or not at all."""

from __future__ import annotations

from pathlib import Path

from kastellan.kernel import atomic_write
from kastellan.kernel.errors import BadInput
from kastellan.model.codec import MOST_BYTES, Loaded, dump, unpack
from kastellan.model.snapshot import Snapshot


def load(path: Path) -> Loaded:
    """The snapshot in a file, with notes about what was not known in it. Raises BadInput in one sentence."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a directory; give the file that `kastellan snapshot save` wrote")
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path} is larger than {MOST_BYTES >> 30} GiB; it is no snapshot")
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read {path}: {error.strerror or error}; give the file that `kastellan snapshot save` wrote"
        ) from None
    try:
        return unpack(data)
    except BadInput as error:
        raise BadInput(f"{path}: {error.message}") from None


def check_target(path: Path) -> None:
    """Raises BadInput where no file could be written, before anything is collected."""
    if path.is_dir():
        raise BadInput(f"{path} is a directory; give the name of a file in it")
    if not path.parent.is_dir():
        raise BadInput(f"the directory {path.parent} does not exist; make it first")


def save(snapshot: Snapshot, path: Path, *, left_out: tuple[str, ...] = (), redaction: str = "") -> int:
    """Writes the file whole or not at all, readable by its owner only; returns its size in bytes."""
    check_target(path)
    return write_whole(path, dump(snapshot, left_out=left_out, redaction=redaction))


def write_whole(path: Path, data: bytes) -> int:
    """Writes these bytes whole or not at all, readable by the owner only; returns how many."""
    try:
        atomic_write.write_whole(path, data, durable=True)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}; choose another place") from None
    return len(data)
