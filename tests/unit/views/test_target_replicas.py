from __future__ import annotations

from kastellan.engine.needs import Need
from kastellan.engine.resolver import Resolver
from kastellan.model.snapshot import Snapshot
from kastellan.model.table import Unseen
from kastellan.model.tables.reassignments import Reassignments
from kastellan.testing.snapshots import add, failed_answer, healthy, rebuilt
from kastellan.views.catalogue import all_views
from kastellan.views.target_replicas import TargetReplicas

ONE = {"topic": "orders", "partition": 1}


def parts(snapshot: Snapshot) -> dict[int, tuple[bool | None, bool | None]]:
    view = Resolver(snapshot, all_views()).get(Need("replicas", TargetReplicas))
    assert isinstance(view, TargetReplicas)
    rows = [each for each in view.df.to_dicts() if each["topic"] == "orders" and each["partition"] == 1]
    return {each["broker"]: (each["adding"], each["removing"]) for each in rows}


def test_replicas_have_their_part_in_a_running_reassignment() -> None:
    moving = add(healthy(), Reassignments, {**ONE, "broker": 1, "adding": True}, {**ONE, "broker": 3, "adding": False})
    assert parts(moving) == {1: (True, False), 2: (False, False), 3: (False, True)}


def test_without_the_list_only_those_that_it_names_are_known() -> None:
    snapshot, answer = failed_answer(add(healthy(), Reassignments, {**ONE, "broker": 1, "adding": True}))
    table = snapshot.tables["reassignments"]
    snapshot = snapshot.with_table(rebuilt(Reassignments, table.df, (Unseen(answer, "topic"),)))
    assert parts(snapshot) == {1: (True, False), 2: (None, None), 3: (None, None)}
