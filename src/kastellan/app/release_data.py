"""Put other release data in force than the one that came with Kastellan, where a file says so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from kastellan.app.user_file import own_data
from kastellan.engine.needs import Views, needs_of
from kastellan.model.table import Table
from kastellan.reference.releases import OLD_AFTER_DAYS, ReleaseData, in_force, parse, use
from kastellan.views.catalogue import all_views
from kastellan.views.config_changes import ConfigChanges
from kastellan.views.release_lines import ReleaseLines
from kastellan.views.vulnerabilities import Vulnerabilities

VARIABLE = "KASTELLAN_RELEASES"
_NAME = "releases.json"
_OF_THE_DATA = frozenset({ReleaseLines, Vulnerabilities, ConfigChanges})


def take_up(environment: Mapping[str, str] = os.environ) -> ReleaseData:
    """The release data that is in force from now on: a file's, or else the packaged one.

    The file is the one that KASTELLAN_RELEASES names, else releases.json in Kastellan's config directory. Raises BadInput
    for a file that cannot be read or that holds something else; nothing is in force by half.
    """
    own = own_data(VARIABLE, _NAME, "release data", environment)
    if own is not None:
        use(parse(own.data, own.name))
    return in_force()


def age_note(functions: Iterable[Callable[..., object]], at_ms: int) -> str | None:
    """What is to be said of the data's age at that time, where one of these checks or views rests on it; else None."""
    data, views = in_force(), all_views()
    days = data.age_days(at_ms)
    if days <= OLD_AFTER_DAYS or not any(_rests_on_it(each, views) for each in functions):
        return None
    return f"the release data is of {data.as_of} and {days} days old: newer releases and vulnerabilities are not in it"


def _rests_on_it(function: Callable[..., object], views: Views) -> bool:
    wanted = [each.wanted for each in needs_of(function) if issubclass(each.wanted, Table)]
    return any(each in _OF_THE_DATA or (each in views and _rests_on_it(views[each], views)) for each in wanted)
