"""The documentation's settings: Sphinx, MyST Markdown, furo. Built with every warning an error (`make docs`)."""

import tomllib
from pathlib import Path

_PROJECT = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text())["project"]

project = "Kastellan"
author = "The Kastellan authors"
copyright = "The Kastellan authors, Apache License 2.0"
version = release = _PROJECT["version"]

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "furo"
html_title = f"Kastellan {version}"
html_copy_source = False
html_show_sphinx = False
