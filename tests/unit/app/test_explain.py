from __future__ import annotations

import pytest

from kastellan.app.explain import everything, explain
from kastellan.app.glossary import EXIT_CODES, TERMS
from kastellan.checks.catalogue import all_checks
from kastellan.kernel.errors import BadInput
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.finding import Severity
from kastellan.reference.reference_data import packaged_providers


@pytest.mark.parametrize("name", all_checks())
def test_every_check_is_explained_whole(name):
    told = explain(name)
    assert told.id == name
    for part in ("Severity", "About", "Impact", "Do", "Do not", "Undo", "Verify", "Proven by"):
        assert told.parts[part]
    assert "{" not in told.parts["Impact"] + told.parts["Expected"]


def test_a_check_is_found_by_the_last_part_of_its_name():
    assert explain("under_replicated").id == "replication.under_replicated"


def test_every_word_that_is_printed_is_in_the_glossary():
    for each in (*State, *Trouble, *Severity):
        assert each.value in TERMS


def test_terms_and_exit_codes_are_explained():
    assert explain("Visible-Only").id == "visible-only"
    assert explain("high_watermark").id == "high watermark"
    assert explain("12").parts["Meaning"] == EXIT_CODES["12"]


def test_everything_is_listed():
    told = everything().parts
    text = "\n".join(told.values())
    assert all(each in text for each in all_checks())
    assert {"exit codes", "terms"} <= told.keys()


def test_an_unknown_name_gets_the_closest():
    with pytest.raises(BadInput, match=r"replication\.under_replicated"):
        explain("replication.underreplicated")
    with pytest.raises(BadInput):
        explain("x" * 500)


@pytest.mark.parametrize("name", [each.id for each in packaged_providers().profiles])
def test_every_provider_is_explained_whole(name):
    told = explain(name)
    assert told.title in told.parts["About"]
    assert all(told.parts[part] for part in ("Recognised by", "Owners", "Unlike Kafka", "As of", "References"))


def test_a_mistyped_provider_gets_near_ones():
    with pytest.raises(BadInput, match=r"near are .*confluent-cloud"):
        explain("confluent-clowd")
