"""The size gate counts code, not explanation, and names what is too large."""

from __future__ import annotations

import ast
from pathlib import Path

from gates import sizes

LONG_FUNCTION = "def f():\n" + "    x = 1\n" * 61


def test_blank_lines_comments_and_docstrings_are_free() -> None:
    source = '"""Doc.\n\nMore."""\n\n# why\nx = (\n    1,\n\n    2,\n)\n\n\ndef f():\n    """Doc."""\n    return x\n'
    assert len(sizes.code_lines(source, ast.parse(source))) == 6


def test_a_file_is_warned_about_then_refused() -> None:
    assert sizes.evaluate(Path("a.py"), "x = 1\n" * 400) == ([], [])
    assert sizes.evaluate(Path("a.py"), "x = 1\n" * 401)[0] == ["a.py: 401 code lines; split it before it has 700"]
    assert sizes.evaluate(Path("a.py"), "x = 1\n" * 701)[1] == ["a.py: 701 code lines; 700 is the limit"]


def test_data_may_be_long() -> None:
    assert sizes.evaluate(Path("sizes_data.py"), "x = 1\n" * 701) == ([], [])


def test_a_long_function_is_refused_even_in_data() -> None:
    assert sizes.evaluate(Path("a_data.py"), LONG_FUNCTION)[1] == ["a_data.py:1: f has 62 code lines; 60 is the limit"]
