"""Ports that were given to one lab are not given to another, and come back when the lab is gone."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from kastellan.lab import ports


@pytest.fixture(autouse=True)
def own_reservations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ports, "reservations_dir", lambda: tmp_path / "ports")
    return tmp_path / "ports"


def make(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def test_two_labs_get_different_ports_even_with_the_same_wish(tmp_path: Path) -> None:
    first, second = make(tmp_path, "a"), make(tmp_path, "b")
    wished = ports.reserve(first, 3)
    assert ports.reserve(second, 3, [wished]) != wished
    assert len({*wished, *ports.reserve(first, 20), *ports.reserve(second, 20)}) == 43


def test_a_wish_is_granted_when_its_lab_is_gone(tmp_path: Path) -> None:
    first, second = make(tmp_path, "a"), make(tmp_path, "b")
    wished = ports.reserve(first, 3)
    first.rmdir()
    assert ports.reserve(second, 3, [wished]) == wished


def test_released_ports_leave_no_file(tmp_path: Path, own_reservations: Path) -> None:
    first = make(tmp_path, "a")
    ports.reserve(first, 3)
    ports.release(first)
    assert not own_reservations.exists()
    ports.release(first)


def test_a_port_that_somebody_listens_on_is_not_given(tmp_path: Path) -> None:
    first, second = make(tmp_path, "a"), make(tmp_path, "b")
    wished = ports.reserve(first, 1)
    ports.release(first)
    with socket.create_server(("127.0.0.1", wished[0])):
        assert ports.reserve(second, 1, [wished]) != wished


def test_a_reservation_that_was_cut_short_keeps_neither_its_port_nor_the_folder(tmp_path: Path, own_reservations: Path) -> None:
    first, second = make(tmp_path, "a"), make(tmp_path, "b")
    wished = ports.reserve(first, 1)
    (own_reservations / str(wished[0])).write_text("")
    assert ports.reserve(second, 1, [wished]) == wished
    (own_reservations / str(wished[0])).write_text("")
    ports.release(second)
    assert not own_reservations.exists()
