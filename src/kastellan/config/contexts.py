"""The contexts file: clusters by name, and how each is reached. It never holds a secret, it points to files that do."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Final, cast

import msgspec

from kastellan.config.proxy import parse_proxy
from kastellan.kernel.errors import BadInput

_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


class Context(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A named cluster. Paths are relative to the contexts file; None means that the value comes from elsewhere."""

    bootstrap: str | None = None
    command_config: str | None = None
    controllers: str | None = None
    controller_config: str | None = None
    resolve: tuple[str, ...] = ()
    proxy: str | None = None
    timeout: float | None = None
    """Seconds for a whole examination."""
    provider: str | None = None
    """Who runs the cluster, where it is not to be detected: a profile's id, or none."""
    notes: str | None = None
    """Free text: who owns the cluster, whom to contact."""


class Contexts(msgspec.Struct, frozen=True):
    """All contexts, and the one that is used when the command line names no cluster."""

    current: str | None = None
    by_name: Mapping[str, Context] = {}

    def get(self, name: str, place: str) -> Context:
        """The context of this name. Raises BadInput that lists the names there are."""
        context = self.by_name.get(name)
        if context is None:
            names = ", ".join(sorted(self.by_name)) or "none yet; `kastellan context add NAME` makes one"
            raise BadInput(f"{place} names the context {name!r}; there are: {names}")
        return context


def contexts(text: str, name: str) -> Contexts:
    r"""The contexts in the text of a file called `name`. Raises BadInput with the place of what is wrong.

    >>> contexts('current = "prod"\n[context.prod]\nbootstrap = "a:9092"\n', "f").by_name["prod"].bootstrap
    'a:9092'
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name} is no TOML: {_lower(str(error))}; correct it there") from None
    unknown = sorted(raw.keys() - {"current", "context"})
    if unknown:
        raise BadInput(f"{name} has {unknown[0]!r} at its top; there are `current` and tables [context.NAME]")
    tables, current = raw.get("context", {}), raw.get("current")
    if not isinstance(tables, dict) or (current is not None and not isinstance(current, str)):
        raise BadInput(f"{name}: `current` is a name, and each context a table [context.NAME]; correct it")
    named = cast("dict[str, object]", tables)
    contexts = Contexts(current, {key: _context(key, table, name) for key, table in named.items()})
    if current is not None:
        contexts.get(current, f"{name}: current")
    return contexts


def check_name(name: str) -> None:
    """Raise BadInput for a name that could not be typed without quotes."""
    if not name or not _NAME.issuperset(name) or name[0] in "-.":
        raise BadInput(f"{name!r} cannot be the name of a context; use letters, digits, '-', '_' and '.'")


def _context(name: str, table: object, file: str) -> Context:
    place = f"{file}, [context.{name}]"
    check_name(name)
    try:
        context = msgspec.convert(table, Context)
    except msgspec.ValidationError as error:
        raise BadInput(f"{place}: {_lower(str(error)).replace('`$.', '`')}; correct it") from None
    if context.proxy is not None and parse_proxy(context.proxy, f"{place}: proxy").password is not None:
        raise BadInput(f"{place}: proxy holds a password, and this file holds no secrets; give it by KASTELLAN_PROXY")
    return context


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
