"""The first manner that the machine allows is taken, and the truth says which it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kastellan.kernel.errors import Unavailable
from kastellan.lab.faults import _enclosure, _namespace, _packets, _redirection

ROOT, ANYBODY = _namespace.AS_ROOT, _namespace.AS_ANYBODY


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    _enclosure.need.cache_clear()
    yield
    _enclosure.need.cache_clear()


@pytest.mark.parametrize(
    ("namespaces", "everywhere", "words"),
    [
        ({ROOT, ANYBODY}, True, ("a network namespace", "the kernel drops packets on both sides of it")),
        ({ANYBODY}, True, ("a network namespace in a user namespace", "the kernel drops packets on both sides of it")),
        ({ANYBODY}, False, ("a network namespace in a user namespace", "the kernel drops packets inside; outside, ")),
        (set(), True, ("a loopback address to which seccomp leads its calls", "the kernel drops packets on both sides of it")),
        (set(), False, ("a loopback address to which seccomp leads its calls", "the relay itself holds back what it carries")),
    ],
)
def test_the_manner_is_what_the_machine_allows(
    monkeypatch: pytest.MonkeyPatch, *, namespaces: set[tuple[str, ...]], everywhere: bool, words: tuple[str, str]
) -> None:
    monkeypatch.setattr(_namespace, "is_allowed", namespaces.__contains__)
    monkeypatch.setattr(_redirection, "is_allowed", lambda: True)
    monkeypatch.setattr(_packets, "may_lose", lambda: everywhere)
    assert _enclosure.manner().startswith(" behind a relay; ".join(words))


def test_a_node_enters_what_its_relay_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_packets, "may_lose", lambda: True)
    network = "/proc/7/task/8/ns/net"
    entered: list[list[str]] = []
    for allowed in (ROOT, ANYBODY, None):
        _enclosure.need.cache_clear()
        monkeypatch.setattr(_namespace, "is_allowed", lambda way, allowed=allowed: way == allowed)
        monkeypatch.setattr(_redirection, "is_allowed", lambda: True)
        entered.append(_enclosure.need().entering(network))
    assert entered[0] == ["nsenter", f"--net={network}"]
    assert entered[1] == ["nsenter", "--preserve-credentials", "--user=/proc/7/ns/user", f"--net={network}"]
    assert entered[2][-3:] == ["-m", "kastellan.lab.faults._redirection", network]


def test_where_nothing_is_allowed_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_namespace, "is_allowed", lambda way: False)
    monkeypatch.setattr(_redirection, "is_allowed", lambda: False)
    monkeypatch.setattr(_packets, "may_lose", lambda: True)
    with pytest.raises(Unavailable, match=r"no network namespaces, no user namespaces .* and no seccomp .* run the lab as root"):
        _enclosure.need()
