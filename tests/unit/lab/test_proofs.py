"""What the catalogue calls proven is proven by a lab test, and every fault is told by a check or says where it is seen."""

from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.lab.injection import catalogue
from tests.lab.doctor import BESIDE, ELSEWHERE, PROOFS
from tests.lab.test_doctor import ALSO, APART, LASTING


def test_every_fault_has_a_proof_or_says_where_it_is_seen() -> None:
    assert PROOFS.keys() | ELSEWHERE.keys() == set(catalogue())
    assert not PROOFS.keys() & ELSEWHERE.keys()


def test_what_is_called_proven_is_what_the_lab_tests_prove() -> None:
    shown: dict[str, set[str]] = {}
    for fault, proof in PROOFS.items():
        shown.setdefault(proof.check, set()).add(fault)
    for fault, check in (*LASTING.items(), *APART.items(), *BESIDE.items()):
        shown.setdefault(check, set()).add(fault)
    for fault, checks in ALSO.items():
        for check in checks:
            shown.setdefault(check, set()).add(fault)
    called = {name: each.check.proven_by for name, each in all_checks().items() if each.check.proven_by}
    assert {name: fault for name, fault in called.items() if fault not in shown.get(name, ())} == {}
    assert shown.keys() <= called.keys()
