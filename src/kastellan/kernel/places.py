"""Where Kastellan keeps things of this user: what can be made again in the cache, what is remembered in the state directory."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir() -> Path:
    """What can be fetched or made again: `KASTELLAN_CACHE`, else the XDG cache directory of this user."""
    return _place("KASTELLAN_CACHE", "XDG_CACHE_HOME", ".cache")


def state_dir() -> Path:
    """What exists now and what was seen: `KASTELLAN_STATE`, else the XDG state directory of this user."""
    return _place("KASTELLAN_STATE", "XDG_STATE_HOME", ".local/state")


def _place(own: str, xdg: str, default: str) -> Path:
    if chosen := os.environ.get(own):
        return Path(chosen).expanduser().absolute()
    if base := os.environ.get(xdg):
        return Path(base).expanduser().absolute() / "kastellan"
    return Path.home() / default / "kastellan"
