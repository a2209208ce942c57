"""Redact a bundle, or a report, so that it may leave: pseudonyms in the place of names, the map kept apart."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import NamedTuple

import msgspec

from kastellan.app.reference_data import read_providers
from kastellan.app.snapshots.files import check_target, load, save, write_whole
from kastellan.findings.check_plan import CheckPlan
from kastellan.findings.stages import (
    CheckRun,
    Context,
    Draft,
    confirm_suspects,
    diagnose,
    judge,
    report_on,
    summarize,
    with_earlier_results,
)
from kastellan.findings.waivers import NO_POLICY
from kastellan.kernel.errors import BadInput
from kastellan.model.changes import Became, Changes, Configured, Grown, Membership, Moved
from kastellan.model.finding import Finding, Waived
from kastellan.model.report import Past, Report
from kastellan.model.text_kind import TextKind
from kastellan.redaction.pseudonyms import Pseudonyms
from kastellan.redaction.redact import redact_snapshot, redact_subject

_LEAST_KEY_BYTES = 16
_MOST_KEY_BYTES = 1024**2


class Redacted(NamedTuple):
    """What was written: the file's size, the number of names that went, and the redaction's id."""

    size_bytes: int
    names: int
    id: str


def key_from(path: Path | None) -> bytes:
    """The key in a file, or a random one. Raises BadInput for a file that is no key."""
    if path is None:
        return secrets.token_bytes(32)
    try:
        if not path.is_file():
            raise BadInput(f"{path} is no file; give one with a random key (`head -c 32 /dev/urandom > redaction.key`)")
        size = path.stat().st_size
        if not _LEAST_KEY_BYTES <= size <= _MOST_KEY_BYTES:
            raise BadInput(f"{path} has {size} bytes; a key has at least {_LEAST_KEY_BYTES}, from a random source")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read the key {path}: {error.strerror or error}") from None


def redact(source: Path, target: Path, names: Path, key: bytes) -> Redacted:
    """Writes `target` with the pseudonyms of `source`, and `names`, the map that gives the names back."""
    for path in (target, names):
        check_target(path)
    if len({source.resolve(), target.resolve(), names.resolve()}) < 3:  # noqa: PLR2004
        raise BadInput("the bundle, the redacted bundle and the map are three files; give each a name of its own")
    if names.exists():
        raise BadInput(f"{names} exists, and may be the only way back to other names; give another file for the map")
    loaded = load(source)
    pseudonyms = Pseudonyms(key)
    without = redact_snapshot(loaded.snapshot, pseudonyms, read_providers())
    name_map = pseudonyms.map()
    # The map first: a redacted bundle without its map would be of no use to its owner.
    write_whole(names, msgspec.json.format(msgspec.json.encode(name_map), indent=1))
    return Redacted(save(without, target, redaction=name_map.id), len(name_map.names), name_map.id)


def redacted_run(run: CheckRun, plan: CheckPlan, key: bytes) -> CheckRun:
    """The run as it may leave: judged anew from the redacted snapshots, with its decisions and its history carried over."""
    names = Pseudonyms(key)
    snapshot = msgspec.structs.replace(redact_snapshot(run.snapshot, names, plan.reference.providers), cost=run.report.cost)
    plan = msgspec.structs.replace(plan, policy=NO_POLICY)
    context = with_earlier_results(Context(plan, snapshot, collections=run.report.collections))
    judged = judge(context)

    def carry_decisions(draft: Draft, _: Context) -> Draft:
        return _copy_decisions(draft, judged, run.report, names)

    return report_on(judged, context, (confirm_suspects, carry_decisions, diagnose, summarize))


def _copy_decisions(draft: Draft, judged: Draft, report: Report, names: Pseudonyms) -> Draft:
    """The redacted draft with what the report says of each finding; its notes may hold names and are left out."""
    originals = {(finding.check, redact_subject(finding.subject, names)): finding for finding in report.findings}
    results = tuple(
        msgspec.structs.replace(
            result,
            findings=tuple(_like(finding, originals.get((finding.check, finding.subject)), names) for finding in result.findings),
        )
        for result in draft.results
    )
    # What is said of the provider holds nothing of the cluster itself.
    notes = (f"names in this report are pseudonyms (redaction {names.id})", *judged.notes)
    return draft._replace(results=results, past=_past(report.past, names) if report.past else None, notes=notes)


def _like(finding: Finding, original: Finding | None, names: Pseudonyms) -> Finding:
    if original is None:
        return finding
    waived = original.waived
    return msgspec.structs.replace(
        finding,
        severity=original.severity,
        confirmed=original.confirmed,
        since_ms=original.since_ms,
        news=original.news,
        waived=Waived(names.user(waived.owner), names.reason(waived.reason), waived.expires) if waived else None,
    )


def _past(past: Past, names: Pseudonyms) -> Past:
    gone = tuple(msgspec.structs.replace(record, subject=redact_subject(record.subject, names)) for record in past.gone)
    return msgspec.structs.replace(past, gone=gone, changes=changes_redacted(past.changes, names))


def changes_redacted(changes: Changes, names: Pseudonyms) -> Changes:
    """The changes under their pseudonyms."""

    def became(changes: tuple[Became, ...]) -> tuple[Became, ...]:
        return tuple(Became(subject=redact_subject(change.subject, names), how=change.how) for change in changes)

    return msgspec.structs.replace(
        changes,
        brokers=became(changes.brokers),
        topics=became(changes.topics),
        groups=became(changes.groups),
        acls=became(changes.acls),
        leaders=tuple(
            Moved(
                before=way.before,
                now=way.now,
                partitions=way.partitions,
                examples=tuple(redact_subject(part, names) for part in way.examples),
            )
            for way in changes.leaders
        ),
        grown=tuple(Grown(topic=names.topic(topic.topic), before=topic.before, now=topic.now) for topic in changes.grown),
        configs=tuple(
            Configured(
                subject=redact_subject(change.subject, names),
                config=names.config(change.config),
                before=names.value(change.before, change.config),
                now=names.value(change.now, change.config),
            )
            for change in changes.configs
        ),
        members=tuple(
            Membership(group=names.of(TextKind.GROUP, member.group), joined=member.joined, left=member.left)
            for member in changes.members
        ),
    )
