"""One check over one snapshot, for the cases of a check's tests."""

from __future__ import annotations

import random

from kastellan.checks.catalogue import all_checks
from kastellan.checks.evaluate import evaluate_all, evaluate_one, subjects_of
from kastellan.model.finding import CheckResult, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.missing_data_kit import Breach, broken_by
from kastellan.views.catalogue import all_views


def look(check: str, snapshot: Snapshot, **settings: float) -> CheckResult:
    """The result of the check with this id on the snapshot."""
    return evaluate_one(all_checks()[check], snapshot, all_views(packaged_releases()), settings)


def look_with_explanations(check: str, snapshot: Snapshot) -> CheckResult:
    """The result of the check evaluated with all checks that it follows from, so that its findings name their explanations."""
    registered = all_checks()
    names = (check, *registered[check].check.follows_from)
    results = evaluate_all(snapshot, {name: registered[name] for name in names}, all_views(packaged_releases()))
    return next(result for result in results if result.check == check)


def verdicts(check: str, snapshot: Snapshot) -> dict[Subject, Verdict]:
    """Every subject of the check with its verdict."""
    return subjects_of(all_checks()[check], snapshot, all_views(packaged_releases()))


def breaches(check: str, *snapshots: Snapshot) -> list[Breach]:
    """Where the check breaks the law of missing data on these snapshots; empty when it keeps it."""
    judgement = all_checks()[check]
    views = all_views(packaged_releases())
    violations: list[Breach] = []
    for snapshot in snapshots:
        violations += broken_by(judgement, snapshot, views, random.Random(7), rounds=3)  # noqa: S311  (the same losses every time)
    return violations
