"""What an organisation decided about findings: waivers with owner, reason and last day, and other severities.

A waiver never hides: the finding is told with who accepted it and until when, and it counts as failed again from the
day after. What matches nothing is told too, so that the file does not rot.

    [[waiver]]
    check = "replication.single_replica"     # a check or a family
    subject = "topic/scratch-*"              # the finding's subject, with * and ?; left out: every one
    owner = "team-data"
    reason = "scratch topics can be made anew"
    expires = 2027-03-31

    [severity]
    "topology.one_rack" = "info"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import NamedTuple

import msgspec

from kastellan.checks.check import Check
from kastellan.kernel.errors import BadInput
from kastellan.kernel.units import plural
from kastellan.model.finding import CheckResult, Finding, Severity, Verdict, Waived

_MOST_BYTES = 1024**2
_SOON = timedelta(days=7)


class Waiver(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Findings of a check or family on matching subjects that are accepted up to and including the day `expires`."""

    check: str
    owner: str
    reason: str
    expires: date
    subject: str = "*"

    def covers(self, finding: Finding) -> bool:
        """True for a finding that is meant."""
        named = self.check in (finding.check, finding.check.partition(".")[0])
        return named and fnmatchcase(finding.subject.text, self.subject)

    @property
    def text(self) -> str:
        """The waiver as a sentence names it."""
        of = "" if self.subject == "*" else f" on {self.subject}"
        return f"the waiver of {self.check}{of} ({self.owner})"


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    waiver: tuple[Waiver, ...] = ()
    severity: Mapping[str, Severity] = {}


NO_POLICY = Policy()


def policy_of(data: bytes, name: str, checks: Mapping[str, Check]) -> Policy:
    """The policy in the bytes of a TOML file called `name`.

    Raises BadInput for bytes that are none, a waiver without owner, reason or last day, and a check that does not exist.
    """
    if len(data) > _MOST_BYTES:
        raise BadInput(f"{name} is larger than 1 MiB; give a waiver file (TOML)")
    try:
        policy = msgspec.convert(tomllib.loads(data.decode()), Policy)
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not text; give a waiver file (TOML)") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name} is not TOML: {error}; correct it") from None
    except msgspec.ValidationError as error:
        raise BadInput(f"{name}: {_where(str(error))}; correct it") from None
    families = {check.family for check in checks.values()}
    for number, waiver in enumerate(policy.waiver, 1):
        if waiver.check not in checks and waiver.check not in families:
            raise BadInput(
                f"{name}: waiver {number} names {waiver.check!r}, which is no check or family; see `kastellan explain`"
            )
        if not (waiver.owner.strip() and waiver.reason.strip() and waiver.subject.strip()):
            raise BadInput(f"{name}: waiver {number} ({waiver.check}) needs an owner, a reason and a subject that are not empty")
    for check in policy.severity:
        if check not in checks:
            raise BadInput(f"{name}: [severity] names {check!r}, which is no check; see `kastellan explain`")
    return policy


def regrade(results: Iterable[CheckResult], policy: Policy) -> tuple[CheckResult, ...]:
    """The results in which findings have the severities that the policy gives them."""
    return tuple(_with_severity(result, policy.severity.get(result.check)) for result in results)


def _with_severity(result: CheckResult, severity: Severity | None) -> CheckResult:
    if severity is None or not result.findings:
        return result
    findings = tuple(msgspec.structs.replace(finding, severity=severity) for finding in result.findings)
    return msgspec.structs.replace(result, findings=findings)


class WaivedResults(NamedTuple):
    """The results with their waived findings marked, and what is to be said about the policy itself."""

    results: tuple[CheckResult, ...]
    notes: tuple[str, ...]


def apply_waivers(results: Iterable[CheckResult], policy: Policy, today: date) -> WaivedResults:
    """Marks the findings that a waiver covers on this day; the first waiver that covers one is the one told."""
    listed = tuple(results)
    valid = [waiver for waiver in policy.waiver if waiver.expires >= today]
    used: set[int] = set()
    marked = tuple(_mark_waived(result, valid, used) for result in listed) if valid else listed
    return WaivedResults(marked, tuple(_notes(listed, policy, valid, used, today)))


def _mark_waived(result: CheckResult, valid: list[Waiver], used: set[int]) -> CheckResult:
    family = result.check.partition(".")[0]
    meant = [(number, waiver) for number, waiver in enumerate(valid) if waiver.check in (result.check, family)]
    if not meant or not result.findings:
        return result

    def mark(finding: Finding) -> Finding:
        covering = [(number, waiver) for number, waiver in meant if waiver.covers(finding)]
        if not covering:
            return finding
        used.update(number for number, _ in covering)
        first = covering[0][1]
        return msgspec.structs.replace(finding, waived=Waived(first.owner, first.reason, first.expires.isoformat()))

    return msgspec.structs.replace(result, findings=tuple(mark(finding) for finding in result.findings))


def _notes(results: tuple[CheckResult, ...], policy: Policy, valid: list[Waiver], used: set[int], today: date) -> Iterable[str]:
    judged = {result.check: result for result in results}
    for waiver in policy.waiver:
        if waiver.expires < today:
            yield f"{waiver.text} ended on {waiver.expires}: its findings count again; renew it or take it out"
    for number, waiver in enumerate(valid):
        meant = [result for name, result in judged.items() if waiver.check in (name, name.partition(".")[0])]
        unknown = sum(result.counts.get(Verdict.UNKNOWN, 0) for result in meant)
        if number in used:
            left = waiver.expires - today
            if left <= _SOON:
                yield f"{waiver.text} ends " + (f"in {plural(left.days, 'day')}" if left else "today")
        elif meant:
            why = f" ({plural(unknown, 'verdict')} unknown)" if unknown else ""
            yield f"{waiver.text} covers no finding{why}" + ("" if unknown else "; take it out when that lasts")
    idle = [name for name in policy.severity if name in judged and not judged[name].findings]
    if idle:
        yield f"a severity is set and there is no finding to give it to: {', '.join(idle)}"


def _where(message: str) -> str:
    """Our words for a decoder's sentence: the place first."""
    error, _, place = message.partition(" - at `$")
    table = place.rstrip("`").lstrip(".")
    return f"{table}: {error}" if table else error
