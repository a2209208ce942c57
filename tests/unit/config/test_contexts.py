from __future__ import annotations

import pytest

from kastellan.config.contexts import Context, check_name, contexts
from kastellan.kernel.errors import BadInput

GOOD = """
current = "prod-eu"

[context.prod-eu]
bootstrap = "a:9092,b:9092"
command_config = "prod.properties"
controllers = "c:9093"
resolve = ["a:9092=127.0.0.1:1"]
proxy = "socks5://bastion:1080"
timeout = 10
notes = "ask the platform team"

[context.dev]
"""


def test_contexts_are_read_by_name():
    found = contexts(GOOD, "f")
    assert found.current == "prod-eu"
    assert found.by_name["prod-eu"] == Context(
        bootstrap="a:9092,b:9092",
        command_config="prod.properties",
        controllers="c:9093",
        resolve=("a:9092=127.0.0.1:1",),
        proxy="socks5://bastion:1080",
        timeout=10.0,
        notes="ask the platform team",
    )
    assert found.by_name["dev"] == Context()
    assert contexts("", "f").by_name == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("current = ", "f is no TOML: invalid value (at end of document)"),
        ("[context.a]\nbootstrap = 5", "f, [context.a]: expected `str | null`, got `int` - at `bootstrap`"),
        ("[context.a]\nbootstraps = 'x'", "f, [context.a]: object contains unknown field `bootstraps`"),
        ("[contexts.a]", "f has 'contexts' at its top"),
        ("context = 3", "each context a table [context.NAME]"),
        ("current = 3", "`current` is a name"),
        ("current = 'no'\n[context.a]", "f: current names the context 'no'; there are: a"),
        ("[context.'a b']", "'a b' cannot be the name of a context"),
        (
            "[context.a]\nproxy = 'socks5://u:hunter2@h:1'",
            "f, [context.a]: proxy holds a password, and this file holds no secrets",
        ),
        ("[context.a]\nproxy = 'ftp://u:hunter2@h:1'", "f, [context.a]: proxy is no proxy"),
    ],
)
def test_a_bad_file_is_one_sentence_with_the_place(text, told):
    with pytest.raises(BadInput) as refused:
        contexts(text, "f")
    assert told in refused.value.message
    assert "hunter2" not in refused.value.message
    assert "\n" not in refused.value.message


def test_a_name_that_is_not_there_lists_those_that_are():
    with pytest.raises(BadInput, match="--context names the context 'x'; there are: dev, prod-eu"):
        contexts(GOOD, "f").get("x", "--context")
    with pytest.raises(BadInput, match="none yet; `kastellan context add NAME`"):
        contexts("", "f").get("x", "--context")


@pytest.mark.parametrize("name", ["", "-x", ".x", "a b", "a/b", "ü", "a\n"])
def test_names_are_words(name):
    with pytest.raises(BadInput):
        check_name(name)
