"""One Java process for all comparisons of a test session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.config.java import JavaClient, java_client


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them go to one worker, so that there is one Java process."""
    for item in items:
        if "java" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("java client"))


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaClient]:
    """Kafka's own client, asked what it makes of a file."""
    with java_client(tmp_path_factory.mktemp("java")) as client:
        yield client
