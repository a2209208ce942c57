"""References to secrets that stand elsewhere: `${file:/run/secrets.properties:password}`, as `config.providers` explains them.

Kafka's three own providers are carried out (KIP-297, KIP-421): files of properties, directories with one file a secret, the
environment. A reference that cannot be resolved is never passed on: Java would send it as the password.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from kastellan.config.java_properties import properties
from kastellan.kernel.errors import BadInput

_REFERENCE: Final = re.compile(r"\$\{([^}]*?):(([^}]*?):)?([^}]*?)\}")
_PACKAGE: Final = "org.apache.kafka.common.config.provider."
_MOST_BYTES: Final = 1024**2


class Surroundings(msgspec.Struct, frozen=True):
    """What references may point to: files, read by path, and environment variables."""

    environment: Mapping[str, str] = {}
    read: Callable[[str], bytes] | None = None
    """The bytes of a file. Raises OSError. None: no file is read."""

    def __repr__(self) -> str:
        return f"Surroundings({len(self.environment)} variables)"

    def text(self, path: str) -> str:
        """The text of a file, UTF-8 as in Java. Raises OSError or ValueError."""
        if self.read is None:
            raise FileNotFoundError
        data = self.read(path)
        if len(data) > _MOST_BYTES:
            raise ValueError("it is larger than 1 MiB")
        return data.decode("utf-8", "replace")


class Resolved(msgspec.Struct, frozen=True):
    """The values with their references resolved; `failures` has a sentence for each key whose reference is not."""

    values: Mapping[str, str]
    failures: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Resolved({len(self.values)} keys, failures={self.failures!r})"


def read_file(path: str) -> bytes:
    """The first bytes of a file, one more than a provider's file may have."""
    with Path(path).open("rb") as file:
        return file.read(_MOST_BYTES + 1)


def resolve_references(values: Mapping[str, str], name: str, surroundings: Surroundings) -> Resolved:
    """Replace each reference in the values of a file called `name`."""
    resolved: dict[str, str] = {}
    failures: dict[str, str] = {}
    for key, value in values.items():
        try:
            resolved[key] = _REFERENCE.sub(lambda match, key=key: _look_up(match, key, values, name, surroundings), value)
        except BadInput as error:
            resolved[key], failures[key] = "", error.message
    return Resolved(resolved, failures)


def _look_up(match: re.Match[str], key: str, values: Mapping[str, str], name: str, surroundings: Surroundings) -> str:
    provider, path, variable = match[1], match[3] or "", match[4]
    place = f"{name} sets {key} to a reference to the config provider {_shown(provider)}"
    if provider not in values.get("config.providers", "").split(","):
        raise BadInput(
            f"{place}, which config.providers does not name; add it there, or write the value itself into a private file"
        )
    java_class = values.get(f"config.providers.{provider}.class", "").strip()
    look_up = _PROVIDERS.get(java_class.removeprefix(_PACKAGE)) if java_class.startswith(_PACKAGE) else None
    if look_up is None:
        classes = ", ".join(_PROVIDERS)
        raise BadInput(f"{place}, whose class only Java can run; use one of {classes}, or write the value into a private file")
    value = look_up(path, variable, _parameters(values, provider), surroundings, place)
    if value is None:
        raise BadInput(f"{place}, and there is no {_shown(variable)}; add it, or correct the reference")
    return value


def _parameters(values: Mapping[str, str], provider: str) -> Mapping[str, str]:
    prefix = f"config.providers.{provider}.param."
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _from_file(path: str, variable: str, parameters: Mapping[str, str], surroundings: Surroundings, place: str) -> str | None:
    text = _allowed_text(path, parameters, surroundings, place)
    return {pair.key: pair.value for pair in properties(text, path)}.get(variable)


def _from_directory(path: str, variable: str, parameters: Mapping[str, str], surroundings: Surroundings, place: str) -> str:
    return _allowed_text(str(Path(path) / Path(variable).name), parameters, surroundings, place)


def _from_environment(
    path: str, variable: str, parameters: Mapping[str, str], surroundings: Surroundings, place: str
) -> str | None:
    if path:
        raise BadInput(f"{place} with a path, and the environment has none; write ${{PROVIDER:VARIABLE}}")
    try:
        allowed = re.search(parameters.get("allowlist.pattern", ".*"), variable) is not None
    except re.error:
        raise BadInput(f"{place}, whose allowlist.pattern is no regular expression; correct it") from None
    return surroundings.environment.get(variable) if allowed else None


def _allowed_text(path: str, parameters: Mapping[str, str], surroundings: Surroundings, place: str) -> str:
    allowed = parameters.get("allowed.paths", "")
    if allowed and not any(_is_below(path, folder) for folder in allowed.split(",")):
        raise BadInput(f"{place}, whose allowed.paths do not hold {path}; correct one of the two")
    try:
        return surroundings.text(path)
    except OSError as error:
        raise BadInput(f"{place}: cannot read {path} ({error.strerror or error}); correct the path or the rights") from None
    except ValueError as error:
        raise BadInput(f"{place}: cannot use {path}, {error}; give a file with the secret alone") from None


def _is_below(path: str, folder: str) -> bool:
    inside, outside = os.path.normpath(path), os.path.normpath(folder.strip())
    return inside == outside or inside.startswith(outside.rstrip("/") + "/")


def _shown(text: str) -> str:
    """A provider's or variable's name, if it looks like one."""
    return repr(text) if re.fullmatch(r"[\w.\-]{1,60}", text) else "(no name)"


_Provider = Callable[[str, str, Mapping[str, str], Surroundings, str], "str | None"]
_PROVIDERS: Final[Mapping[str, _Provider]] = {
    "FileConfigProvider": _from_file,
    "DirectoryConfigProvider": _from_directory,
    "EnvVarConfigProvider": _from_environment,
}
