"""Rights of the lab's principals: made, taken away and counted by the protocol, asked of a broker as the lab itself."""

from __future__ import annotations

import hashlib
import os
import struct
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Unavailable
from kastellan.lab import nodes, probe
from kastellan.lab.model import Lab
from kastellan.lab.probe import Where
from kastellan.lab.security.principals import LEVELS
from kastellan.model.rights import rights_of

_CREATE, _DELETE, _DESCRIBE, _SET_PASSWORDS = 30, 31, 29, 51
_VERSION = 1
_ANY, _LITERAL, _ALLOW = 1, 3, 3
_EVERY_HOST = "*"
_TYPES: Mapping[str, int] = {"Topic": 2, "Group": 3, "Cluster": 4, "TransactionalId": 5, "DelegationToken": 6, "User": 7}
_OPERATIONS: Mapping[str, int] = {
    "All": 2, "Read": 3, "Write": 4, "Create": 5, "Delete": 6, "Alter": 7, "Describe": 8, "ClusterAction": 9,
    "DescribeConfigs": 10, "AlterConfigs": 11, "IdempotentWrite": 12, "CreateTokens": 13, "DescribeTokens": 14,
}  # fmt: skip
_HASHES: Mapping[int, str] = {1: "sha256", 2: "sha512"}
"""Kafka's numbers of the SCRAM mechanisms."""
_ITERATIONS, _SALT_BYTES = 4_096, 24
_WAIT_S, _POLL_S = 60.0, 0.1


class Acl(msgspec.Struct, frozen=True):
    """A principal may do something, from everywhere, with a resource named literally (`*` is every one)."""

    principal: str
    operation: str
    resource: str
    name: str


def grant_levels(lab: Lab) -> None:
    """Give the principals of each level of sight their rights, and wait until every broker knows them."""
    if lab.spec.is_secured:
        add(
            lab,
            [
                Acl(principal, right.operation, right.resource, right.name)
                for principal, level in LEVELS.items()
                for right in rights_of(level)
            ],
        )


def add(lab: Lab, acls: Iterable[Acl]) -> None:
    """Make these, and wait until every running broker lists them. Raises `Unavailable` when it would not."""
    wanted = frozenset(acls)
    _change(lab, _CREATE, b"".join(_pack(acl) for acl in wanted), len(wanted))
    _wait(lab, lambda there: wanted <= there)


def remove(lab: Lab, acls: Iterable[Acl]) -> None:
    """Take these away, and wait until no running broker lists them. Raises `Unavailable` when it would not."""
    unwanted = frozenset(acls)
    _change(lab, _DELETE, b"".join(_pack(acl) for acl in unwanted), len(unwanted))
    _wait(lab, lambda there: not unwanted & there)


def set_passwords(lab: Lab, secrets: Mapping[str, str]) -> None:
    """Make these the passwords of the SCRAM users of these names. Raises `Unavailable` when no broker would.

    By request (KIP-554), because a ZooKeeper cluster is not formatted and so has no users when it starts.
    """
    users = [_salt(name, secret, number) for name, secret in secrets.items() for number in _HASHES]
    body = b"\1" + _short(len(users)) + b"".join(users) + b"\0"
    deadline = Deadline.after(_WAIT_S)
    while True:
        for node in lab.brokers:
            answer = probe.ask(node.door, _SET_PASSWORDS, 0, body, _WAIT_S, flexible=True)
            if answer is not None and _all_set(answer):
                return
        if deadline.passed:
            msg = f"the passwords of lab {lab.name} were not set; see `kastellan lab logs`"
            raise Unavailable(msg)
        time.sleep(_POLL_S)


