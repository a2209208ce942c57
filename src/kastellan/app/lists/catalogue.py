"""The lists of `get` and `lag` by name."""

from __future__ import annotations

from typing import Final

from kastellan.app.lists.cluster_lists import CLUSTER_LISTS
from kastellan.app.lists.lag_lists import lag_lists
from kastellan.app.lists.list_spec import ListSpec
from kastellan.app.lists.table_lists import table_lists

LISTS: Final[dict[str, ListSpec]] = CLUSTER_LISTS | lag_lists() | table_lists()
"""The lists by name; their needs may be views too."""
