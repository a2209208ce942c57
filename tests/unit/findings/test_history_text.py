"""What changed between two looks, in words."""

from __future__ import annotations

from collections.abc import Iterable

from kastellan.findings.history_text import change_lines
from kastellan.findings.line import Line
from kastellan.model.changes import Became, Changes, How
from kastellan.model.subject import Subject


def acl(principal: str, operation: str, how: How) -> Became:
    return Became(subject=Subject("acl", ("topic", "orders", "literal", principal, "*", operation, "allow")), how=how)


def texts(lines: Iterable[Line]) -> tuple[str, ...]:
    return tuple(line.text for line in lines)


def told(*acls: Became) -> tuple[str, ...]:
    return texts(change_lines(Changes(after_ms=0, before_ms=1, acls=acls)))


def test_what_somebody_may_do_with_something_is_one_line_and_what_was_taken_comes_first() -> None:
    assert told(
        acl("User:shop", "read", How.APPEARED), acl("User:shop", "write", How.APPEARED), acl("User:desk", "write", How.GONE)
    ) == (
        "ACL allow User:desk write on topic orders is gone",
        "ACL allow User:shop read, write on topic orders appeared",
    )


def test_many_rights_are_counted() -> None:
    gone = [acl(f"User:{number}", each, How.GONE) for number in range(4) for each in ("read", "write")]
    assert told(*gone) == ("8 ACLs are gone (ACL allow User:0 read, write on topic orders, ...)",)
