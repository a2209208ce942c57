"""Read the reference data: what comes with Kastellan, or the user's own files in its place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from kastellan.kernel.errors import BadInput
from kastellan.reference import providers, releases
from kastellan.reference.providers import ProviderData
from kastellan.reference.reference_data import ReferenceData, packaged_providers, packaged_releases
from kastellan.reference.releases import ReleaseData

RELEASES_VARIABLE = "KASTELLAN_RELEASES"
PROVIDERS_VARIABLE = "KASTELLAN_PROVIDERS"
_MOST_BYTES = 4 * 1024**2


def read_reference(environment: Mapping[str, str] = os.environ) -> ReferenceData:
    """The reference data that counts in this environment. Raises BadInput for a file of the user's that is none."""
    return ReferenceData(releases=read_releases(environment), providers=read_providers(environment))


def read_releases(environment: Mapping[str, str] = os.environ) -> ReleaseData:
    """The user's release data, else the packaged one.

    The user's file is the one that KASTELLAN_RELEASES names, else releases.json in Kastellan's config directory. Raises
    BadInput for a file that cannot be read or that holds something else.
    """
    path = _user_file(RELEASES_VARIABLE, "releases.json", environment)
    if path is None:
        return packaged_releases()
    return releases.parse(_read(path, RELEASES_VARIABLE, "release data"), str(path))


def read_providers(environment: Mapping[str, str] = os.environ) -> ProviderData:
    """The user's provider profiles, else the packaged ones.

    The user's file is the one that KASTELLAN_PROVIDERS names, else providers.json in Kastellan's config directory. Raises
    BadInput for a file that cannot be read or that holds something else.
    """
    path = _user_file(PROVIDERS_VARIABLE, "providers.json", environment)
    if path is None:
        return packaged_providers()
    return providers.parse(_read(path, PROVIDERS_VARIABLE, "provider profiles"), str(path))


def _user_file(variable: str, name: str, environment: Mapping[str, str]) -> Path | None:
    """The file that the variable names, else the one called `name` in Kastellan's config directory, else None."""
    named = environment.get(variable)
    if named:
        return Path(named).expanduser()
    base = environment.get("XDG_CONFIG_HOME")
    path = (Path(base) if base else Path.home() / ".config") / "kastellan" / name
    return path if path.is_file() else None


def _read(path: Path, variable: str, content: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the {content} {path}: {error.strerror or error}; correct {variable} or the file") from None
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{path} is larger than 4 MiB and no {content}; correct {variable} or the file")
    return data
