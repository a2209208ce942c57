from __future__ import annotations

import pytest

from kastellan.config.java_properties import properties
from kastellan.kernel.errors import BadInput


def test_java_notation():
    text = "! no\n a\\ b = c d \nkey\\:1:value\\tx\nlast=one\\\\\nempty\n\n x  y\n"
    assert list(properties(text, "f")) == [("a b", "c d "), ("key:1", "value\tx"), ("last", "one\\"), ("empty", ""), ("x", "y")]


def test_a_broken_escape_is_told_without_its_line():
    with pytest.raises(BadInput, match=r"f has a \\u escape without four hex digits"):
        list(properties("password=\\u00zz", "f"))
