"""The dated data that checks rest on, as one value that the application passes in."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from kastellan.reference import providers, releases
from kastellan.reference.providers import ProviderData
from kastellan.reference.releases import ReleaseData


class ReferenceData(msgspec.Struct, frozen=True, kw_only=True):
    """Kafka's releases and the profiles of providers, packaged or of the user's files."""

    releases: ReleaseData
    providers: ProviderData


@cache
def packaged_releases() -> ReleaseData:
    """The release data that comes with Kastellan."""
    return releases.parse(_read_packaged("releases.json"), releases.PACKAGED)


@cache
def packaged_providers() -> ProviderData:
    """The provider profiles that come with Kastellan."""
    return providers.parse(_read_packaged("providers.json"), providers.PACKAGED)


def load_packaged() -> ReferenceData:
    """All of the reference data that comes with Kastellan."""
    return ReferenceData(releases=packaged_releases(), providers=packaged_providers())


def _read_packaged(file: str) -> bytes:
    return resources.files("kastellan.reference").joinpath(file).read_bytes()
