"""A last stable offset that stands."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.commits import Commits
from kastellan.model.tables.last_stable_offsets import LastStableOffsets
from kastellan.model.tables.offsets import Offsets
from kastellan.model.tables.transaction_partitions import TransactionPartitions
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import AT_MS, add, edit, healthy

CHECK = "transactions.stuck_last_stable_offset"
ONE = {"topic": "orders", "partition": 1}
ORDERS_1 = Subject("partition", ("orders", 1))
EARLIER = AT_MS - 60_000


def held(stable: int | None = 900, latest: int | None = 1000, at_ms: int = AT_MS) -> Snapshot:
    snapshot = edit(healthy(at_ms=at_ms), LastStableOffsets, ONE, last_stable=stable)
    return edit(edit(snapshot, Offsets, ONE, latest=latest), Commits, ONE, committed=stable)


def test_fires_and_says_by_whom_and_for_whom() -> None:
    now = add(held(), TransactionPartitions, {"transactional_id": "payer-1", **ONE, "start_offset": 900})
    (found,) = look(CHECK, now.after(held(latest=950, at_ms=EARLIER))).findings
    assert (found.subject, found.severity) == (ORDERS_1, Severity.WARNING)
    assert found.observed == (
        "last stable offset 900 for 1 min while 50 offsets came, 100 held back by payer-1; groups that stand there: billing"
    )


def test_a_transaction_that_began_later_does_not_hold_the_partition() -> None:
    opened = [{"transactional_id": f"payer-{start}", **ONE, "start_offset": start} for start in (900, 950)]
    (found,) = look(CHECK, add(held(), TransactionPartitions, *opened).after(held(latest=950, at_ms=EARLIER))).findings
    assert "100 held back by payer-900;" in found.observed


def test_fires_without_the_right_to_describe_transactions() -> None:
    (found,) = look(CHECK, edit(held(), Commits, ONE, committed=100).after(held(latest=950, at_ms=EARLIER))).findings
    assert found.observed.endswith("100 held back")


def test_does_not_fire_where_it_moves_or_nothing_comes_or_nothing_is_held() -> None:
    moves = held().after(held(800, 950, EARLIER))
    quiet = held().after(held(at_ms=EARLIER))
    level = held(1000).after(held(1000, 950, EARLIER))
    for snapshot in (moves, quiet, level, healthy()):
        assert look(CHECK, snapshot).counts == {Verdict.PASS: 6}


def test_cannot_see_without_an_earlier_look_asks_for_one_only_where_something_is_held() -> None:
    result = look(CHECK, held())
    assert result.counts == {Verdict.PASS: 5, Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason.startswith("needs an earlier look: an open transaction holds it back")


def test_cannot_see_an_end_is_unknown() -> None:
    assert verdicts(CHECK, held(None).after(held(900, 950, EARLIER)))[ORDERS_1] is Verdict.UNKNOWN


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, held().after(held(latest=950, at_ms=EARLIER))) == []
