"""Keys and values of a properties file, with a memory of which keys were asked for."""

from __future__ import annotations

from collections.abc import Mapping

from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret


class Settings:
    """The settings of one file. What nobody asked for is left in `unused`, so that no setting is passed over silently."""

    def __init__(self, values: Mapping[str, str], name: str) -> None:
        self.name = name
        self._values = values
        self._used: set[str] = set()

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key, in order."""
        return tuple(self._values)

    def has(self, key: str) -> bool:
        """Whether a key is written down; does not count as use."""
        return key in self._values

    def raw(self, key: str) -> str | None:
        """The value as written, an empty one too; None for a key that is absent."""
        self._used.add(key)
        found = self._values.get(key)
        if found is not None and found.startswith("${") and found.rstrip().endswith("}"):
            raise BadInput(
                f"{self.name} sets {key} to a reference for a config provider, which Kastellan does not resolve; "
                "write the value into a file that only you can read"
            )
        return found

    def text(self, key: str) -> str | None:
        """The value without spaces around it; None for a key that is absent or empty."""
        return (self.raw(key) or "").strip() or None

    def secret(self, key: str) -> Secret | None:
        """A value that must not print; Kafka's clients take passwords as they are written."""
        found = self.raw(key)
        return Secret(found) if found else None

    def milliseconds(self, key: str) -> float | None:
        """A duration, in seconds. Raises BadInput that names the key and not the value."""
        text = self.text(key)
        if text is None and key not in self._values:
            return None
        if text is None or not (text.isascii() and text.isdecimal()) or int(text) == 0:
            raise BadInput(f"{self.name} sets {key} to something that is no number of milliseconds; correct it")
        return int(text) / 1000

    def true(self, key: str) -> bool:
        """Whether a value says true."""
        return (self.text(key) or "").lower() == "true"

    def unused(self) -> tuple[str, ...]:
        """The keys that nobody asked for, sorted."""
        return tuple(sorted(set(self._values) - self._used))
