"""Each import contract of pyproject.toml breaks on a seeded violation, and on nothing but it."""

from __future__ import annotations

import copy
import itertools
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter import configuration
from importlinter.application.use_cases import _register_built_in_contract_types, create_report, read_user_options

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMES = {each["id"]: each["name"] for each in CONFIG["contracts"]}


def rooms() -> list[str]:
    """Every room of the layers contract, top to bottom."""
    layers = next(each for each in CONFIG["contracts"] if each["id"] == "layers")["layers"]
    return [name.strip(" ()") for layer in layers for name in layer.split("|")]


PURE = ("process", "executor", "plans", "findings", "diagnosis", "checks", "views", "engine", "redaction", "model", "reference")
BARRED = next(each for each in CONFIG["contracts"] if each["id"] == "pure")["forbidden_modules"]

# Modules that stand in the whole house, beside the rooms' own __init__.
HOUSE = (
    "actuators/kafka.py",
    "app/wiring.py",
    "app/observe.py",
    "checks/engine.py",
    "checks/families/__init__.py",
    "checks/families/replication/__init__.py",
    "checks/families/replication/offline.py",
    "checks/families/groups/__init__.py",
    "checks/families/groups/lag.py",
    "lab/load.py",
    "notifiers/slack.py",
    "notifiers/email.py",
    "sources/kafka.py",
    "sources/jmx.py",
    "surfaces/cli/__init__.py",
    "surfaces/web/__init__.py",
    "testing/fake.py",
    "wire/kafka/__init__.py",
    "wire/kafka/requests.py",
    "wire/kafka/mutations.py",
)

# What is allowed, so that no contract forbids too much.
LEGAL = {
    "app/wiring.py": "from kastellan.actuators import kafka",
    "app/observe.py": "from kastellan.sources import kafka\nimport asyncio",
    "actuators/kafka.py": "from kastellan.wire.kafka import mutations",
    "lab/load.py": "from kastellan.wire.kafka import mutations\nimport subprocess",
    "checks/families/groups/lag.py": "from kastellan.checks import engine\nfrom kastellan.config import __doc__",
    "surfaces/cli/__init__.py": "from kastellan.app import observe",
    "wire/kafka/requests.py": "import socket\nimport kio",
}


def upward() -> Iterator[tuple[str, str, set[str]]]:
    """For each pair of neighbouring layers, the lower one importing the upper one, and which contracts that breaks."""
    layers = next(each for each in CONFIG["contracts"] if each["id"] == "layers")["layers"]
    groups = [[name.strip(" ()") for name in layer.split("|")] for layer in layers]
    for uppers, lowers in itertools.pairwise(groups):
        for upper in uppers:
            for lower in lowers:
                also = {"actuators"} if upper == "actuators" else set()
                # A check of the house reads config, so that a wire below config would reach the pure rooms.
                also |= {"pure"} if lower == "config" else set()
                yield f"{lower}/__init__.py", f"import kastellan.{upper}", {"layers"} | also
    # The rooms of one layer do not import each other either.
    yield "stores/__init__.py", "import kastellan.sources", {"layers"}


SEEDS: list[tuple[str, str, set[str]]] = [
    *upward(),
    ("utils.py", "", {"layers"}),
    ("helpers/__init__.py", "", {"layers"}),
    *((f"{room}/__init__.py", f"import {name}", {"pure"}) for room in PURE for name in ("time", "asyncio", "kastellan.wire")),
    *(("model/__init__.py", f"import {name}", {"pure"}) for name in BARRED),
    # A detour through a room that may read the clock is no way round.
    ("views/__init__.py", "from kastellan.kernel import deadline", {"pure"}),
    ("app/observe.py", "from kastellan.actuators import kafka", {"actuators"}),
    ("trials/__init__.py", "import kastellan.actuators", {"actuators"}),
    ("surfaces/cli/__init__.py", "from kastellan.actuators.kafka import x", {"actuators"}),
    ("sources/kafka.py", "from kastellan.wire.kafka import mutations", {"mutations"}),
    ("wire/kafka/requests.py", "from kastellan.wire.kafka import mutations", {"mutations"}),
    ("testing/fake.py", "import kastellan.wire.kafka.mutations", {"mutations"}),
    ("checks/families/groups/lag.py", "from kastellan.checks.families.replication import offline", {"families"}),
    ("sources/jmx.py", "from kastellan.sources import kafka", {"sources"}),
    ("notifiers/email.py", "from kastellan.notifiers import slack", {"notifiers"}),
    ("surfaces/web/__init__.py", "from kastellan.surfaces import cli", {"surfaces"}),
    ("lab/load.py", "from kastellan.checks import engine", {"lab-knows-no-judge"}),
    ("lab/load.py", "import kastellan.diagnosis", {"lab-knows-no-judge"}),
    ("checks/engine.py", "from kastellan.lab import load", {"judge-knows-no-lab", "layers", "pure"}),
    ("diagnosis/__init__.py", "import kastellan.lab", {"judge-knows-no-lab", "layers"}),
]


def build(folder: Path, extra: dict[str, str]) -> None:
    """A house with every room, its legal imports, and the extra lines."""
    files = {"__init__.py": "", "kernel/__init__.py": "", "kernel/deadline.py": "import time", "ports.py": ""}
    files |= {f"{room}/__init__.py": "" for room in rooms() if room not in {"ports", "kernel"}}
    files |= dict.fromkeys(HOUSE, "") | LEGAL
    for path, line in extra.items():
        path_in_house = "ports.py" if path == "ports/__init__.py" else path
        files[path_in_house] = f"{files.get(path_in_house, '')}\n{line}"
    for path, text in files.items():
        target = folder / "kastellan" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n")


def broken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The ids of the contracts that do not hold for the house in `folder`."""
    monkeypatch.syspath_prepend(str(folder))
    for name in [each for each in sys.modules if each.partition(".")[0] == "kastellan"]:
        monkeypatch.delitem(sys.modules, name)
    configuration.configure()
    _register_built_in_contract_types()
    options = copy.deepcopy(read_user_options(str(ROOT / "pyproject.toml")))
    report = create_report(options, cache_dir=None)
    names = {contract.name for contract, check in report.get_contracts_and_checks() if not check.kept}
    return {key for key, name in NAMES.items() if name in names}


def test_a_house_without_violations_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(tmp_path, {})
    assert broken(tmp_path, monkeypatch) == set()


def test_an_almost_empty_house_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kastellan" / "kernel").mkdir(parents=True)
    (tmp_path / "kastellan" / "__init__.py").touch()
    (tmp_path / "kastellan" / "kernel" / "__init__.py").touch()
    assert broken(tmp_path, monkeypatch) == set()


@pytest.mark.examines
@pytest.mark.parametrize(("path", "line", "expected"), SEEDS, ids=[f"{path}-{line or 'exists'}" for path, line, _ in SEEDS])
def test_a_seeded_violation_breaks_its_contract(
    path: str, line: str, expected: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path, {path: line})
    assert broken(tmp_path, monkeypatch) == expected


def test_every_contract_has_a_seed() -> None:
    assert set().union(*(expected for _, _, expected in SEEDS)) == set(NAMES)


def test_every_contract_names_only_rooms_that_are_layers() -> None:
    known = set(rooms())
    for contract in CONFIG["contracts"]:
        lists = (value for key, value in contract.items() if key != "layers" and isinstance(value, list))
        for name in (each for values in lists for each in values if each.startswith("kastellan.")):
            assert name.split(".")[1] in known, f"{contract['id']} names {name}, which is no room"
