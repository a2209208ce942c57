from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Annotated, Any

import msgspec
import polars as pl
import pytest

from kastellan.checks.catalogue import RegisteredCheck, all_checks
from kastellan.checks.check import Check, Setting, Verdicts, sentence
from kastellan.checks.evaluate import evaluate_all, evaluate_one, settings_of, subjects_of
from kastellan.engine.needs import Earlier
from kastellan.kernel.errors import BadInput
from kastellan.model.finding import Severity, UnknownKind, Verdict
from kastellan.model.snapshot import Snapshot
from kastellan.model.subject import Subject
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.reference.reference_data import packaged_releases
from kastellan.testing.snapshots import edit, failed_answer, healthy, hide
from kastellan.views.catalogue import all_views

CLUSTER = Subject("cluster", ())


def check(evaluate: Callable[..., Verdicts], name: str = "test.one", **more: Any) -> RegisteredCheck:
    words = {"observed": "bad", "expected": "good", "impact": "", "do": "", "do_not": "", "verify": ""}
    return RegisteredCheck(Check(id=name, title=name, severity=Severity.WARNING, **{**words, **more}), evaluate, "About it.")


def led_by_1(partitions: Partitions) -> Verdicts:
    return Verdicts("partition", partitions.df.select("topic", "partition", fails=pl.col("leader") == 1))


def test_true_false_and_null_are_fail_pass_and_unknown() -> None:
    snapshot, answer = failed_answer(healthy())
    snapshot = edit(snapshot, Partitions, {"topic": "orders", "partition": 1}, leader=None, answer=answer)
    result = evaluate_one(check(led_by_1), snapshot, all_views())
    assert result.counts == {Verdict.FAIL: 2, Verdict.PASS: 3, Verdict.UNKNOWN: 1}
    assert {each.subject.key for each in result.findings} == {("orders", 0), ("payments", 0)}
    (doubt,) = result.unknown
    assert doubt.reason == "something of broker/2 failed: it did not answer in time"
    assert (doubt.count, doubt.answers, doubt.examples) == (1, (answer,), (Subject("partition", ("orders", 1)),))


def test_evidence_names_the_answers_of_every_table_that_was_used() -> None:
    def evaluate(partitions: Partitions, brokers: Brokers) -> Verdicts:
        return led_by_1(partitions)

    snapshot, answer = failed_answer(healthy())
    snapshot = edit(snapshot, Brokers, {"broker": 2}, answer=answer)
    assert all(each.evidence == (1, answer) for each in evaluate_one(check(evaluate), snapshot, all_views()).findings)


def test_a_crash_is_an_unknown_verdict_that_names_the_check() -> None:
    def evaluate(partitions: Partitions) -> Verdicts:
        msg = "no such thing"
        raise KeyError(msg)

    ill, well = check(evaluate, "test.ill"), check(led_by_1, "test.well")
    told = {each.check: each for each in evaluate_all(healthy(), {"test.ill": ill, "test.well": well}, all_views())}
    assert told["test.ill"].crashed
    assert told["test.ill"].counts == {Verdict.UNKNOWN: 1}
    assert told["test.ill"].unknown[0].reason == "the check test.ill crashed: KeyError: 'no such thing'"
    assert told["test.well"].findings


def test_a_subject_that_the_check_dropped_is_unknown() -> None:
    def evaluate(partitions: Partitions) -> Verdicts:
        return Verdicts("partition", led_by_1(partitions).frame.lazy().filter(pl.col("partition") > 0))

    result = evaluate_one(check(evaluate), healthy(), all_views())
    assert result.counts == {Verdict.PASS: 4, Verdict.UNKNOWN: 2}
    assert result.unknown[0].reason == "the check gave no answer for it"


def test_a_check_of_the_cluster_that_returns_no_row_is_unknown() -> None:
    def evaluate(brokers: Brokers) -> Verdicts:
        return Verdicts("cluster", brokers.df.filter(pl.col("broker") > 9).select(fails="fenced"))

    assert subjects_of(check(evaluate), healthy(), all_views()) == {CLUSTER: Verdict.UNKNOWN}


def test_a_subject_judged_twice_is_a_defect_of_the_check() -> None:
    def evaluate(replicas: Replicas) -> Verdicts:
        return Verdicts("partition", replicas.df.select("topic", "partition", fails=~pl.col("in_sync")))

    result = evaluate_one(check(evaluate), healthy(), all_views())
    assert result.crashed
    assert "judged one partition more than once" in result.unknown[0].reason


