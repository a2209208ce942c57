"""Every command that reads a cluster, on every kind of cluster, by every principal; and the same from a bundle.

Commands run in this process, by the same entry point as the binary: there are some hundred of them for each cluster.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from kastellan import lab as labs
from kastellan.app.lists.catalogue import LISTS
from kastellan.kernel.deadline import Deadline
from kastellan.lab import processes
from kastellan.lab.load import clients
from kastellan.lab.model import CLIENTS
from kastellan.lab.security import entrance
from kastellan.surfaces.cli.listing import TOO_LITTLE
from kastellan.surfaces.cli.main import build, main

pytest.importorskip("confluent_kafka")
pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

GROUP = "readers"
NAMES = frozenset({"topic", "group", "member", "client", "transactional", "host", "path", "cluster", "user", "rack"})
"""Sorts of names that are the owner's alone; a value of a config may be a word that the format has too."""
SHORT = 4
"""A name of fewer characters may stand in any bytes by chance."""
NO = 10
"""Exit code: the answer to what was asked is no."""
KINDS = tuple(name for name, each in LISTS.items() if not each.hidden)
OF_EACH_RIGHT = frozenset(
    {"brokers", "topics", "partitions", "groups", "commits", "commit-times", "acls", "scram-users", "broker-configs"}
    | {"topic-configs", "transactions", "quorum", "log-dirs", "producers"}
)
"""Lists that between them need every right; each principal is tried on these, and the bundle's test runs all lists live."""
NAMED = {"producers": "orders"}
"""Lists that are made of one member only."""
STATEMENT = "select p.topic, count(*) n from partitions p join replicas r using (topic, partition) group by p.topic order by 1"
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "doctor": ((),),
    "get": tuple((kind, *([NAMED[kind]] if kind in NAMED else [])) for kind in KINDS),
    "describe": (("topic", "orders"), ("group", GROUP), ("broker", "1"), ("principal", "User:viewer")),
    "lag": ((), (GROUP,), ("--seconds",), (GROUP, "--seconds")),
    "may-restart": ((), ("1",)),
    "sql": ((STATEMENT,),),
    "probe": ((),),
    "preflight": ((),),
    "config view": ((),),
    "snapshot save": (("{file}",),),
    "bundle collect": (("{file}",),),
}
LIVE_ONLY = {
    "probe": "it tries the way to a cluster",
    "snapshot save": "it makes such a file",
}
"""Commands for which a saved look is no cluster, and why."""
NOT_COLLECTED = {"producers", "commit-times", "--seconds"}
"""What is asked only on request of a person, and so is in no bundle."""
VOLATILE = (
    "answer",
    "answer_ms",
    "last_fetch_ms",
    "last_caught_up_ms",
    "log_end_offset",
    "behind_ms",
    "high_watermark",
    "usable_bytes",
)
"""Columns that change from one moment to the next on a cluster where nothing happens."""


class Ran(NamedTuple):
    """How a command ended; `document` is what it printed as JSON."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Runs a command line in this process, with nothing of a cluster in its environment."""
    for name in ("BOOTSTRAP_SERVER", "COMMAND_CONFIG", "CONTEXT", "TIMEOUT"):
        monkeypatch.delenv(f"KASTELLAN_{name}", raising=False)
    monkeypatch.setenv("KASTELLAN_CONTEXTS", "/nowhere/contexts.toml")

    def command(*words: str) -> Ran:
        capfd.readouterr()
        try:
            code = main([each.replace("{file}", str(tmp_path / "look.kastellan")) for each in words])
        except SystemExit as error:
            code = int(error.code or 0)
        said = capfd.readouterr()
        return Ran(code, said.out, said.err)

    return command


def way(lab: labs.Lab, principal: str) -> tuple[str, ...]:
    """The words that reach this cluster as this principal."""
    if not lab.spec.is_secured:
        return ("--bootstrap-server", lab.bootstrap)
    return ("--command-config", str(lab.dir / CLIENTS / f"{principal}.properties"))


