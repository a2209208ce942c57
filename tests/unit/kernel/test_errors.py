"""The tree of errors."""

from __future__ import annotations

import pytest

from kastellan.kernel import errors
from kastellan.kernel.errors import KastellanError, UsageError


def tree(root: type[KastellanError]) -> list[type[KastellanError]]:
    return [root, *(each for child in root.__subclasses__() if child.__module__ == errors.__name__ for each in tree(child))]


@pytest.mark.parametrize("kind", tree(KastellanError))
def test_each_speaks_one_sentence_by_default_and_has_its_place_in_the_drawing(kind: type[KastellanError]) -> None:
    assert kind().message == (kind.__doc__ or "").strip()
    assert kind("the file x is empty").message == "the file x is empty"
    assert kind.exit_code == (2 if issubclass(kind, UsageError) else 1)
    assert f"{kind.__name__} " in (errors.__doc__ or "")