def test_a_result_without_its_columns_is_a_defect_of_the_check() -> None:
    def evaluate(partitions: Partitions) -> Verdicts:
        return Verdicts("partition", partitions.df.select("topic", fails=pl.lit(value=False)))

    assert "returned no column partition" in evaluate_one(check(evaluate), healthy(), all_views()).unknown[0].reason


def any_broker_away(brokers: Brokers) -> Verdicts:
    return Verdicts.cluster(fails=any(each.listed is False for each in brokers.rows), applies=len(brokers.rows) > 1)


def test_a_verdict_over_many_rows_does_not_stand_while_some_could_not_be_listed() -> None:
    well, ill = healthy(), edit(healthy(), Brokers, {"broker": 1}, listed=False)
    assert subjects_of(check(any_broker_away), hide(well, "broker", 3), all_views()) == {CLUSTER: Verdict.UNKNOWN}
    assert subjects_of(check(any_broker_away), hide(ill, "broker", 3), all_views()) == {CLUSTER: Verdict.UNKNOWN}


def test_a_monotone_fail_stands_whatever_else_there_may_be() -> None:
    ill = hide(edit(healthy(), Brokers, {"broker": 1}, listed=False), "broker", 3)
    assert subjects_of(check(any_broker_away, monotone=True), ill, all_views()) == {CLUSTER: Verdict.FAIL}
    assert subjects_of(check(any_broker_away, monotone=True), hide(healthy(), "broker", 3), all_views()) == {
        CLUSTER: Verdict.UNKNOWN
    }


def test_not_applicable_does_not_stand_on_rows_that_could_not_be_listed() -> None:
    one = healthy(brokers=1, rf=1)
    assert subjects_of(check(any_broker_away), one, all_views()) == {CLUSTER: Verdict.NOT_APPLICABLE}
    assert subjects_of(check(any_broker_away), hide(one, "broker"), all_views()) == {CLUSTER: Verdict.UNKNOWN}


def test_a_verdict_on_one_member_stands_though_others_could_not_be_listed() -> None:
    result = evaluate_one(check(led_by_1), hide(healthy(), "topic", "payments"), all_views())
    assert (result.counts[Verdict.FAIL], result.counts[Verdict.PASS]) == (1, 2)
    assert result.unknown[-1].reason.startswith("some topics could not be listed")


def test_a_need_that_cannot_be_met_is_the_reason() -> None:
    def evaluate(now: Partitions, before: Annotated[Partitions, Earlier(min_s=30)]) -> Verdicts:
        return led_by_1(now)

    result = evaluate_one(check(evaluate), healthy(), all_views())
    assert result.counts == {Verdict.UNKNOWN: 1}
    assert result.unknown[0].reason == "needs an earlier look; look again in 30 s, or use --watch"
    looked = healthy().after(healthy(at_ms=healthy().at_ms - 30_000))
    assert evaluate_one(check(evaluate), looked, all_views()).counts == {Verdict.FAIL: 2, Verdict.PASS: 4}


def test_an_optional_need_is_none_and_casts_no_doubt() -> None:
    seen: list[bool] = []

    def evaluate(now: Partitions, brokers: Brokers | None, before: Annotated[Partitions, Earlier(min_s=30)] | None) -> Verdicts:
        seen.append(brokers is None)
        assert before is None
        return led_by_1(now)

    known = {Verdict.FAIL: 2, Verdict.PASS: 4}
    assert evaluate_one(check(evaluate), hide(healthy(), "broker", 2), all_views()).counts == known
    assert seen == [False]


def test_a_need_that_is_no_table_is_a_defect() -> None:
    def evaluate(partitions: dict[str, int]) -> Verdicts:
        raise AssertionError

    assert (
        "asks for dict[str, int], which is no table, view or setting"
        in evaluate_one(check(evaluate), healthy(), all_views()).unknown[0].reason
    )


SETTING = Setting(name="most", default=1, unit="partitions", meaning="", low=0, high=10)


def leads_many(partitions: Partitions, brokers: Brokers, most: float) -> Verdicts:
    led = partitions.df["leader"].to_list()
    return Verdicts.rows("broker", [{"broker": each.broker, "fails": led.count(each.broker) > most} for each in brokers.rows])


