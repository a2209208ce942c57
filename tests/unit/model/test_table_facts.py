"""What is known of a table stands on its class, and nowhere else."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import kastellan
from kastellan.model.catalogue import all_tables, enumerating_tables, spare_tables
from kastellan.model.rights import RIGHTS
from kastellan.model.subject import KINDS
from kastellan.views.catalogue import all_views
from kastellan.wire.kafka.api import Api

SRC = Path(kastellan.__file__).parent
MAY_NAME_TABLES = {
    "sources": "a collector declares which tables it fills",
    "app/lists/cluster_lists.py": "the words of the command line for lists that are more than a table",
    "redaction/common_words.py": "English words that stay in sentences",
    "testing/fake_broker_answers.py": "fields of Kafka's responses",
}


def collections_of_names(tree: ast.AST, names: set[str]) -> list[tuple[int, tuple[str, ...]]]:
    """The lines of sets, tuples, lists, keys and arguments in which several table names stand, or one that is nothing else."""
    found: list[tuple[int, tuple[str, ...]]] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Set, ast.Tuple, ast.List)):
            values = node.elts
        elif isinstance(node, ast.Dict):
            values = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.Call):
            values = node.args
        else:
            continue
        named = tuple(str(value.value) for value in values if isinstance(value, ast.Constant) and value.value in names)
        if len(named) > 1 or any("_" in name for name in named):
            found.append((node.lineno, named))
    return found


def test_no_other_file_lists_names_of_tables() -> None:
    columns = {name for kind in (*all_tables().values(), *all_views()) for name in kind.columns}
    names = set(all_tables()) - columns
    assert len(names) > 25
    listed: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for path in sorted(SRC.rglob("*.py")):
        place = path.relative_to(SRC).as_posix()
        if not place.startswith("model/tables/") and (found := collections_of_names(ast.parse(path.read_text()), names)):
            listed[place] = found
    unexplained = {place: found for place, found in listed.items() if not place.startswith(tuple(MAY_NAME_TABLES))}
    assert unexplained == {}, "name the table's class, or declare on the class what you need to know of it"
    assert all(any(place.startswith(allowed) for place in listed) for allowed in MAY_NAME_TABLES), "an allowance is not needed"


@pytest.mark.parametrize("name", sorted(all_tables()))
def test_what_a_table_declares_exists(name: str) -> None:
    kind = all_tables()[name]
    requests = {"".join(word.title() for word in api.name.split("_")) for api in Api}
    assert kind.collection.requests, "which requests fill it?"
    assert set(kind.collection.requests) <= requests
    assert not kind.collection.enumerated_by or kind.collection.enumerated_by in kind.collection.requests
    assert kind.collection.right is None or kind.collection.right in {right.permission for right in RIGHTS}
    assert not kind.collection.probes_right or kind.collection.right
    assert not kind.enumerates or set(KINDS[kind.enumerates].key) == set(kind.key)
    assert set(kind.listing.shown) <= set(kind.columns)
    assert not kind.listing.name_column or kind.listing.name_column in kind.columns


def test_words_and_ranks_are_given_once() -> None:
    words = [word for name, kind in all_tables().items() for word in (name.replace("_", "-"), *kind.listing.aliases)]
    assert sorted(words) == sorted(set(words))
    ranks = [kind.collection.spare_rank for kind in all_tables().values() if kind.collection.spare_rank]
    assert sorted(ranks) == list(range(1, len(ranks) + 1))
    assert len(spare_tables()) == len(ranks)
    assert len(enumerating_tables()) == sum(bool(kind.enumerates) for kind in all_tables().values())


WIDGETS = '''"""Widgets."""

import polars as pl

from kastellan.model.rights import DESCRIBE_TOPIC_CONFIGS
from kastellan.model.table import Collection, Frame, Listing, column
from kastellan.model.text_kind import TextKind


class Widgets(
    Frame,
    name="odd_widgets",
    key=("widget",),
    collection=Collection(
        requests=("DescribeWidgets",),
        right=DESCRIBE_TOPIC_CONFIGS,
        probes_right=True,
        enumerated_by="DescribeWidgets",
        refresh_s=60.0,
        spare_rank=99,
        placeholders=False,
    ),
    listing=Listing(aliases=("widget",), noun="widget", shown=("widget", "colour")),
):
    """One row per widget."""

    widget = column(pl.String, "name", text=TextKind.HOST)
    colour = column(pl.String, "colour; null for none", text=TextKind.WORD, words=frozenset({"red"}), nullable=True)
'''
USES = """
import json, random, sys
import kastellan.model.tables
kastellan.model.tables.__path__.append(sys.argv[1])
from kastellan.app.full_collection import everything
from kastellan.app.incomplete_answers import incomplete_answers
from kastellan.app.lists.catalogue import LISTS
from kastellan.app.preflight import requests_for
from kastellan.app.sql import read
from kastellan.engine.requests import tables_of
from kastellan.kernel.outcome import State
from kastellan.model.answer import Answer, broker_peer
from kastellan.model.catalogue import all_tables, name_columns, slow_tables, spare_tables
from kastellan.model.codec import dump, load
from kastellan.model.snapshot import Snapshot
from kastellan.redaction.pseudonyms import Pseudonyms
from kastellan.redaction.redact import redact_snapshot
from kastellan.reference.reference_data import packaged_providers
from kastellan.testing.missing_data_kit import losses
Widgets = all_tables()["odd_widgets"]
table = Widgets.of_rows([{"widget": "acme-1", "colour": "red", "answer": 1}, {"widget": "acme-2", "colour": "acme", "answer": 1}])
answer = Answer(id=1, source="x", request="DescribeWidgets", peer=broker_peer(1), state=State.PARTIAL, sent_ms=1)
snapshot = Snapshot(at_ms=2, answers=(answer,), tables={"odd_widgets": table})
hidden = redact_snapshot(snapshot, Pseudonyms(b"k" * 32), packaged_providers())
rows = hidden.tables["odd_widgets"].df
listed = LISTS["odd-widgets"]
print(json.dumps({
    "file": load(dump(snapshot)).tables["odd_widgets"].df.equals(table.df),
    "slow": "odd_widgets" in slow_tables(),
    "last spared": spare_tables()[-1],
    "collected": "odd_widgets" in tables_of(everything()),
    "preflight": "odd_widgets" in tables_of(requests_for("doctor")),
    "sql": read("select widget from odd_widgets").now,
    "listed": [listed.aliases, listed.shown, sorted(listed.may_be_empty), sorted(listed.told_by)],
    "completed": name_columns()["widget"],
    "not whole": [answer.id for answer in incomplete_answers(snapshot, [Widgets.empty()])],
    "redacted": [name.startswith("host-") for name in rows["widget"]] + [rows["colour"][0] == "red", "acme" in rows["colour"][1]],
    "lost": any("colour" in loss.description for loss in losses(snapshot, random.Random(1))),
}))
"""


def test_adding_a_table_touches_its_file_alone(tmp_path: Path) -> None:
    """Its collector and its own test apart: everything that handles tables knows it by its declaration."""
    (tmp_path / "odd_widgets.py").write_text(WIDGETS)
    run = subprocess.run([sys.executable, "-c", USES, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "file": True,
        "slow": True,
        "last spared": "odd_widgets",
        "collected": True,
        "preflight": True,
        "sql": ["odd_widgets"],
        "listed": [["widget"], ["widget", "colour"], ["colour"], ["DescribeWidgets"]],
        "completed": "widget",
        "not whole": [1],
        "redacted": [True, True, True, False],
        "lost": True,
    }
