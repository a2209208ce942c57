"""Put other provider profiles in force than those that came with Kastellan, where a file says so."""

from __future__ import annotations

import os
from collections.abc import Mapping

from kastellan.app.user_file import own_data
from kastellan.reference.providers import Provider, ProviderData, in_force, parse, use

VARIABLE = "KASTELLAN_PROVIDERS"
_NAME = "providers.json"


def take_up(environment: Mapping[str, str] = os.environ) -> ProviderData:
    """The profiles that are in force from now on: a file's, or else the packaged ones.

    The file is the one that KASTELLAN_PROVIDERS names, else providers.json in Kastellan's config directory. Raises
    BadInput for a file that cannot be read or that holds something else; nothing is in force by half.
    """
    own = own_data(VARIABLE, _NAME, "provider profiles", environment)
    if own is not None:
        use(parse(own.data, own.name))
    return in_force()


def stated(provider: str, said: str, environment: Mapping[str, str] = os.environ) -> Provider:
    """What a user states about who runs the cluster. Raises BadInput for a provider without a profile."""
    return take_up(environment).stated(provider, said)
