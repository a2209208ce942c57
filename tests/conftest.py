"""What all layers share: their order, their time limits, no network in the unit layer, one Hypothesis profile."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_socket

from gates.runner import LAYERS

ROOT = Path(__file__).resolve().parent.parent

# Layer -> seconds a test may take. Wide, because the machine may be loaded; a test that hangs still ends.
LIMIT_S = {"unit": 120, "gates": 240, "property": 300, "contract": 240, "docs": 600, "e2e": 900, "lab": 600}
assert tuple(LIMIT_S) == LAYERS

# A test does not find what another left behind: those that are about the past switch it on, in a place of their own.
os.environ["KASTELLAN_NO_HISTORY"] = "1"

# A loaded machine must not make a property fail by being slow. The test command tries the same examples each time, so
# that a red run is about the change at hand; `make fuzz` looks for new ones, and prints how to see them again.
_SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("kastellan", deadline=None, derandomize=True, suppress_health_check=_SLOW)
hypothesis.settings.register_profile("fuzz", deadline=None, print_blob=True, suppress_health_check=_SLOW)
hypothesis.settings.load_profile("kastellan")


@pytest.fixture(scope="session", autouse=True)
def _no_name_service() -> Iterator[None]:
    """Names below .invalid are nowhere (RFC 6761), without asking a name service that may be slow or away."""
    look_up = socket.getaddrinfo

    def looked_up(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return look_up(host, *more, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", looked_up)
        yield


def layer_of(path: Path) -> str:
    """The layer a file belongs to; the doctests of src are unit tests."""
    inside = path.relative_to(ROOT).parts
    return inside[1] if inside[0] == "tests" and len(inside) > 2 else "unit"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick layers first (after the shuffle, which stays within a layer), and a time limit by layer."""
    for item in items:
        layer = layer_of(item.path)
        assert layer in LIMIT_S, f"tests/{layer} is no layer; the layers are {', '.join(LAYERS)}"
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT_S[layer]))
    items.sort(key=lambda item: LAYERS.index(layer_of(item.path)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """No network in the unit layer. Unix sockets stay, because an asyncio loop wakes itself through a pair of them."""
    if layer_of(item.path) == "unit":
        pytest_socket.disable_socket(allow_unix_socket=True)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Give the network back to the next layer."""
    if layer_of(item.path) == "unit":
        pytest_socket.enable_socket()
