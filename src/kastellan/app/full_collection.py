"""What a file holds that serves every command in place of a cluster."""

from __future__ import annotations

from typing import Final

import msgspec

from kastellan.app.describe import description_modules
from kastellan.app.diagnose import plan_checks
from kastellan.app.lists.catalogue import LISTS
from kastellan.engine.needs import Wanted, wanted_by
from kastellan.views.catalogue import all_views

ON_REQUEST: Final = frozenset({"producers", "commit_times"})
"""Tables that cost more than a look, or need the right to read: a person asks a live cluster for them."""


def everything() -> Wanted:
    """What checks, lists and descriptions need; of configs every key, as they are listed live."""
    views = all_views()
    shown = wanted_by([*(each.rows for each in LISTS.values()), *(each.build for each in description_modules().values())], views)
    wanted = plan_checks().wanted | shown
    return msgspec.structs.replace(wanted, tables=wanted.tables - ON_REQUEST)
