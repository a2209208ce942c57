"""Where the lab keeps things: what can be fetched again in the cache, what is running in the state directory."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def cache_dir() -> Path:
    """What can be fetched or made again: `KASTELLAN_CACHE`, else the XDG cache directory of this user."""
    return _place("KASTELLAN_CACHE", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """What exists now: `KASTELLAN_STATE`, else the XDG state directory of this user."""
    return _place("KASTELLAN_STATE", "XDG_STATE_HOME", ".local/state")


def labs_dir() -> Path:
    """One directory for each lab, named like the lab."""
    return state_dir() / "labs"


def reservations_dir() -> Path:
    """Port reservations of this user, shared by all state directories: ports belong to the machine."""
    return Path(tempfile.gettempdir()) / f"kastellan-ports-{os.getuid()}"


def _place(own: str, xdg: str, default: str) -> Path:
    if chosen := os.environ.get(own):
        return Path(chosen).expanduser().absolute()
    if base := os.environ.get(xdg):
        return Path(base).expanduser().absolute() / "kastellan"
    return Path.home() / default / "kastellan"