def list_acls(where: Where) -> frozenset[Acl] | None:
    """Every literal rule that allows something, as this broker knows them; None when it does not answer or refuses."""
    body = struct.pack(">bhbhhbb", _ANY, -1, _ANY, -1, -1, _ANY, _ANY)
    answer = probe.ask(where, _DESCRIBE, _VERSION, body, _WAIT_S)
    if answer is None:
        return None
    read = probe.Reader(answer)
    read.take("i")
    if read.take("h"):
        return None
    read.text()
    types = {number: name for name, number in _TYPES.items()}
    operations = {number: name for name, number in _OPERATIONS.items()}
    acls: set[Acl] = set()
    for _ in range(read.take("i")):
        kind, name, pattern = read.take("b"), read.text(), read.take("b")
        for _ in range(read.take("i")):
            principal, _, operation, permission = read.text(), read.text(), read.take("b"), read.take("b")
            if (pattern, permission) == (_LITERAL, _ALLOW):
                acls.add(Acl(principal.removeprefix("User:"), operations[operation], types[kind], name))
    return frozenset(acls)


def _salt(name: str, secret: str, mechanism: int) -> bytes:
    salt = os.urandom(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac(_HASHES[mechanism], secret.encode(), salt, _ITERATIONS)
    raw = name.encode()
    numbers = struct.pack(">bi", mechanism, _ITERATIONS)
    return _short(len(raw)) + raw + numbers + _short(len(salt)) + salt + _short(len(salted)) + salted + b"\0"


def _short(size: int) -> bytes:
    """The length of a compact text, array or bytes; ours are all short enough for one byte."""
    return struct.pack(">B", size + 1)


def _all_set(answer: bytes) -> bool:
    read = probe.Reader(answer)
    read.take("i")
    for _ in range(read.take("B") - 1):
        for _ in range(read.take("B") - 1):
            read.take("b")
        if read.take("h"):
            return False
        read.take("h")  # no message, no tags
    return True


def _pack(acl: Acl) -> bytes:
    """The same bytes make a rule and find it."""
    texts = (acl.name, f"User:{acl.principal}", _EVERY_HOST)
    name, principal, host = (struct.pack(">h", len(text.encode())) + text.encode() for text in texts)
    start, middle = struct.pack(">b", _TYPES[acl.resource]), struct.pack(">b", _LITERAL)
    return start + name + middle + principal + host + struct.pack(">bb", _OPERATIONS[acl.operation], _ALLOW)


def _change(lab: Lab, key: int, packed: bytes, count: int) -> None:
    """Send one request until a broker has carried it out; doing it again changes nothing."""
    deadline = Deadline.after(_WAIT_S)
    reason = "no broker answered"
    while True:
        for node in lab.brokers:
            answer = probe.ask(node.door, key, _VERSION, struct.pack(">i", count) + packed, _WAIT_S)
            codes = [] if answer is None else [error for error in _errors(answer, key) if error]
            if answer is not None and not codes:
                return
            reason = f"broker {node.id} refused with error {codes[0]}" if codes else reason
        if deadline.passed:
            msg = f"the rights of the principals of lab {lab.name} were not changed ({reason}); see `kastellan lab logs`"
            raise Unavailable(msg)
        time.sleep(_POLL_S)


def _errors(answer: bytes, key: int) -> Iterable[int]:
    read = probe.Reader(answer)
    read.take("i")
    for _ in range(read.take("i")):
        yield read.take("h")
        read.text()
        if key == _DELETE:
            _skip_matches(read)


def _skip_matches(read: probe.Reader) -> None:
    for _ in range(read.take("i")):
        read.take("h")
        read.text()
        for form in ("b", "", "b", "", "", "b", "b"):
            read.take(form) if form else read.text()


def _wait(lab: Lab, condition: Callable[[frozenset[Acl]], bool]) -> None:
    deadline = Deadline.after(_WAIT_S)
    for node in lab.brokers:
        while nodes.state(node) == "running" and not condition(list_acls(node.door) or frozenset()):
            if deadline.passed:
                msg = f"broker {node.id} of lab {lab.name} does not see the new rights; see `kastellan lab logs`"
                raise Unavailable(msg)
            time.sleep(_POLL_S)
