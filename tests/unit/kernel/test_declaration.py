"""A declaration is read without running its module, and is the one that an import gives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import cast

import msgspec
import pytest

from kastellan.checks.catalogue import all_checks, check_ids, read_check
from kastellan.checks.check import Check
from kastellan.diagnosis.cause import all_causes, cause_ids, read_cause
from kastellan.kernel.declaration import Imported, read_declaration
from kastellan.kernel.errors import Defect


def loaded(check: Check) -> Check:
    """The declaration with its tables in place of their names."""
    tables = tuple(
        getattr(sys.modules[table.module], table.name) for table in cast("tuple[Imported, ...]", check.meaningless_without)
    )
    return msgspec.structs.replace(check, meaningless_without=tables)


def test_every_check_is_read_as_it_is_imported():
    imported = {name: (registered.check, registered.about) for name, registered in all_checks().items()}
    assert {name: (loaded(check), about) for name in check_ids() for check, about in [read_check(name)]} == imported


def test_every_cause_is_read_as_it_is_imported():
    imported = {name: (reasoning.cause, reasoning.about) for name, reasoning in all_causes().items()}
    assert {name: read_cause(name) for name in cause_ids()} == imported


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
