"""What a shell completes: our own names from our folders, the cluster's from the file that the last look left."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace

import pytest

from kastellan.app.describe import description_modules
from kastellan.app.lists.catalogue import LISTS
from kastellan.checks.catalogue import all_checks
from kastellan.reference.reference_data import packaged_providers
from kastellan.surfaces.cli import completion
from kastellan.testing.snapshots import healthy


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KASTELLAN_CACHE", str(tmp_path))


def test_the_words_are_those_that_the_commands_take():
    assert set(completion.kinds()) <= {name for name, each in LISTS.items() if not each.hidden}
    assert {name for name, each in LISTS.items() if not each.hidden} <= {*completion.kinds(), "quorum"}
    assert set(completion.DESCRIBED) == description_modules().keys()
    assert set(all_checks()) <= set(completion.checks())
    assert "replication" in completion.checks()
    assert "broker_killed" in completion.faults()
    assert set(completion.providers()) == {"none", *(profile.id for profile in packaged_providers().profiles)}
    assert completion.complete_kind("topi") == ["topic-configs", "topics"]


def test_names_are_those_of_the_last_look_and_stay_when_another_kind_is_looked_at():
    assert completion.complete_group("") == []
    tables = healthy(groups={"billing": "orders", "bil\x1b[31m": "orders"}).tables
    completion.remember({"topics": tables["topics"]})
    completion.remember({"groups": tables["groups"], "scram_users": tables["scram_users"]})
    assert completion.complete_group("bil") == ["billing"]
    for kind, begun, found in (
        ("topics", "or", ["orders"]),
        ("topic", "", ["orders", "payments"]),
        ("configs", "pa", ["payments"]),
        ("group", "b", ["billing"]),
        ("principal", "User:", ["User:app"]),
        ("users", "a", ["app"]),
        ("commits", "b", ["billing"]),
        ("share-group", "b", ["billing"]),
        ("acl", "User:", ["User:app"]),
    ):
        assert completion.complete_name(SimpleNamespace(params={"kind": kind}), begun) == found


def test_an_old_or_damaged_file_and_one_that_cannot_be_written_are_no_trouble(monkeypatch):
    completion.remember(healthy().tables)
    assert completion.complete_group("b")
    path = completion.names_file()
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, "at_s": time.time() - 2 * 86_400}))
    assert completion.complete_group("b") == []
    path.write_text("{")
    assert completion.complete_group("b") == []
    monkeypatch.setenv("KASTELLAN_CACHE", "/dev/null")
    completion.remember(healthy().tables)
    assert completion.complete_group("b") == []


def test_contexts_complete_from_their_file(tmp_path, monkeypatch):
    path = tmp_path / "contexts.toml"
    monkeypatch.setenv("KASTELLAN_CONTEXTS", str(path))
    assert completion.complete_context("") == []
    path.write_text('[context.prod-eu]\nbootstrap = "a:9092"\n[context.test]\nbootstrap = "b:9092"\n')
    assert completion.complete_context("pr") == ["prod-eu"]
    path.write_text("[context")
    assert completion.complete_context("") == []
