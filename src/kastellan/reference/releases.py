"""Kafka's releases: a dated file, each entry with its sources.

Which lines exist and are supported, which vulnerabilities they have, which configs they dropped, which feature levels
they bring. It comes with Kastellan (`releases.json`) and ages: it says of when it is, and whoever rests a verdict on it
says so too. Where the internet is out of reach another file takes its place.

Times are dates (UTC). Sources: those that each entry names.
"""

from __future__ import annotations

from datetime import date

import msgspec

from kastellan.kernel.errors import BadInput
from kastellan.reference.age import age_days

SCHEMA = "kastellan.releases/1"
PACKAGED = "the release data that came with Kastellan"
OLD_AFTER_DAYS = 180
"""From this age on what the data does not list may well exist: a newer line, an end of support, a vulnerability."""

Version = tuple[int, ...]


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level of metadata.version; `changes_metadata` (it forbids a downgrade past it) is None where no source tells."""

    level: int
    name: str
    changes_metadata: bool | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A minor release with its patches; dates without an exact source are the latest possible, as `note` then says."""

    line: str
    released: date
    latest: str
    latest_released: date | None = None
    note: str = ""
    levels: tuple[Level, ...] = ()
    sources: tuple[str, ...]


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Versions from `first` to `last`, both included."""

    first: str
    last: str


class Vulnerability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published vulnerability.

    `where` is the part that must be upgraded: broker, client or connect; documentation where only what was written was
    wrong, so that no version tells.
    """

    id: str
    title: str
    where: str
    affected: tuple[Span, ...]
    fixed: tuple[str, ...]
    condition: str
    do: str
    sources: tuple[str, ...]


class ConfigChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A config that a line deprecated or no longer knows.

    `removed` is the first line of which a source tells that it does not know the config; it may be gone for longer.
    `hidden` says why DescribeConfigs cannot tell that it is set.
    """

    config: str
    scope: str
    deprecated: str | None = None
    removed: str | None = None
    planned: str | None = None
    replacement: str
    hidden: str = ""
    sources: tuple[str, ...]


class FeatureLevel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one level of a feature means, from which metadata.version new clusters have it, and which one it needs."""

    feature: str
    level: int
    default_from: str | None = None
    needs_metadata: int | None = None
    meaning: str
    sources: tuple[str, ...]


class ReleaseData(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    schema: str
    as_of: date
    supported_lines: int
    policy: str
    lines: tuple[Line, ...]
    vulnerabilities: tuple[Vulnerability, ...]
    configs: tuple[ConfigChange, ...]
    features: tuple[FeatureLevel, ...] = ()

    def age_days(self, at_ms: int) -> int:
        """The age of the data in whole days; 0 when its date lies in the future."""
        return age_days(self.as_of, at_ms)

    def outdated_broker_keys(self) -> tuple[str, ...]:
        """The changed configs of brokers that DescribeConfigs reports: few keys, and a few bytes where they are not set."""
        return tuple(change.config for change in self.configs if change.scope == "broker" and not change.hidden)

    def support_end(self, line: Line) -> date | None:
        """When the project's rule ended the line's support: the day on which the line appeared that pushed it out."""
        newer = [other for other in self.lines if version_of(other.line) > version_of(line.line)]
        return newer[self.supported_lines - 1].released if len(newer) >= self.supported_lines else None


def version_of(text: str) -> Version:
    """A version as numbers, for comparing.

    >>> version_of("3.10.0") > version_of("3.9.2")
    True
    """
    return tuple(int(number) for number in text.split("."))


def parse(data: bytes, name: str) -> ReleaseData:
    """The release data in the bytes of a file called `name`. Raises BadInput in one sentence for invalid data."""
    try:
        releases = msgspec.json.decode(data, type=ReleaseData)
    except msgspec.DecodeError as error:
        reason = str(error).partition("\n")[0]
        raise BadInput(f"{name} is no release data: {reason}; take the file of a newer Kastellan or correct it") from None
    problem = _problem(releases)
    if problem:
        raise BadInput(f"{name} is no release data: {problem}; take the file of a newer Kastellan or correct it")
    return releases


def _problem(data: ReleaseData) -> str:
    """The first invalid value, as part of a sentence; empty when all values are valid."""
    if data.schema != SCHEMA:
        return f"its schema is {data.schema[:40]!r} and not {SCHEMA!r}"
    if data.supported_lines < 1:
        return "supported_lines is below 1"
    for text in _versions(data):
        if not all(number.isascii() and number.isdecimal() for number in text.split(".")):
            return f"{text[:40]!r} is no version"
    lines = [version_of(line.line) for line in data.lines]
    if not lines or lines != sorted(set(lines)):
        return "its lines are not in rising order"
    levels = [level.level for line in data.lines for level in line.levels]
    if levels != sorted(set(levels)):
        return "the levels of metadata.version are not in rising order"
    wide = next(
        (vulnerability.id for vulnerability in data.vulnerabilities for span in vulnerability.affected if not _rising(span)), None
    )
    if wide:
        return f"a span of {wide} ends before it begins"
    return _duplicate(data) or _missing_source(data)


def _rising(span: Span) -> bool:
    return version_of(span.first) <= version_of(span.last)


def _versions(data: ReleaseData) -> list[str]:
    versions = [text for vulnerability in data.lines for text in (vulnerability.line, vulnerability.latest)]
    for vulnerability in data.vulnerabilities:
        versions += [*vulnerability.fixed, *(text for span in vulnerability.affected for text in (span.first, span.last))]
    for change in data.configs:
        versions += [text for text in (change.deprecated, change.removed, change.planned) if text is not None]
    return versions


def _duplicate(data: ReleaseData) -> str:
    ids = [vulnerability.id for vulnerability in data.vulnerabilities]
    keys = [f"{change.scope} {change.config}" for change in data.configs]
    for names in (ids, keys):
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            return f"{twice} stands there twice"
    return ""


def _missing_source(data: ReleaseData) -> str:
    entries = (
        *((f"line {line.line}", line.sources) for line in data.lines),
        *((vulnerability.id, vulnerability.sources) for vulnerability in data.vulnerabilities),
        *((change.config, change.sources) for change in data.configs),
        *((f"{level.feature} {level.level}", level.sources) for level in data.features),
    )
    return next((f"{name} names no source" for name, sources in entries if not sources), "")
