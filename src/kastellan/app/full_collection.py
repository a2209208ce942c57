"""What a file holds that serves every command in place of a cluster."""

from __future__ import annotations

from kastellan.app.describe import description_modules
from kastellan.app.diagnose import plan_checks
from kastellan.app.lists.catalogue import LISTS
from kastellan.engine.requests import TableRequests, merge_requests, requests_of, without_tables
from kastellan.model.catalogue import on_demand_tables
from kastellan.views.catalogue import all_views


def everything() -> TableRequests:
    """What checks, lists and descriptions need; of configs every key, as they are listed live."""
    views = all_views()
    lists = (list_spec.rows for list_spec in LISTS.values())
    shown = requests_of([*lists, *(module.build for module in description_modules().values())], views)
    return without_tables(merge_requests(plan_checks().requests, shown), on_demand_tables())
