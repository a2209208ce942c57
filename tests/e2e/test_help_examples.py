"""Every example of every help text does what it says, against brokers that answer from a model."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from kastellan.surfaces.cli.help_text import examples
from kastellan.surfaces.cli.main import build, main
from kastellan.testing.fake_broker import FakeCluster, fake_cluster, fake_model
from kastellan.testing.fake_broker_model import FakeAcl

ADDRESSES = ("localhost:9092", "broker1:9092")
"""The addresses that the examples name; the fake cluster listens elsewhere."""
REAL_KAFKA = ("demo", "lab")
"""Commands that start Kafka: tests/lab runs them."""
OUTPUTS = {"snapshot save": 1, "bundle collect": 1, "bundle redact": 2}
"""Commands that write files: how many of the words after the command are file names, the last of them the written one."""


def all_examples() -> list[str]:
    """The examples of all commands, without those that start Kafka; each once."""

    def walk(command: Any) -> Iterator[str]:
        yield from examples(command.help or "")
        for child in getattr(command, "commands", {}).values():
            yield from walk(child)

    lines = dict.fromkeys(walk(typer.main.get_command(build())))
    return [line for line in lines if line.split()[1] not in REAL_KAFKA]


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeCluster]:
    model = fake_model()
    model.nodes[1].rack = "rack-a"
    model.topics["orders"], model.topics["payments"] = (model.topics.pop(name) for name in ("topic-0000", "topic-0001"))
    model.topics["orders"].name, model.topics["payments"].name = "orders", "payments"
    billing = model.groups.pop("group-0000")
    billing.id, billing.commits = "billing", {("orders", number): offset for (_, number), offset in billing.commits.items()}
    model.groups["billing"] = billing
    model.acls = [FakeAcl("orders", principal="User:billing")]
    with fake_cluster(model) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def prepared(fake, tmp_path_factory) -> Path:
    """A folder with everything that the examples name: files, contexts, snapshots of earlier runs."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "client.properties").write_text(f"bootstrap.servers={fake.bootstrap}\n")
    with pytest.MonkeyPatch.context() as patch:
        at_home(patch, folder)
        assert main(["context", "add", "prod", "--bootstrap-server", fake.bootstrap]) == 0
        assert main(["context", "use", "prod"]) == 0
        assert main(["snapshot", "save", "prod.snapshot"]) == 0
        for _ in range(2):
            assert main(["doctor", "--fail-on", "never"]) == 0
    for name in ("prod.bundle", "public.bundle"):
        shutil.copy(folder / "prod.snapshot", folder / name)
    return folder


def at_home(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Run in this folder, with the contexts and the state in it."""
    patch.chdir(folder)
    patch.setenv("KASTELLAN_CONTEXTS", str(folder / "contexts.toml"))
    patch.setenv("KASTELLAN_STATE", str(folder / "state"))
    patch.setenv("KASTELLAN_CACHE", str(folder / "cache"))
    patch.setenv("KASTELLAN_NO_HISTORY", "0")
    for name in ("KASTELLAN_BOOTSTRAP_SERVER", "KASTELLAN_COMMAND_CONFIG", "KASTELLAN_CONTEXT"):
        patch.delenv(name, raising=False)


@pytest.mark.parametrize("line", all_examples())
def test_the_example_works(line, fake, prepared, tmp_path, monkeypatch, capsys):
    folder = shutil.copytree(prepared, tmp_path / "home")
    at_home(monkeypatch, folder)
    for address in ADDRESSES:
        line = line.replace(address, fake.bootstrap)
    words = [word for word in shlex.split(line)[1:] if word != "--watch"]
    if words[:2] == ["context", "add"]:
        (folder / "contexts.toml").unlink()
    written = OUTPUTS.get(" ".join(words[:2]))
    if written is not None:
        (folder / words[1 + written]).unlink(missing_ok=True)
    if "--every" in words:
        words[words.index("--every") + 1] = "1"
    code = main(words)
    out, err = capsys.readouterr()
    assert code in {0, 10, 12}, err
    if written is not None and "--dry-run" not in words:
        assert (folder / words[1 + written]).stat().st_size
    else:
        assert out or err
