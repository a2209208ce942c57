"""Published vulnerabilities by affected versions, as the release data knows them."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Rows
from kastellan.reference.releases import ReleaseData


class AffectedVersions(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability with one span of affected versions."""

    vulnerability: Annotated[str, About("CVE id")]
    first: Annotated[str, About("first affected version")]
    last: Annotated[str, About("last affected version")]
    where: Annotated[str, About("what must be upgraded: broker, client or connect; or documentation")]
    title: Annotated[str, About("what it is")]
    fixed: Annotated[str, About("versions that have the correction; empty where there is none to wait for")]
    condition: Annotated[str, About("what must hold for it to matter")]
    do: Annotated[str, About("the remedy")]
    sources: Annotated[str, About("where this is published")]
    as_of: Annotated[str, About("day of the release data")]


class Vulnerabilities(Rows[AffectedVersions], name="vulnerabilities", key=("vulnerability", "first"), row=AffectedVersions):
    """One row per vulnerability and span of versions; not of the cluster, so nothing of it can be unseen."""


def vulnerabilities(releases: ReleaseData) -> Vulnerabilities:
    """The vulnerabilities of the release data."""
    return Vulnerabilities(
        AffectedVersions(
            vulnerability=vulnerability.id,
            first=span.first,
            last=span.last,
            where=vulnerability.where,
            title=vulnerability.title,
            fixed=", ".join(vulnerability.fixed),
            condition=vulnerability.condition,
            do=vulnerability.do,
            sources=", ".join(vulnerability.sources),
            as_of=releases.as_of.isoformat(),
        )
        for vulnerability in releases.vulnerabilities
        for span in vulnerability.affected
    )
