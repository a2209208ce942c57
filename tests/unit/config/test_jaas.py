from __future__ import annotations

import pytest

from kastellan.config.jaas import login_module
from kastellan.kernel.errors import BadInput


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ('a.b.PlainLoginModule required username="alice" password="p=;\\"q";', {"username": "alice", "password": 'p=;"q'}),
        ("PlainLoginModule required username='alice' password=plain;", {"username": "alice", "password": "plain"}),
        ('X Required a = "1"\n  b= "" // told\n /* and\nmore */ ;', {"a": "1", "b": ""}),
        ("X sufficient;", {}),
        ('X required a="\\101\\477\\q" b=x-1;', {"a": "A'7q", "b": "x-1"}),
    ],
)
def test_options_are_read_as_java_reads_them(text, options):
    module = login_module(text, "f")
    assert {name: value.reveal() for name, value in module.options.items()} == options
    assert "alice" not in repr(module)


def test_the_module_is_named_and_flags_are_words():
    module = login_module('a.b.ScramLoginModule required tokenauth="TRUE" empty="";', "f")
    assert (module.name, module.short) == ("a.b.ScramLoginModule", "ScramLoginModule")
    assert module.is_true("tokenauth")
    assert not module.is_true("other")
    assert module.text("empty") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "does not begin with a login module"),
        ('username="hunter2" password="hunter2";', "does not begin with a login module"),
        ('X required password="hunter2"', "does not end with a semicolon"),
        ('X required password="hunter2;', "close the quotation mark"),
        ("X required password hunter2;", "an option that is not NAME="),
        ("X required password=;", "an option that is not NAME="),
        ("X required password=hun/ter2;", "put values with a slash in double quotes"),
        ("X required password=12345;", "put each value in double quotes"),
        ('X required password="hunter2"; Y required a="b";', "one login module"),
    ],
)
def test_what_cannot_be_read_is_told_without_a_value(text, told):
    with pytest.raises(BadInput) as refused:
        login_module(text, "sasl.jaas.config of f")
    assert told in refused.value.message
    assert refused.value.message.startswith("sasl.jaas.config of f ")
    assert "hunter2" not in refused.value.message
