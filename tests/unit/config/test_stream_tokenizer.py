"""The corners of Java's StreamTokenizer, with the values that the Java class gives (the contract tests compare the two)."""

from __future__ import annotations

import pytest

from kastellan.config.stream_tokenizer import Token, tokens


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.b_c$-1 = 'x'", [("", "a.b_c$-1"), ("=", None), ("'", "x")]),
        ("p=12345;", [("", "p"), ("=", None), ("", None), (";", None)]),
        ("-1.5.2x", [("", None), ("", None), ("", "x")]),
        ("-a", [("-", None), ("", "a")]),
        ("a/b;\nc", [("", "a"), ("", "c")]),
        ("a/*b\n*/c//d\r e", [("", "a"), ("", "c"), ("", "e")]),
        ("a /* no end", [("", "a")]),
        ('"open\n;', [('"', "open"), (";", None)]),
        ('"open', [('"', "open")]),
        (r'"\101\60\7\477\08\q\n\""', [('"', "A0\a'7\x008q\n\"")]),
        ('"\\', [('"', "\uffff")]),
        ("a\x85b", [("", "a"), ("\x85", None), ("", "b")]),
        ("grün\u20ac", [("", "grün\u20ac")]),
        ("a@b", [("", "a"), ("@", None), ("", "b")]),
        ("", []),
    ],
)
def test_words_are_those_of_the_java_class(text: str, words: list[tuple[str, str | None]]) -> None:
    assert [(token.sign, token.text) for token in tokens(text)] == words


def test_a_token_does_not_print_its_text() -> None:
    assert "hunter2" not in repr(Token('"', "hunter2"))
