from __future__ import annotations

import pytest

from kastellan.config.java_properties import properties
from kastellan.kernel.errors import BadInput


def test_java_notation():
    text = "! no\n a\\ b = c d \nkey\\:1:value\\tx\nlast=one\\\\\nempty\n\n x  y\n"
    pairs = [(pair.key, pair.value) for pair in properties(text, "f")]
    assert pairs == [("a b", "c d "), ("key:1", "value\tx"), ("last", "one\\"), ("empty", ""), ("x", "y")]


def test_a_broken_escape_is_told_without_its_line():
    with pytest.raises(BadInput, match=r"f has a \\u escape without four hex digits"):
        list(properties("password=\\u00zz", "f"))


@pytest.mark.parametrize("digits", ["+123", "1_23", " 123", "12", "\u0661111"])
def test_only_four_hexadecimal_digits_are_an_escape(digits):
    with pytest.raises(BadInput, match="a path also with /"):
        list(properties(f"client.id=\\u{digits}", "f"))


def test_two_halves_make_a_character_and_one_half_is_sent_as_a_question_mark():
    (pair,) = properties("a=\\uD83D\\uDE00 \\uD83D", "f")
    assert pair.value == "\U0001f600 ?"


@pytest.mark.parametrize(
    ("value", "loses"), [("C:\\\\x", False), ("C:\\x", True), ('\\"', True), ("\\:\\=\\t\\u0041\\ ", False), ("a", False)]
)
def test_a_backslash_that_gets_lost_is_noticed(value, loses):
    (pair,) = properties(f"a={value}", "f")
    assert pair.loses_backslash is loses


def test_a_property_does_not_print_its_value():
    (pair,) = properties("password=hunter2", "f")
    assert "hunter2" not in repr(pair)
