"""What a verdict is about."""

from __future__ import annotations

import pytest

from kastellan.kernel.errors import Defect
from kastellan.model.subject import KINDS, Subject


@pytest.mark.parametrize(
    ("kind", "key", "text"),
    [
        ("cluster", (), "cluster"),
        ("broker", (3,), "broker/3"),
        ("partition", ("orders", 7), "orders-7"),
        ("partition", (None, None), "(partitions not seen)"),
        ("log_dir", (3, "/data2"), "broker/3 /data2"),
        ("log_dir", (3, None), "broker/3 (directories not seen)"),
        ("group_partition", ("billing", "orders", 7), "group/billing on orders-7"),
        ("group_partition", ("billing", None, None), "group/billing on (partitions not seen)"),
        ("transaction", ("payer",), "transaction/payer"),
        ("broker_config", ("num.partitions",), "config num.partitions"),
        ("member", ("billing", "m-1"), "group/billing member m-1"),
        ("member", ("billing", None), "group/billing (members not seen)"),
        (
            "acl",
            ("topic", "pay", "prefixed", "User:app", "10.0.0.1", "read", "allow"),
            "ACL allow User:app read on topic pay* from 10.0.0.1",
        ),
        ("scram_user", ("app", "SCRAM-SHA-512"), "user app SCRAM-SHA-512"),
        ("quota", ("user=app", "producer_byte_rate"), "producer_byte_rate of user=app"),
        ("share_partition", ("billing", "orders", 7), "group/billing on orders-7"),
    ],
)
def test_text(kind: str, key: tuple[str | int | None, ...], text: str) -> None:
    assert Subject(kind, key).text == text


def test_every_kind_has_a_text_and_its_key_by_name() -> None:
    for kind in KINDS.values():
        subject = Subject(kind.name, tuple("x" for _ in kind.key))
        assert subject.text
        assert tuple(subject.fields) == kind.key


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Defect, match="planet is not a kind"):
        Subject("planet", ())


def test_equal_subjects_are_one() -> None:
    assert len({Subject("broker", (1,)), Subject("broker", (1,)), Subject("node", (1,))}) == 2
