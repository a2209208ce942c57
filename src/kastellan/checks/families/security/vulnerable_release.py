"""The release that brokers run has a published vulnerability.

**What it means.** Apache Kafka has published a vulnerability of this release line, and every patch of the line that is
known has it. Whether it can be used depends on the condition that is named with the finding: a listener, a permission, a
log level. Read that first.

**What it looks like**

    CVE-2024-56128: SCRAM authentication vulnerable to replay attacks when used without encryption
    Affected: Apache Kafka from 0.10.2.0 before 3.7.2, and 3.8.0

**When it is wrong.** No request returns the patch of a broker: where a line is affected up to some patch and corrected in a
later one, the answer is unknown, with the patch from which on all is well; ask `kafka-broker-api-versions.sh --version` on
the broker's machine. Vendors correct older lines themselves; their advisories count then. Vulnerabilities of clients and
of Kafka Connect are not judged here: the protocol does not tell an administrator which software a client is. The list is
data that came with Kastellan, of the day that is named; when it is old, nothing is acquitted
(`docs/how-to/refresh-release-data.md`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import brokers_text
from kastellan.engine.needs import Moment
from kastellan.model.finding import Severity
from kastellan.reference.releases import OLD_AFTER_DAYS, version_of
from kastellan.views.broker_releases import BrokerReleases
from kastellan.views.release_lines import ReleaseLine, ReleaseLines
from kastellan.views.vulnerabilities import AffectedVersions, Vulnerabilities

CHECK = Check(
    id="security.vulnerable_release",
    title="Release has a known vulnerability",
    severity=Severity.WARNING,
    observed="{what}: Kafka {lines} on {on}; it matters with {condition}",
    expected="a release that has the correction ({fixed})",
    impact="{what}, where {condition}.",
    do=(
        "Read the advisory by its number on https://kafka.apache.org/community/cve-list/ and see whether its condition holds "
        "here. If it does, close the condition now; then upgrade to a release with the correction."
    ),
    do_not="Do not upgrade in haste past a line that the upgrade notes ask you to stop at; close the condition first.",
    verify="kastellan doctor --only security.vulnerable_release",
    settings=(
        Setting(
            name="max_age_days",
            default=OLD_AFTER_DAYS,
            unit="days",
            meaning="from this age on the release data is too old to acquit a release",
            low=1,
            high=3650,
        ),
    ),
    # One broker that has it is enough.
    monotone=True,
    kafka="3.0 or newer (older ones do not tell)",
    references=("https://kafka.apache.org/community/cve-list/", "https://security.apache.org/projects/kafka/"),
)

_FACTS = ("what", "condition", "fixed", "remedy", "lines", "on", "sources", "as_of")


def evaluate(
    releases: BrokerReleases,
    lines: ReleaseLines,
    vulnerabilities: Vulnerabilities,
    now: Moment,
    *,
    max_age_days: float,
) -> Verdicts:
    """Fails where every known patch of a broker's line has it; null where some have, or the line was not seen."""
    lines_by_name = {line.line: line for line in lines.rows}
    of_line: dict[str | None, list[int]] = defaultdict(list)
    for broker, line, away in releases.df.select("broker", "line", "away").iter_rows():
        # A broker that is away need not tell.
        if line is not None or not away:
            of_line[line].append(broker)
    spans: dict[str, list[AffectedVersions]] = defaultdict(list)
    for row in vulnerabilities.rows:
        if row.where == "broker":
            spans[row.vulnerability].append(row)
    untold = _untold(of_line, now, max_age_days, max((line.as_of for line in lines.rows), default=None))
    running = {lines_by_name[line]: ids for line, ids in of_line.items() if line is not None and line in lines_by_name}
    return Verdicts.rows("vulnerability", (_verdict(value, running, untold) for value in spans.values()), facts=_FACTS)


def _untold(of_line: dict[str | None, list[int]], now: Moment, max_age_days: float, as_of: str | None) -> str | None:
    """Why nothing may be acquitted, if so."""
    if not of_line or None in of_line:
        return "a broker did not tell the release line of its software, or it is newer than the release data"
    if as_of is None:
        return "there is no release data"
    age_days = (datetime.fromtimestamp(now.at_ms / 1000, UTC).date() - date.fromisoformat(as_of)).days
    return (
        f"the release data is of {as_of} and too old to acquit a release; name a newer file in KASTELLAN_RELEASES"
        if age_days > max_age_days
        else None
    )


def _verdict(spans: list[AffectedVersions], running: dict[ReleaseLine, list[int]], untold: str | None) -> dict[str, Any]:
    first = spans[0]
    covered = [line for line in running if any(_covers(span, line) for span in spans)]
    partly = [line for line in running if line not in covered and any(_touches(span, line) for span in spans)]
    why = untold
    if partly and not covered:
        up_to = "; ".join(f"Kafka {line.line} has it up to {_last(spans, line)}" for line in partly)
        why = f"{up_to} ({first.vulnerability}), and no request returns the patch of a broker"
    return {
        "vulnerability": first.vulnerability,
        "fails": True if covered else None if why else False,
        "why": None if covered else why,
        "what": first.title,
        "condition": first.condition,
        "fixed": first.fixed or "none yet",
        "remedy": first.do,
        "lines": ", ".join(line.line for line in covered),
        "on": brokers_text(broker for line in covered for broker in running[line]),
        "sources": first.sources,
        "as_of": first.as_of,
    }


def _covers(span: AffectedVersions, line: ReleaseLine) -> bool:
    """Every known patch of the line lies in the span."""
    lowest, highest = version_of(f"{line.line}.0"), version_of(line.latest)
    return version_of(span.first) <= lowest and highest <= version_of(span.last)


def _touches(span: AffectedVersions, line: ReleaseLine) -> bool:
    """Some known patch of the line lies in the span."""
    lowest, highest = version_of(f"{line.line}.0"), version_of(line.latest)
    return version_of(span.first) <= highest and lowest <= version_of(span.last)


def _last(spans: Iterable[AffectedVersions], line: ReleaseLine) -> str:
    return max((span.last for span in spans if _touches(span, line)), key=version_of)
