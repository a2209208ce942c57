"""Every command of ours that a check or a cause recommends exists and can be typed."""

from __future__ import annotations

import re
import shlex
from functools import cache
from typing import Any

import pytest
import typer.main

from kastellan.app.get import list_called
from kastellan.checks.catalogue import all_checks
from kastellan.diagnosis.cause import all_causes
from kastellan.surfaces.cli.main import build, with_defaults

_COMMAND = re.compile(r"kastellan [a-z][^:;()`\"]*")


@cache
def commands() -> Any:
    return typer.main.get_command(build())


def recommended() -> list[tuple[str, str]]:
    """The commands in the texts of every check and cause, each with the id."""
    declarations = [(name, registered.check) for name, registered in all_checks().items()]
    declarations += [(name, registered.cause) for name, registered in all_causes().items()]
    return [
        (name, command.group().rstrip(" .,").removesuffix(" is"))
        for name, declaration in declarations
        for field in ("do", "do_not", "verify", "undo")
        for command in _COMMAND.finditer(getattr(declaration, field, ""))
    ]


def test_commands_are_recommended() -> None:
    assert len(recommended()) > 50
    assert any("lag GROUP --watch" in line for _, line in recommended())


@pytest.mark.parametrize(("name", "line"), recommended())
def test_it_can_be_typed(name: str, line: str) -> None:
    words = with_defaults(shlex.split(line)[1:])
    command = commands()
    path = "kastellan"
    while words and words[0] in getattr(command, "commands", {}):
        path = f"{path} {words[0]}"
        command = command.commands[words.pop(0)]
    assert not hasattr(command, "commands"), f"{name}: {line} names no command"
    command.make_context(path, list(words))
    if path == "kastellan get":
        list_called(words[0])
