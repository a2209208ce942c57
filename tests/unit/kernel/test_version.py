from __future__ import annotations

import tomllib
from pathlib import Path

from kastellan.kernel.version import VERSION


def test_the_version_is_that_of_the_project():
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
