"""The names, ids, places and tests of the checks agree."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kastellan.checks.catalogue import all_checks, chosen
from kastellan.engine.needs import needs_of

TESTS = Path(__file__).parent
CHECKS = all_checks()
FAULTS = TESTS.parents[2] / "src" / "kastellan" / "lab" / "faults"
HEADS = ("**What it means.**", "**What it looks like**", "**When it is wrong.**")


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_an_id_is_its_place_and_its_texts_are_there(name: str) -> None:
    judgement = CHECKS[name]
    check = judgement.check
    assert judgement.evaluate.__module__ == f"kastellan.checks.families.{name}"
    for head in HEADS:
        assert head in judgement.about, f"{name} does not say {head}"
    for text in (check.title, check.observed, check.expected, check.impact, check.do, check.do_not, check.verify, check.undo):
        assert text.strip(), f"{name} has an empty text"
    assert needs_of(judgement.evaluate), f"{name} looks at nothing"


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_what_a_check_refers_to_exists(name: str) -> None:
    check = CHECKS[name].check
    assert set(check.follows_from) <= CHECKS.keys()
    assert name not in check.follows_from
    assert check.proven_by is None or (FAULTS / f"{check.proven_by}.py").is_file(), f"the lab has no fault {check.proven_by}"
    for each in check.settings:
        assert each.low <= each.default <= each.high


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_has_its_mirrored_cases(name: str) -> None:
    family, _, short = name.partition(".")
    path = TESTS / "families" / family / f"test_{short}.py"
    assert path.is_file(), f"{name} has no tests at {path}"
    cases = [each.name for each in ast.parse(path.read_text()).body if isinstance(each, ast.FunctionDef)]
    for prefix in ("test_fires", "test_does_not_fire", "test_cannot_see"):
        assert any(each.startswith(prefix) for each in cases), f"{path} has no case {prefix}_*"


def test_a_consequence_never_explains_its_own_cause() -> None:
    def causes(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " <- ".join((*path, name))
        for each in CHECKS[name].check.follows_from:
            causes(each, (*path, name))

    for name in CHECKS:
        causes(name, ())


@pytest.mark.parametrize("name", sorted(all_checks()))
def test_the_command_that_verifies_can_be_typed(name: str) -> None:
    for names in re.findall(r"--only ([\w.,]+)", CHECKS[name].check.verify):
        assert chosen(tuple(names.split(",")))
