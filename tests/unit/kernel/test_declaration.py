"""A declaration is read without running its module, and is the one that an import gives."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kastellan.checks.catalogue import all_checks, check_ids, read_check
from kastellan.diagnosis.cause import all_causes, cause_ids, read_cause
from kastellan.kernel.declaration import read_declaration
from kastellan.kernel.errors import Defect


def test_every_check_and_cause_is_read_as_it_is_imported():
    assert {name: read_check(name) for name in check_ids()} == {
        name: (registered.check, registered.about) for name, registered in all_checks().items()
    }
    assert {name: read_cause(name) for name in cause_ids()} == {
        name: (reasoning.cause, reasoning.about) for name, reasoning in all_causes().items()
    }


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> str:
        (tmp_path / "declares.py").write_text(text)
        return "declares"

    yield write
    sys.modules.pop("declares", None)


def test_constants_and_imports_are_followed_and_nothing_else_runs(module):
    name = module('"""About."""\nfrom math import tau as turn\nHALF = 2\nraise SystemExit\nVALUE: float = turn / HALF\n')
    assert read_declaration(name, "VALUE") == (pytest.approx(3.14159, abs=1e-4), "About.")
    assert name not in sys.modules


@pytest.mark.parametrize("text", ["VALUE = 1\n", '"""About."""\n', '"""About."""\nVALUE = other\n'])
def test_what_is_missing_is_a_defect(module, text):
    with pytest.raises(Defect, match="declares needs"):
        read_declaration(module(text), "VALUE")
