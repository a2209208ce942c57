"""A KDC that does not start is told in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from kastellan.kernel.errors import Unavailable
from kastellan.lab import processes
from kastellan.lab.model import Lab, LabSpec, layout
from kastellan.lab.processes import Identity
from kastellan.lab.security import kdc


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    spec = LabSpec(brokers=1, racks=1, security="kerberos")
    (tmp_path / "kdc").mkdir()
    nodes = layout(spec, tmp_path, [1, 2], [3])
    return Lab(name="x", dir=tmp_path, cluster_id="c", kafka="4", spec=spec, nodes=nodes, kdc="127.0.0.1:8")


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("", "it said nothing"),
        (
            "INFO starting\nException in thread main: Address in use\n\tat java.base/x\n",
            "Exception in thread main: Address in use",
        ),
    ],
)
def test_a_kdc_that_ends_at_once_is_one_sentence(lab: Lab, monkeypatch: pytest.MonkeyPatch, output: str, told: str) -> None:
    (lab.dir / "kdc" / "output.log").write_text(output)
    monkeypatch.setattr(processes, "wait_recorded", lambda *_: Identity(1, 1, "boot"))
    monkeypatch.setattr(processes, "now", lambda _: None)
    with pytest.raises(Unavailable, match=f"the lab's Kerberos did not start: .*{told}$"):
        kdc._wait(lab)


def test_a_kdc_that_runs_is_not_waited_for_longer(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    (lab.dir / "kdc" / "output.log").write_text("INFO MiniKdc started.\n\nStandalone MiniKdc Running\n----\n")
    monkeypatch.setattr(processes, "wait_recorded", lambda *_: Identity(1, 1, "boot"))
    kdc._wait(lab)


def test_where_there_is_no_kerberos_nothing_is_started(tmp_path: Path) -> None:
    spec = LabSpec(brokers=1, racks=1)
    lab = Lab(name="x", dir=tmp_path, cluster_id="c", kafka="4", spec=spec, nodes=layout(spec, tmp_path, [1, 2], [3]))
    kdc.start(lab, 0)
    assert list(tmp_path.iterdir()) == []
