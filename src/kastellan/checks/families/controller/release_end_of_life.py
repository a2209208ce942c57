"""A broker runs a release line that the project no longer maintains.

**What it means.** Apache Kafka makes corrections for its last three minor releases. An older line gets no more fixes, not
even for vulnerabilities, save by exception. It goes on working; the first defect that bites needs an upgrade under
pressure.

**What it looks like**

    $ kafka-broker-api-versions.sh --bootstrap-server b1:9092 --version
    4.0.1

**When it is wrong.** Vendors maintain lines for longer than the project does (Confluent Platform, Red Hat, Amazon MSK):
where you run such a distribution, its calendar counts and not this one. What is named is the line of the software, by the
highest metadata.version that a broker supports; brokers before 3.0 and other products tell none, and stay unknown. The
calendar is data that came with Kastellan, of the day that is named with each finding: once it is old, a line that it calls
maintained is unknown until the data is renewed (`docs/how-to/refresh-release-data.md`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from kastellan.checks.check import Check, Setting, Verdicts
from kastellan.checks.text_exprs import brokers_text
from kastellan.engine.needs import Moment
from kastellan.model.finding import Severity
from kastellan.reference.releases import OLD_AFTER_DAYS
from kastellan.views.broker_releases import BrokerReleases
from kastellan.views.release_lines import ReleaseLine, ReleaseLines

CHECK = Check(
    id="controller.release_end_of_life",
    title="Release line is no longer maintained",
    severity=Severity.INFO,
    observed="{who_runs_what}; release data of {as_of}",
    expected="one of {supported}",
    impact="Defects and vulnerabilities of this line are not corrected any more.",
    do=(
        "Plan the upgrade to a maintained line: read its upgrade notes, upgrade one node at a time, and raise the features "
        "with kafka-features.sh once all of them run it."
    ),
    do_not=(
        "Do not go from ZooKeeper to 4.x in one step: 3.9 in KRaft mode lies between. Do not raise metadata.version before "
        "every node was upgraded: there may be no way back."
    ),
    verify="kastellan doctor --only controller.release_end_of_life",
    undo="Until the features were raised, the former version can be put back, one node at a time.",
    settings=(
        Setting(
            name="grace_days",
            default=365,
            unit="days",
            meaning="how long after its end a line has severity info only",
            low=0,
            high=3650,
        ),
        Setting(
            name="max_age_days",
            default=OLD_AFTER_DAYS,
            unit="days",
            meaning="from this age on the release data is too old to call a line maintained",
            low=1,
            high=3650,
        ),
    ),
    # Whoever else is seen: a line that has ended has ended.
    monotone=True,
    kafka="3.0 or newer (older ones do not tell)",
    references=("https://cwiki.apache.org/confluence/display/KAFKA/Time+Based+Release+Plan",),
)


def evaluate(releases: BrokerReleases, lines: ReleaseLines, now: Moment, *, grace_days: float, max_age_days: float) -> Verdicts:
    """Fails where a broker's line has ended; null where none has and one was not seen, or where the data is too old."""
    lines_by_name = {line.line: line for line in lines.rows}
    rows = list(releases.df.select("broker", "line", "newer", "away").sort("broker").iter_rows())
    ended = [(broker, lines_by_name[line]) for broker, line, _, _ in rows if line in lines_by_name and lines_by_name[line].ended]
    # A broker that is away need not tell, but one must have.
    silent = not any(line or newer for _, line, newer, _ in rows) or any(
        not (line or newer or away) for _, line, newer, away in rows
    )
    as_of = max((line.as_of for line in lines.rows), default="?")
    old = bool(lines.rows) and _days(now, as_of) > max_age_days
    why = _why(as_of, silent=silent) if silent or old else None
    longest = max((_days(now, line.ended or as_of) for _, line in ended), default=0)
    return Verdicts.cluster(
        fails=True if ended else None if why else False,
        why=None if ended else why,
        severity=(Severity.WARNING if longest > grace_days else Severity.INFO).value,
        who_runs_what=_ended_text(ended),
        supported=", ".join(line.line for line in lines.rows if line.supported),
        as_of=as_of,
    )


def _days(now: Moment, day: str) -> float:
    """Days from a day to now."""
    return (datetime.fromtimestamp(now.at_ms / 1000, UTC).date() - date.fromisoformat(day)).days


def _why(as_of: str, *, silent: bool) -> str:
    if silent:
        return "a broker did not tell the release line of its software"
    return f"the release data is of {as_of} and too old to call a line maintained; name a newer file in KASTELLAN_RELEASES"


def _ended_text(ended: list[tuple[int, ReleaseLine]]) -> str:
    by_line: dict[str, list[int]] = {}
    until: dict[str, str] = {}
    for broker, line in ended:
        by_line.setdefault(line.line, []).append(broker)
        until[line.line] = line.ended or ""
    return "; ".join(
        f"Kafka {line} on {brokers_text(ids)}, maintained until {until[line]}" for line, ids in sorted(by_line.items())
    )
