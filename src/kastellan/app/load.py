"""Load a snapshot from a file."""

from __future__ import annotations

from pathlib import Path

from kastellan.kernel.errors import BadInput
from kastellan.model.codec import MOST_BYTES, Loaded, unpack


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
