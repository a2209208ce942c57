"""The lists of `get` and `lag` by name."""

from __future__ import annotations

from typing import Final

from kastellan.app.lists.cluster_lists import CLUSTER_LISTS
from kastellan.app.lists.lag_lists import lag_lists
from kastellan.app.lists.list_spec import ListSpec
from kastellan.app.lists.table_lists import table_lists

_CURATED = {*CLUSTER_LISTS, *(alias for spec in CLUSTER_LISTS.values() for alias in spec.aliases)}
LISTS: Final[dict[str, ListSpec]] = CLUSTER_LISTS | lag_lists() | table_lists(_CURATED)
"""The lists by name; their needs may be views too."""
