"""Keys and values of a properties file, read by type as Kafka's `ConfigDef` does, with a memory of which keys were read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from kastellan.kernel.errors import BadInput
from kastellan.kernel.secret import Secret

JAVA_BLANKS: Final = "".join(map(chr, range(0x21)))
"""What Java's `String.trim` takes away: everything up to the space, and no other white space."""
_INTEGER: Final = re.compile(r"[+-]?\d+")
_COMMA: Final = re.compile(r"\s*,\s*", re.ASCII)
_MOST_INT: Final = 2**31 - 1


class Settings:
    """The settings of one file. Keys that were not read are in `unused_keys`, so that no setting is dropped silently.

    Every value is trimmed, passwords too, as Kafka's clients do it with typed settings.
    """

    def __init__(self, values: Mapping[str, str], name: str, failures: Mapping[str, str] | None = None) -> None:
        """`failures` has a sentence for each key whose value could not be resolved; reading it raises BadInput."""
        self.name = name
        self._failures = failures or {}
        self._values = values
        self._used: set[str] = set()
        self._notes: list[str] = []

    def __repr__(self) -> str:
        return f"Settings({self.name!r}, {len(self._values)} keys)"

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key, in order."""
        return tuple(self._values)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noted while the settings were read, one sentence each."""
        return tuple(self._notes)

    def note(self, sentence: str) -> None:
        """Keep a sentence for the user; it must not hold a value."""
        if sentence not in self._notes:
            self._notes.append(sentence)

    def java_refuses(self, reason: str) -> None:
        """Note that Kastellan serves what a Java client refuses, and why that is."""
        self.note(f"a Java client refuses {self.name} because {reason}")

    def has(self, key: str) -> bool:
        """Whether a key is written down; does not count as use."""
        return key in self._values

    def peek(self, key: str) -> str:
        """The trimmed value, empty for an absent key; does not count as use."""
        return self._values.get(key, "").strip(JAVA_BLANKS)

    def written(self, key: str) -> str | None:
        """The trimmed value, an empty one too; None for a key that is absent."""
        self._used.add(key)
        if key in self._failures:
            raise BadInput(self._failures[key])
        value = self._values.get(key)
        return None if value is None else value.strip(JAVA_BLANKS)

    def text(self, key: str) -> str | None:
        """The trimmed value; None for a key that is absent or empty."""
        return self.written(key) or None

    def text_or_refused(self, key: str) -> str | None:
        """As `text`, for a key that Java does not take empty."""
        value = self.written(key)
        if value == "":
            self.java_refuses(f"{key} is empty; remove the line")
        return value or None

    def secret(self, key: str) -> Secret | None:
        """A value that must not print, trimmed; an empty one is a secret too."""
        value = self.written(key)
        return Secret(value) if value is not None else None

    def duration_s(self, key: str) -> float | None:
        """Milliseconds as seconds; 0 too. Raises BadInput that names the key and not the value."""
        value = self.written(key)
        if value is None:
            return None
        number = integer(value)
        if number is None or not 0 <= number <= _MOST_INT:
            raise BadInput(f"{self.name} sets {key} to something that is no number of milliseconds; correct it")
        return number / 1000

    def is_true(self, key: str) -> bool:
        """Whether a value says true."""
        return (self.text(key) or "").lower() == "true"

    def unused_keys(self) -> tuple[str, ...]:
        """The keys that were not read, sorted."""
        return tuple(sorted(set(self._values) - self._used))


def integer(text: str) -> int | None:
    """The number that Java's `parseInt` and `parseLong` read, whatever its size; None for what is none."""
    return int(text) if _INTEGER.fullmatch(text) else None


def items(text: str) -> tuple[str, ...]:
    """The items of a comma-separated value as `ConfigDef` splits it; an empty one among them is refused by Java."""
    return tuple(_COMMA.split(text)) if text else ()
