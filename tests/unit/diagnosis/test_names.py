from __future__ import annotations

from kastellan.checks.catalogue import all_checks
from kastellan.diagnosis.cause import all_causes


def test_a_cause_is_named_after_its_file():
    assert list(all_causes()) == sorted(all_causes(), key=lambda each: all_causes()[each].cause.rank)
    for name, each in all_causes().items():
        assert each.find.__module__ == f"kastellan.diagnosis.causes.{name}"


def test_causes_speak_in_an_order():
    assert len({each.cause.rank for each in all_causes().values()}) == len(all_causes())


def test_a_cause_tames_only_checks_that_exist():
    for each in all_causes().values():
        assert set(each.cause.downgrades) <= all_checks().keys() | {"controller.no_majority_margin"}


def test_every_cause_says_what_to_do_and_what_not_to_do():
    for each in all_causes().values():
        assert all((each.cause.do, each.cause.do_not, each.cause.verify, each.cause.title))
        assert "**What it means.**" in each.about