def test_settings_reach_the_check_and_its_sentences() -> None:
    judgement = check(leads_many, settings=(SETTING,), expected="at most {most:g}")
    assert evaluate_one(judgement, healthy(), all_views()).findings[0].expected == "at most 1"
    assert evaluate_one(judgement, healthy(), all_views(), {"most": 2}).counts == {Verdict.PASS: 3}
    (result,) = evaluate_all(healthy(), {"test.one": judgement}, all_views(), {"test.one": {"most": 0}})
    assert result.findings[0].expected == "at most 0"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"least": 3}, "test.one has no setting 'least'; it has most: correct the name or take it out"),
        ({"most": 11}, "test.one: most is 11; give a value from 0 to 10 partitions"),
    ],
)
def test_a_setting_that_does_not_exist_or_is_out_of_bounds_is_refused(given: dict[str, float], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        settings_of(check(leads_many, settings=(SETTING,)).check, given)
    assert says in str(caught.value)


def test_a_consequence_names_what_it_follows_from() -> None:
    snapshot = edit(healthy(), Replicas, {"broker": 2}, in_sync=False)
    snapshot = edit(snapshot, Brokers, {"broker": 2}, fenced=True, listed=False, reached=False, trouble="refused")
    results = evaluate_all(snapshot, all_checks(), all_views(packaged_releases()))
    roots = [(each.check, each.subject.text) for result in results for each in result.findings if not each.explained_by]
    assert roots == [("brokers.fenced", "broker/2")]
    assert results[0].check == "brokers.fenced"


def test_a_consequence_of_what_did_not_fail_stands_alone() -> None:
    snapshot = edit(healthy(), Replicas, {"topic": "orders", "partition": 1, "broker": 2}, in_sync=False)
    told = {each.check: each for each in evaluate_all(snapshot, all_checks(), all_views(packaged_releases()))}
    assert told["replication.under_replicated"].findings[0].explained_by == ()


def test_time_is_told_by_the_timer_that_was_handed_in() -> None:
    ticks = count()
    (result,) = evaluate_all(healthy(), {"test.one": check(led_by_1)}, all_views(), timer=lambda: float(next(ticks)))
    assert result.took_ms == 1000
    (result,) = evaluate_all(healthy(), {"test.one": check(led_by_1)}, all_views())
    assert result.took_ms == 0


def test_a_sentence_tells_lists_and_what_is_null() -> None:
    assert (
        sentence("{brokers} of {all:count}, {size:bytes}", {"brokers": [1, 2], "all": 1200, "size": None}) == "1, 2 of 1,200, ?"
    )
    assert sentence("{flag} {number} {part}", {"flag": True, "number": 1, "part": 1.0}) == "True 1 1.0"


def test_an_empty_value_of_a_complete_answer_is_named() -> None:
    snapshot = edit(healthy(), Partitions, {"topic": "orders", "partition": 1}, leader=None)
    (unknown,) = evaluate_one(check(led_by_1), snapshot, all_views()).unknown
    assert (unknown.kind, unknown.columns) == (UnknownKind.VALUES, ("partitions.leader",))
    assert unknown.reason == "no value was seen for partitions.leader"
    assert unknown.examples == (Subject("partition", ("orders", 1)),)


def test_unknown_verdicts_have_a_kind() -> None:
    def waiting(partitions: Partitions) -> Verdicts:
        return Verdicts("partition", partitions.df.select("topic", "partition", fails=None, waits=True, why=pl.lit("later")))

    def before(_: Annotated[Partitions, Earlier(min_s=30)]) -> Verdicts:
        raise AssertionError

    def crash(_: Partitions) -> Verdicts:
        raise KeyError

    def kind(evaluate: Callable[..., Verdicts], snapshot: Snapshot) -> UnknownKind:
        return evaluate_one(check(evaluate), snapshot, all_views()).unknown[-1].kind

    assert kind(waiting, healthy()) is UnknownKind.EARLIER_LOOK
    assert kind(before, healthy()) is UnknownKind.EARLIER_LOOK
    assert kind(crash, healthy()) is UnknownKind.CRASHED
    assert kind(led_by_1, msgspec.structs.replace(healthy(), tables={})) is UnknownKind.NOT_COLLECTED
    assert kind(led_by_1, hide(healthy(), "topic")) is UnknownKind.NOT_LISTED
