"""A text that cannot print."""

from __future__ import annotations

import copy
import json
import pickle

import msgspec
import pytest

from kastellan.kernel.secret import Secret

SECRET = Secret("hunter2")


class Login(msgspec.Struct):
    """Holds a secret."""

    password: Secret


def test_no_way_of_showing_it_shows_it() -> None:
    shown = [repr(SECRET), str(SECRET), f"{SECRET}", f"{SECRET!r:>20}", repr(Login(SECRET)), repr([SECRET])]
    assert [each for each in shown if "hunter2" in each] == []


@pytest.mark.parametrize("write", [pickle.dumps, json.dumps, msgspec.json.encode, copy.deepcopy])
def test_no_way_of_writing_it_writes_it(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError):
        write(SECRET)


def test_it_is_revealed_and_compared_by_its_text() -> None:
    assert SECRET.reveal() == "hunter2"
    assert Secret("hunter2") == SECRET
    assert len({Secret("hunter2"), SECRET}) == 1
    assert Secret("other") != SECRET
    assert SECRET != "hunter2"
