"""The committed locks name no address, have a hash for every package, and are of this pyproject.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates import locks

GOOD = "anyio==4.0.0 \\\n    --hash=sha256:00\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (*locks.INPUTS, "uv.txt"):
        (tmp_path / name).write_text(f"{locks.HEAD}abc\n{GOOD}")
    return tmp_path


def test_good_locks_pass(folder: Path) -> None:
    assert locks.faults(folder, "abc") == []


def test_an_address_is_found(folder: Path) -> None:
    path = folder / "dev.txt"
    path.write_text(path.read_text() + "--index-url https://mirror.example/simple\n")
    assert locks.faults(folder, "abc") == ["locks/dev.txt:4 names an address; a lock names none."]


def test_a_missing_hash_is_found(folder: Path) -> None:
    path = folder / "run.txt"
    path.write_text(path.read_text() + "anyio==4.0.0\n")
    assert locks.faults(folder, "abc") == ["locks/run.txt:4 has no hash."]


def test_other_requirements_and_a_missing_lock_are_found(folder: Path) -> None:
    (folder / "java.txt").unlink()
    found = locks.faults(folder, "def")
    assert "locks/java.txt is missing." in found
    assert "locks/dev.txt was made from other requirements than pyproject.toml has now." in found
