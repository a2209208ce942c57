"""Published vulnerabilities by affected versions, as the release data in force knows them."""

from typing import Annotated

import msgspec

from kastellan.model.table import About, Rows
from kastellan.reference.releases import in_force


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


def vulnerabilities() -> Vulnerabilities:
    """The vulnerabilities of the release data in force."""
    data = in_force()
    return Vulnerabilities(
        AffectedVersions(
            vulnerability=each.id,
            first=span.first,
            last=span.last,
            where=each.where,
            title=each.title,
            fixed=", ".join(each.fixed),
            condition=each.condition,
            do=each.do,
            sources=", ".join(each.sources),
            as_of=data.as_of.isoformat(),
        )
        for each in data.vulnerabilities
        for span in each.affected
    )
