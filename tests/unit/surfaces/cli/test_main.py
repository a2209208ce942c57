from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from kastellan.kernel.errors import BadInput, Unreachable
from kastellan.render.documents import DOCUMENTS, schema_of
from kastellan.surfaces.cli import main as module
from kastellan.surfaces.cli.main import main, with_defaults


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (["doctor", "--watch"], ["doctor", "--watch", "10"]),
        (["doctor", "--watch", "3"], ["doctor", "--watch", "3"]),
        (["doctor", "--watch", "0.5", "-o", "json"], ["doctor", "--watch", "0.5", "-o", "json"]),
        (["doctor", "--watch", "-o", "json"], ["doctor", "--watch", "10", "-o", "json"]),
        (["doctor", "--watch=3"], ["doctor", "--watch=3"]),
    ],
)
def test_watch_takes_a_number_or_none(typed, meant):
    assert with_defaults(typed) == meant


def played(monkeypatch, error: BaseException | None):
    def command(**_):
        if error is not None:
            raise error
        return 7

    monkeypatch.setattr(module, "build", lambda: command)


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (BadInput("the file x is bad"), 2, "kastellan: the file x is bad\n"),
        (Unreachable("nobody"), 1, "kastellan: nobody\n"),
        (KeyboardInterrupt(), 130, ""),
        (RuntimeError("a\nb"), 1, "kastellan: unexpected RuntimeError: a b; --debug shows the traceback\n"),
    ],
)
def test_each_failure_is_one_sentence_and_its_exit_code(monkeypatch, capsys, error, code, told):
    played(monkeypatch, error)
    assert main(["doctor"]) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", told)


def test_debug_shows_the_traceback(monkeypatch, capsys):
    played(monkeypatch, RuntimeError("boom"))
    assert main(["doctor", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_the_exit_code_of_a_command_is_returned(monkeypatch):
    played(monkeypatch, None)
    assert main(["doctor"]) == 7


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_carries_the_id_by_which_its_schema_is_found(name):
    described = schema_of(DOCUMENTS[name])
    kinds = get_args(DOCUMENTS[name]) or (DOCUMENTS[name],)
    assert len(described.get("anyOf", [described])) == len(kinds)
    assert all(each["$ref"].startswith("#/$defs/") for each in described.get("anyOf", [described]))
    for kind in kinds:
        fields = {each.name: each for each in msgspec.structs.fields(kind)}
        if name != "kastellan.snapshot/2":
            assert fields["schema"].default == name
