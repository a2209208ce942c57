"""Kafka's release lines, as the release data knows them."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Rows
from kastellan.reference.releases import Line, ReleaseData


class ReleaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One minor release."""

    line: Annotated[str, About("major and minor version")]
    released: Annotated[str, About("day of its first release, or the latest that it can have been")]
    latest: Annotated[str, About("its latest patch")]
    supported: Annotated[bool, About("it is among the last minor releases that the project maintains")]
    ended: Annotated[str | None, About("day on which a newer line pushed it out of these; null while supported")] = None
    first_level: Annotated[int | None, About("lowest metadata.version that it brought; null before KRaft")] = None
    last_level: Annotated[int | None, About("highest metadata.version that it brought")] = None
    as_of: Annotated[str, About("day of the release data")]


class ReleaseLines(Rows[ReleaseLine], name="release_lines", key=("line",), row=ReleaseLine):
    """One row per known line, the oldest first; not of the cluster, so nothing of it can be unseen."""


def release_lines(releases: ReleaseData) -> ReleaseLines:
    """The lines of the release data."""
    return ReleaseLines(_line(releases, line) for line in releases.lines)


def _line(data: ReleaseData, line: Line) -> ReleaseLine:
    ended = data.support_end(line)
    levels = [level.level for level in line.levels]
    return ReleaseLine(
        line=line.line,
        released=line.released.isoformat(),
        latest=line.latest,
        supported=ended is None,
        ended=ended.isoformat() if ended else None,
        first_level=min(levels, default=None),
        last_level=max(levels, default=None),
        as_of=data.as_of.isoformat(),
    )
