"""Rights for everybody."""

from __future__ import annotations

import pytest

from kastellan.model.finding import Severity, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.tables.acls import Acls
from kastellan.testing.cases import breaches, look, verdicts
from kastellan.testing.snapshots import add, healthy, hide

CHECK = "security.wildcard_acls"
RULE = {
    "resource_type": "topic",
    "resource": "*",
    "pattern_type": "literal",
    "principal": "User:*",
    "host": "*",
    "operation": "write",
    "permission": "allow",
}


def with_rule(**values: str) -> Snapshot:
    return add(healthy(), Acls, {**RULE, **values})


def test_fires_for_a_right_on_everything() -> None:
    (found,) = look(CHECK, with_rule()).findings
    assert (found.subject.kind, found.severity) == ("acl", Severity.WARNING)
    assert found.observed == "User:* may write on every topic from anywhere"


def test_fires_for_a_right_on_the_cluster() -> None:
    (found,) = look(CHECK, with_rule(resource_type="cluster", resource="kafka-cluster", operation="alter")).findings
    assert found.observed == "User:* may alter on the cluster from anywhere"


@pytest.mark.parametrize("values", [{"operation": "describe"}, {"operation": "read"}, {"host": "10.0.0.7"}])
def test_fires_as_a_remark_for_seeing_and_for_one_host(values: dict[str, str]) -> None:
    (found,) = look(CHECK, with_rule(**values)).findings
    assert found.severity is Severity.INFO


@pytest.mark.parametrize(
    "values",
    [{"principal": "User:alice"}, {"permission": "deny"}, {"resource": "orders"}, {"resource": "o", "pattern_type": "prefixed"}],
)
def test_does_not_fire_for_a_named_principal_or_resource_nor_for_a_denial(values: dict[str, str]) -> None:
    assert set(verdicts(CHECK, with_rule(**values)).values()) == {Verdict.PASS}


def test_cannot_see_rules_that_were_not_told() -> None:
    assert look(CHECK, hide(healthy(), "principal")).counts[Verdict.UNKNOWN] == 1


@pytest.mark.law
def test_keeps_the_law_of_missing_data() -> None:
    assert breaches(CHECK, healthy(), with_rule()) == []
