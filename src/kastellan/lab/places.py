"""Where the lab keeps things: what can be fetched again in the cache, what is running in the state directory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from kastellan.kernel.places import cache_dir, state_dir

__all__ = ["cache_dir", "labs_dir", "reservations_dir", "state_dir"]


def labs_dir() -> Path:
    """One directory for each lab, named like the lab."""
    return state_dir() / "labs"


def reservations_dir() -> Path:
    """Port reservations of this user, shared by all state directories: ports belong to the machine."""
    return Path(tempfile.gettempdir()) / f"kastellan-ports-{os.getuid()}"
