"""Every help screen: groups, width, whole sentences, examples that can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import typer.main

from kastellan.surfaces.cli import help_text
from kastellan.surfaces.cli.main import build, main, with_defaults

ELLIPSES = ("[ARGS]...", "[,...]", "COLUMN,...", "[BROKER|RACK]...")
"""Dots that say that more of the same may be typed."""


@cache
def commands() -> dict[str, Any]:
    """Every command by its words, groups included."""

    def walk(words: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield words, command
        for name, child in getattr(command, "commands", {}).items():
            yield from walk(f"{words} {name}", child)

    return dict(walk("kastellan", typer.main.get_command(build())))


def rendered(words: str) -> str:
    """The help as it is printed."""
    context = None
    command = commands()["kastellan"]
    for count in range(1, len(words.split()) + 1):
        command = commands()[" ".join(words.split()[:count])]
        context = command.context_class(command, info_name=words.split()[count - 1], parent=context, **command.context_settings)
    return command.get_help(context)


@pytest.mark.parametrize("columns", ["80", "100", "200"])
@pytest.mark.parametrize("words", commands())
def test_every_line_fits_and_no_sentence_is_cut(words, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    text = rendered(words)
    assert [line for line in text.splitlines() if len(line) > min(int(columns), 100)] == []
    assert "\\b" not in text
    assert "\b" not in text
    for allowed in ELLIPSES:
        text = text.replace(allowed, "")
    assert "..." not in text
    assert "…" not in text


def test_every_sentence_of_a_list_of_commands_is_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for words, command in commands().items():
        flat = " ".join(rendered(words).split())
        for name, child in getattr(command, "commands", {}).items():
            assert f"{name} {help_text.summary(child.help)}" in flat


def test_the_commands_stand_in_their_groups(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    headings = re.findall(r"^(\w[\w ]*):$", rendered("kastellan"), re.MULTILINE)
    assert headings == ["Examples", *help_text.PANELS, "Options", "Exit codes"]
    assert {command.rich_help_panel for command in commands()["kastellan"].commands.values()} == set(help_text.PANELS)


def test_own_options_stand_before_those_of_the_connection(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    text = rendered("kastellan get")
    assert re.findall(r"^(\w[\w ]*):$", text, re.MULTILINE) == [
        "Examples",
        "Arguments",
        "Options",
        help_text.CONNECTION,
        "Exit codes",
    ]
    assert text.index("\n  --where") < text.index("\n  --bootstrap-server")


@pytest.mark.parametrize("words", commands())
def test_every_command_has_examples_of_itself_that_parse(words):
    lines = help_text.examples(commands()[words].help)
    assert lines
    assert any(line == words or line.startswith(f"{words} ") for line in lines)
    for line in lines:
        deep = line.split()[0]
        arguments = with_defaults(shlex.split(line)[1:])
        while arguments and " ".join([deep, *arguments[:1]]) in commands():
            deep = " ".join([deep, arguments.pop(0)])
        command = commands()[deep]
        assert not hasattr(command, "commands"), f"{line} names no command"
        command.make_context(deep, arguments)


@pytest.mark.parametrize("words", commands())
def test_short_and_long_help_are_the_same(words, capsys):
    assert main([*words.split()[1:], "-h"]) == 0
    short = capsys.readouterr().out
    assert main([*words.split()[1:], "--help"]) == 0
    assert capsys.readouterr().out == short != ""


def test_a_line_that_is_continued_is_one_example():
    assert help_text.examples("A.\n\nExamples:\n  kastellan a \\\n    b\n  kastellan c\n") == ["kastellan a b", "kastellan c"]
