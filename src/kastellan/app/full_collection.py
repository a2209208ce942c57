"""What a file holds that serves every command in place of a cluster."""

from __future__ import annotations

import msgspec

from kastellan.app.describe import description_modules
from kastellan.app.diagnose import plan_checks
from kastellan.app.lists.catalogue import LISTS
from kastellan.engine.needs import Wanted, wanted_by
from kastellan.model.catalogue import on_demand_tables
from kastellan.views.catalogue import all_views


def everything() -> Wanted:
    """What checks, lists and descriptions need; of configs every key, as they are listed live."""
    views = all_views()
    shown = wanted_by([*(each.rows for each in LISTS.values()), *(each.build for each in description_modules().values())], views)
    wanted = plan_checks().wanted | shown
    return msgspec.structs.replace(wanted, tables=wanted.tables - on_demand_tables())
