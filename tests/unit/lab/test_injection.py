"""The folder is the registry of faults, and a fault is on record before it is done."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from kastellan.kernel.errors import BadInput, Unavailable
from kastellan.lab import injection
from kastellan.lab.faults import _model
from kastellan.lab.faults._model import Fault, Truth
from kastellan.lab.model import FAULTS, Lab, LabSpec, layout, write_value


class Made:
    """A fault that only notes what was done."""

    FAULT = Fault(id="made", title="Made", fault_class="made-class", kind="broker")

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails = False
        self.stays: set[int] = set()

    def aim(self, lab: Lab, node: int | None) -> Truth:
        return Truth(fault="made", fault_class="made-class", kind="broker", key=(node or 1,), effect="hurts")

    def inject(self, lab: Lab, truth: Truth) -> None:
        assert [each.holds for each in injection.active(lab) if each.key == truth.key] == [False]
        self.done.append(f"inject {truth.key}")
        if self.fails:
            raise Unavailable("it did not hold")

    def undo(self, lab: Lab, truth: Truth) -> None:
        if truth.key[0] in self.stays:
            raise Unavailable(f"{truth.key} stays")
        self.done.append(f"undo {truth.key}")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.setenv("KASTELLAN_STATE", str(tmp_path))
    spec = LabSpec()
    directory = tmp_path / "labs/lab"
    made = Lab(
        name="lab",
        dir=directory,
        cluster_id="c",
        kafka="4",
        spec=spec,
        ready=True,
        nodes=layout(spec, directory, range(6), range(3)),
    )
    write_value(directory / "lab.json", made)
    return made


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    fault = Made()
    monkeypatch.setattr(injection, "catalogue", lambda: {"made": fault})
    return fault


def test_every_file_of_the_folder_declares_a_fault_named_like_it() -> None:
    known = injection.catalogue()
    assert {"broker_frozen", "broker_killed", "transaction_open", "under_min_isr"} <= known.keys()
    for name, module in known.items():
        assert module.FAULT.id == name
        assert Path(inspect.getfile(module.aim)).stem == name
        assert module.__doc__
        assert all(callable(each) for each in (module.aim, module.inject, module.undo))


def test_two_faults_within_a_millisecond_are_both_on_record(lab: Lab, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(injection.time, "time_ns", lambda: 1_750_000_000_000_000_000)
    injection.inject(lab, "made", 1)
    injection.inject(lab, "made", 2)
    assert [each.key for each in injection.active(lab)] == [(1,), (2,)]
    assert len({each.at_ms for each in injection.active(lab)}) == 2


def test_undo_takes_back_all_the_newest_first(lab: Lab, made: Made) -> None:
    assert injection.inject(lab, "made", 1).holds
    injection.inject(lab, "made", 2)
    assert [each.key for each in injection.active(lab)] == [(1,), (2,)]
    assert [each.key for each in injection.undo(lab)] == [(2,), (1,)]
    assert made.done == ["inject (1,)", "inject (2,)", "undo (2,)", "undo (1,)"]
    assert injection.active(lab) == []
    assert injection.undo(lab) == []


def test_what_one_cannot_take_back_keeps_no_other_from_it(lab: Lab, made: Made) -> None:
    for node in (1, 2, 3):
        injection.inject(lab, "made", node)
    made.stays = {2, 3}
    with pytest.raises(Unavailable, match=r"\(3,\) stays"):
        injection.undo(lab)
    assert [each.key for each in injection.active(lab)] == [(2,), (3,)]
    made.stays = set()
    assert [each.key for each in injection.undo(lab)] == [(3,), (2,)]


def test_beside_another_fault_nobody_waits_until_the_cluster_is_whole(
    lab: Lab, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_model, "amiss", lambda _: "something")
    monkeypatch.setattr(_model, "HEALS_S", 0.0)
    injection.inject(lab, "made", 1)
    with pytest.raises(Unavailable, match="is not whole after 0 s: something"):
        _model.wait_healed(lab)
    injection.inject(lab, "made", 2)
    _model.wait_healed(lab)


def test_one_that_did_not_hold_stays_on_record_to_be_undone(lab: Lab, made: Made) -> None:
    made.fails = True
    with pytest.raises(Unavailable):
        injection.inject(lab, "made")
    assert [each.holds for each in injection.active(lab)] == [False]
    assert len(injection.undo(lab, "made")) == 1


def test_the_same_fault_on_the_same_victim_is_refused(lab: Lab, made: Made) -> None:
    injection.inject(lab, "made", 1)
    with pytest.raises(BadInput, match="injected already; take it back"):
        injection.inject(lab, "made", 1)


@pytest.mark.parametrize("act", [injection.inject, injection.undo])
def test_an_unknown_fault_is_refused_with_those_that_there_are(lab: Lab, made: Made, act) -> None:
    with pytest.raises(BadInput, match="no fault 'nope'; choose one of made"):
        act(lab, "nope")


def test_a_damaged_truth_is_one_sentence(lab: Lab) -> None:
    folder = lab.dir / FAULTS
    folder.mkdir()
    (folder / "1-made.json").write_text("garbage")
    with pytest.raises(BadInput, match=r"1-made\.json is damaged .*kastellan lab down --name lab"):
        injection.active(lab)


def test_a_node_that_is_not_running_is_no_victim(lab: Lab) -> None:
    with pytest.raises(BadInput, match="broker 2 is not started, not running; choose another --node"):
        injection.inject(lab, "broker_killed", 2)
    with pytest.raises(BadInput, match="no broker of lab lab is running"):
        injection.inject(lab, "broker_frozen")
    assert injection.active(lab) == []
