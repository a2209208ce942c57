"""Whoever waits for an application of a fault hears what it said when it does not get there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kastellan.kernel.errors import Unavailable
from kastellan.lab.faults import _child
from kastellan.lab.faults._model import wait_child
from kastellan.lab.model import Lab, LabSpec, layout

FAULT = "waits"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(
        name="lab", dir=tmp_path, cluster_id="c", kafka="4", spec=LabSpec(), nodes=layout(LabSpec(), tmp_path, range(6), range(3))
    )
    yield made
    _child.kill(made, FAULT)


def start(lab: Lab, script: str) -> None:
    _child.start(lab, FAULT, "unused", through=["sh", "-c", script])


def test_what_it_brings_about_is_waited_for(lab: Lab) -> None:
    start(lab, "echo whole > ready; exec sleep 60")
    wait_child(lab, FAULT, lambda: _child.has_output(lab, FAULT, "ready"), "that it is ready", 20)
    assert not _child.is_gone(lab, FAULT)


def test_it_counts_though_it_ended_right_after(lab: Lab) -> None:
    start(lab, "echo whole > ready")
    wait_child(lab, FAULT, lambda: _child.has_output(lab, FAULT, "ready"), "that it is ready", 20)


def test_what_was_seen_once_is_not_asked_again(lab: Lab) -> None:
    start(lab, "exec sleep 60")
    answers = iter([False, True])
    wait_child(lab, FAULT, lambda: next(answers), "that it is ready", 20)


def test_one_that_ended_is_not_waited_for_and_its_last_words_are_told(lab: Lab) -> None:
    start(lab, "for each in 1 2 3 4 5 6; do echo line $each; done; echo no disk >&2")
    with pytest.raises(Unavailable) as told:
        wait_child(lab, FAULT, lambda: False, "that it is ready", 300)
    expected = "that it is ready will not be seen, its process ended; it said: line 3 | line 4 | line 5 | line 6 | no disk"
    assert told.value.message == expected


def test_one_that_does_not_get_there_in_time_is_quoted(lab: Lab) -> None:
    start(lab, "echo still trying; echo begun > begun; exec sleep 60")
    wait_child(lab, FAULT, lambda: _child.has_output(lab, FAULT, "begun"), "that it began", 20)
    with pytest.raises(Unavailable, match=r"that it is ready was not seen within 0 s; .*; it said: still trying$"):
        wait_child(lab, FAULT, lambda: False, "that it is ready", 0.2)


def test_one_that_never_was_said_nothing(lab: Lab) -> None:
    with pytest.raises(Unavailable, match=r"its process ended; it said: nothing$"):
        wait_child(lab, FAULT, lambda: False, "that it is ready", 300)