def lines(kinds: Collection[str] = KINDS) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every command with every set of words, of `get` with these kinds."""
    for command, sets in COMMANDS.items():
        for words in sets:
            if command != "get" or words[0] in kinds:
                yield command, (*command.split(), *words)


def as_json(command: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return (*words, "-o", "json") if command != "snapshot save" else words


def commit(lab: labs.Lab, eventually) -> None:
    """A group with a commit and no members, and ten records more than it has read."""
    from confluent_kafka import Consumer, KafkaException, TopicPartition  # noqa: PLC0415 - an extra

    clients.write(lab, "orders", 0, 20, Deadline.after(60))
    consumer = Consumer({"group.id": GROUP, **entrance.librdkafka(lab)})

    def committed() -> bool:
        try:
            consumer.commit(offsets=[TopicPartition("orders", 0, 10)], asynchronous=False)
        except KafkaException:  # the topic of the commits is being made
            return False
        return True

    try:
        eventually(committed, "a commit")
    finally:
        consumer.close()


def test_no_command_that_reads_a_cluster_is_left_out() -> None:
    """Whoever takes the options that reach a cluster is run here."""
    found: set[str] = set()
    todo = [("", typer.main.get_command(build()))]
    while todo:
        name, command = todo.pop()
        if any(each.name == "command_config" for each in command.params):
            found.add(name)
        todo += [(f"{name} {each}".strip(), sub) for each, sub in getattr(command, "commands", {}).items()]
    assert found - {"context add"} == COMMANDS.keys()


def works(run, lab: labs.Lab, principals: tuple[str, ...]) -> None:
    """Every command works for each principal, and whoever sees less than the first says so."""
    full: dict[tuple[str, ...], dict[str, Any]] = {}
    for principal in principals:
        for command, words in lines(OF_EACH_RIGHT):
            if principal == "nobody" and command in {"snapshot save", "bundle collect"}:
                continue
            more = ("--fail-on", "never") if command == "doctor" else ()
            ran = run(*as_json(command, words), *way(lab, principal), "--timeout", "20", *more)
            told = f"{principal}: {' '.join(words)}: {ran.code} {ran.err}"
            assert "unexpected" not in ran.err, told
            if principal == "nobody" and ran.code == 2:
                # What cannot be shown is one sentence.
                assert len(ran.err.splitlines()) == 1, told
                continue
            assert ran.code in {0, TOO_LITTLE, *([NO] if command in {"may-restart", "preflight", "probe"} else [])}, told
            if command not in {"get", "lag", "sql"}:
                continue
            document = ran.document
            assert ran.code == 0 or document["incomplete_answers"], told
            seen = full.setdefault(words, document)
            if len(document["rows"]) < len(seen["rows"]) or nulls(document) > nulls(seen):
                assert document["unseen"] or document["incomplete_answers"], told


def nulls(document: dict[str, Any]) -> int:
    return sum(value is None for row in document["rows"] for value in row.values())


def same_from_a_bundle(run, lab: labs.Lab, tmp_path: Path) -> None:
    """Every command tells from a bundle what it tells of the cluster."""
    reach, bundle = way(lab, "admin"), str(tmp_path / "bundle.kastellan")
    collected = run("bundle", "collect", bundle, *reach, "--timeout", "20")
    assert collected.code == 0, collected.err
    other: list[str] = []
    for command, words in lines():
        if command in {"bundle collect", "config view"}:  # from a bundle one is made anew; the other shows no cluster
            continue
        saved = run(*as_json(command, words), "--bundle", bundle)
        if command in LIVE_ONLY or NOT_COLLECTED & {*words}:
            assert (saved.code, len(saved.err.splitlines())) == (2, 1), f"{words}: {saved}"
            continue
        live = run(*as_json(command, words), *reach, "--timeout", "20")
        assert saved.code == live.code, f"{words}: {saved.err} {live.err}"
        then, now = steady(command, saved.document), steady(command, live.document)
        if then != now:
            other.append(f"{' '.join(words)}\n  saved {then}\n  live  {now}")
    assert not other, "\n".join(other)


def nothing_is_left_of_names(run, lab: labs.Lab, tmp_path: Path) -> None:
    """A redacted bundle of a real cluster has the same findings, and none of the names that its map gives back."""
    bundle, out, names = (str(tmp_path / each) for each in ("whole.kastellan", "redacted.kastellan", "map.json"))
    assert run("bundle", "collect", bundle, *way(lab, "admin"), "--timeout", "20").code == 0
    redacted = run("bundle", "redact", bundle, out, "--map", names)
    assert redacted.code == 0, redacted.err
    whole, less = (run("doctor", "--bundle", each, "-o", "json").document["report"]["results"] for each in (bundle, out))
    told = [[(each["check"], sorted(map(str, each["counts"].items()))) for each in results] for results in (whole, less)]
    assert told[0] == told[1]
    with zipfile.ZipFile(out) as archive:
        content = b"\0".join(each.encode() + archive.read(each) for each in archive.namelist())
    needles = {each["original"] for each in json.loads(Path(names).read_text())["names"] if each["sort"] in NAMES}
    assert {"orders", GROUP, str(lab.dir / "nodes" / "1" / "data")} <= needles
    assert [each for each in needles if len(each) >= SHORT and each.encode() in content] == []


def steady(command: str, document: dict[str, Any]) -> Any:
    """What of an answer does not depend on the moment."""
    if command == "doctor":
        results = document["report"]["results"]
        return {(each["check"], str(each["subject"]), each["severity"]) for result in results for each in result["findings"]} | {
            (result["check"], tuple(sorted(result["counts"].items()))) for result in results
        }
    if command == "may-restart":
        return document["restarts"]["answers"]
    if command == "preflight":
        return [(each["operation"], each["resource"], each["has"]) for each in document["preflight"]["sights"]]
    if command == "describe":
        description = document["description"]
        facts = [each for each in description["facts"] if each["column"] not in VOLATILE]
        return facts, [(each["title"], steady_rows(each["rows"])) for each in description["sections"]]
    return steady_rows(document["rows"])


def steady_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in VOLATILE} for row in rows]


@pytest.fixture(scope="module")
def lone() -> Iterator[labs.Lab]:
    """One node, where nothing happens."""
    name = f"test-lone-{os.getpid()}"
    try:
        lab = labs.up(labs.LabSpec(name=name, brokers=1, racks=1, owner=processes.me()))
        clients.create(lab, [("orders", 1, 1, {})], Deadline.after(60))
        yield lab
    finally:
        labs.down(name)


def test_every_command_works_on_a_plaintext_cluster_and_on_its_bundle(lone: labs.Lab, run, eventually, tmp_path: Path) -> None:
    commit(lone, eventually)
    works(run, lone, ("anybody",))
    same_from_a_bundle(run, lone, tmp_path)
    nothing_is_left_of_names(run, lone, tmp_path)


def test_every_command_works_on_secured_clusters_for_every_principal(secured: labs.Lab, run, eventually, tmp_path: Path) -> None:
    commit(secured, eventually)
    # What a principal may see does not depend on how it got in.
    all_of_them = secured.spec.security in {"sasl_ssl", "kerberos"}
    works(run, secured, ("admin", "viewer", "glance", "nobody") if all_of_them else ("viewer",))
    if secured.spec.security == "sasl_ssl":
        same_from_a_bundle(run, secured, tmp_path)
        nothing_is_left_of_names(run, secured, tmp_path)


def test_every_command_works_on_kafka_before_4(old: labs.Lab, run, eventually, tmp_path: Path) -> None:
    commit(old, eventually)
    works(run, old, ("admin", "glance"))
    if old.spec.has_zookeeper:  # the more different of the two
        same_from_a_bundle(run, old, tmp_path)
