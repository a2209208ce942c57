from __future__ import annotations

from collections.abc import Iterable

import msgspec

from kastellan.checks.check import Check
from kastellan.findings.line import Line
from kastellan.findings.summary import summarize, too_little
from kastellan.findings.unseen_text import bad_answers
from kastellan.kernel.outcome import State, Trouble
from kastellan.model.answer import Answer, broker_peer
from kastellan.model.diagnosis import CauseFound
from kastellan.model.finding import CheckResult, Finding, Severity, UnknownKind, UnknownVerdicts, Verdict
from kastellan.model.report import Report, Shape
from kastellan.model.snapshot import Cost, Vantage
from kastellan.model.subject import Subject


def check(name: str, severity: Severity) -> Check:
    return Check(
        id=name, title=f"Title of {name}", severity=severity, observed="", expected="", impact="Impact on {brokers_left}",
        do="Do it", do_not="Do not do that", verify="Look",
    )  # fmt: skip


CHECKS = {
    each.id: each
    for each in (
        check("brokers.fenced", Severity.WARNING),
        check("replication.offline", Severity.ERROR),
        check("replication.behind", Severity.WARNING),
        check("topology.one_rack", Severity.INFO),
    )
}


def finding(name: str, subject: Subject, severity: Severity | None = None, because=(), **facts) -> Finding:
    return Finding(
        check=name, subject=subject, severity=severity or CHECKS[name].severity, observed="seen", expected="wanted", facts=facts,
        evidence=(1,), explained_by=tuple(because),
    )  # fmt: skip


def result(name: str, *findings: Finding, passed: int = 0, unknown: tuple[UnknownVerdicts, ...] = ()) -> CheckResult:
    counts = {Verdict.FAIL: len(findings), Verdict.PASS: passed, Verdict.UNKNOWN: sum(each.count for each in unknown)}
    return CheckResult(
        check=name, counts={key: value for key, value in counts.items() if value}, findings=findings, unknown=unknown
    )


def report(*results: CheckResult, answers: tuple[Answer, ...] = (), notes: tuple[str, ...] = ()) -> Report:
    return Report(
        at_ms=1_750_000_000_000, cluster_id="c1", vantage=Vantage(host="bastion", bootstrap="b:1"),
        shape=Shape(kafka="4.3 or newer (by metadata.version 30)", mode="KRaft", brokers=3, brokers_answered=2, partitions=10),
        results=results, answers=answers, collections=2, cost=Cost(requests=12, received_bytes=2048), notes=notes,
    )  # fmt: skip


def answer(number: int = 1, request: str = "Metadata", broker: int = 1, state: State = State.COMPLETE, **more) -> Answer:
    return Answer(id=number, source="kafka", request=request, peer=broker_peer(broker), state=state, sent_ms=0, **more)


def broker(number: int) -> Subject:
    return Subject("broker", (number,))


def texts(lines: Iterable[Line]) -> list[str]:
    return [line.text for line in lines]


def orders(number: int) -> Subject:
    return Subject("partition", ("orders", number))


def test_a_cause_is_one_problem_that_names_what_it_explains_and_is_as_bad_as_that():
    cause = ("brokers.fenced", broker(2))
    told = summarize(
        report(
            result("brokers.fenced", finding("brokers.fenced", broker(2), brokers_left=2)),
            result("replication.offline", finding("replication.offline", orders(0), because=[cause], brokers_left=1)),
            result("replication.behind", *(finding("replication.behind", orders(each), because=[cause]) for each in range(4))),
            answers=(answer(),),
        ),
        CHECKS,
    )
    (problem,) = told.problems
    assert problem.check == "brokers.fenced"
    assert problem.severity is Severity.ERROR
    assert [(each.check, each.count) for each in problem.explains] == [("replication.offline", 1), ("replication.behind", 4)]
    assert problem.impact[0].text == "Impact on 2"
    assert problem.impact[1].text == "orders-0: Impact on 1"
    assert "4 partitions (orders-0, orders-1, orders-2, ...)" in problem.explains[1].text
    assert [line.text for line in problem.evidence] == ["seen (expected: wanted)", "told by Metadata of broker/1"]
    assert told.verdict.startswith("1 ERROR:")


def test_a_chain_of_causes_is_told_under_its_beginning():
    told = summarize(
        report(
            result("brokers.fenced", finding("brokers.fenced", broker(2))),
            result("replication.behind", finding("replication.behind", orders(1), because=[("brokers.fenced", broker(2))])),
            result("replication.offline", finding("replication.offline", orders(1), because=[("replication.behind", orders(1))])),
        ),
        CHECKS,
    )
    assert [each.check for each in told.problems] == ["brokers.fenced"]
    assert {each.check for each in told.problems[0].explains} == {"replication.behind", "replication.offline"}


def test_findings_that_explain_each_other_in_a_circle_are_still_told():
    first, second = ("replication.behind", orders(1)), ("replication.offline", orders(1))
    told = summarize(
        report(
            result("replication.behind", finding("replication.behind", orders(1), because=[second])),
            result("replication.offline", finding("replication.offline", orders(1), because=[first])),
        ),
        CHECKS,
    )
    assert sum(each.count + sum(e.count for e in each.explains) for each in told.problems) == 2


def test_findings_of_one_check_without_a_cause_are_one_problem_with_a_count():
    told = summarize(
        report(result("replication.behind", *(finding("replication.behind", orders(each)) for each in range(8)))), CHECKS
    )
    (problem,) = told.problems
    assert problem.count == 8
    assert problem.subjects == "8 partitions: orders-0, orders-1, orders-2, orders-3, orders-4, ..."
    assert told.verdict == "1 warning, no error: look at it today."


def test_hygiene_is_folded_into_one_line_and_is_no_problem():
    told = summarize(
        report(
            result(
                "topology.one_rack",
                finding("topology.one_rack", Subject("topic", ("a",))),
                finding("topology.one_rack", Subject("topic", ("b",))),
            )
        ),
        CHECKS,
    )
    assert told.problems == ()
    assert told.hygiene_line == "2 folded (topology 2)"
    assert told.hygiene[0].subjects == "2 topics: topic/a, topic/b"
    assert told.verdict.startswith("No problem found")
    assert told.worst is None


def test_the_worst_problem_is_told_first():
    told = summarize(
        report(
            result("replication.behind", finding("replication.behind", orders(1))),
            result("replication.offline", finding("replication.offline", orders(2))),
        ),
        CHECKS,
    )
    assert [each.severity for each in told.problems] == [Severity.ERROR, Severity.WARNING]


def test_the_header_says_from_where_and_marks_what_was_not_seen():
    first, second = summarize(report(), CHECKS).header
    assert first == "c1 · Kafka 4.3+ KRaft · 3 brokers, controllers ? · 10 partitions, groups ?"
    assert "From bastion as User:ANONYMOUS by b:1" in second
    assert "2/3 brokers · 2 samples" in second


def test_answers_with_the_same_trouble_are_one_line():
    silent = {"state": State.FAILED, "trouble": Trouble.SILENT}
    lines = list(
        bad_answers(
            [
                answer(1, "Metadata", 1, **silent, reason="broker/1 said nothing for 2 s"),
                answer(2, "ListGroups", 1, **silent),
                answer(3, "Metadata", 2, **silent, reason="broker/2 said nothing for 2 s"),
                answer(4, "ListGroups", 2, **silent),
                answer(5, "ListGroups", 3),
            ]
        )
    )
    assert lines == ["broker/1, broker/2 (failed, silent) ListGroups, Metadata: it said nothing for 2 s"]


def test_checks_that_need_an_earlier_look_are_one_line_and_are_not_too_little():
    doubt = UnknownVerdicts(
        kind=UnknownKind.EARLIER_LOOK, reason="needs an earlier look", count=1, examples=(Subject("cluster", ()),)
    )
    told = report(result("replication.offline", unknown=(doubt,)))
    assert texts(summarize(told, CHECKS).unseen) == ["1 check needs an earlier look (replication.offline): use --watch"]
    assert too_little(told, CHECKS) == ()


def test_too_little_is_an_error_check_that_left_more_unknown_than_it_judged():
    doubt = UnknownVerdicts(kind=UnknownKind.ANSWERS, reason="Metadata failed", count=3)
    assert too_little(report(result("replication.offline", unknown=(doubt,), passed=3)), CHECKS) == ()
    assert "3 of 5" in too_little(report(result("replication.offline", unknown=(doubt,), passed=2)), CHECKS)[0]
    assert too_little(report(result("replication.behind", unknown=(doubt,))), CHECKS) == ()


def test_too_little_is_an_error_that_nobody_confirmed():
    once = Finding(
        check="replication.offline", subject=orders(1), severity=Severity.WARNING, observed="", expected="", confirmed=False
    )
    assert too_little(report(result("replication.offline", once, passed=5)), CHECKS)


def test_an_impact_whose_template_does_not_fit_is_told_as_it_is_written():
    told = summarize(report(result("replication.offline", finding("replication.offline", orders(1)))), CHECKS)
    assert texts(told.problems[0].impact) == ["Impact on {brokers_left}"]


ORDERS_1 = Subject("partition", ("orders", 1))


def down(number: int, *explains, **more) -> CauseFound:
    told = {"cause": "broker_down", "subject": broker(number), "title": "Broker's process is gone", "says": "refused from here"}
    told |= {"rests_on": (("brokers.fenced", broker(number)),), "explains": explains, "do": "Start it"} | more
    return CauseFound(**told)


def test_a_cause_is_told_in_its_own_words_with_what_it_explains():
    lost = finding("replication.behind", ORDERS_1)
    fenced = finding("brokers.fenced", broker(2), brokers_left=2)
    made = report(result("brokers.fenced", fenced), result("replication.behind", lost), answers=(answer(),))
    told = summarize(msgspec.structs.replace(made, causes=(down(2, ("replication.behind", ORDERS_1), against=("x",)),)), CHECKS)
    assert [each.title for each in told.problems] == ["Broker's process is gone"]
    problem = told.problems[0]
    assert (problem.check, problem.cause, problem.about, problem.do) == (
        "brokers.fenced",
        "broker_down",
        "broker_down",
        "Start it",
    )
    assert texts(problem.evidence) == ["refused from here", "told by Metadata of broker/1"]
    assert texts(dict(problem.parts)["Against"]) == ["x"]
    assert [each.check for each in problem.explains] == ["replication.behind"]
    assert told.running == ()


def test_an_expected_cause_without_findings_is_told_as_running_and_is_no_problem():
    move = CauseFound(cause="m", subject=Subject("cluster", ()), title="A reassignment", says="3 partitions", expected=True)
    told = summarize(msgspec.structs.replace(report(result("brokers.fenced", passed=3)), causes=(move,)), CHECKS)
    assert told.problems == ()
    assert texts(told.running) == ["A reassignment: 3 partitions."]


def test_an_expected_cause_that_explains_something_is_one_problem():
    fenced = finding("brokers.fenced", broker(2))
    roll = CauseFound(
        cause="roll",
        subject=Subject("cluster", ()),
        title="A roll",
        says="broker 2",
        expected=True,
        explains=(("brokers.fenced", broker(2)),),
    )
    told = summarize(msgspec.structs.replace(report(result("brokers.fenced", fenced)), causes=(roll,)), CHECKS)
    assert [(each.title, each.subjects, each.count) for each in told.problems] == [("A roll", "cluster", 1)]
    assert told.problems[0].confirmed


def test_every_line_stands_beside_its_subjects_the_keys_of_its_findings_and_its_answers():
    lost = finding("replication.offline", ORDERS_1, because=[("brokers.fenced", broker(2))], brokers_left=1)
    fenced = finding("brokers.fenced", broker(2), brokers_left=2)
    made = report(result("brokers.fenced", fenced), result("replication.offline", lost), answers=(answer(),))
    (problem,) = summarize(made, CHECKS).problems
    assert (problem.check, problem.subject) == ("brokers.fenced", broker(2))
    parts = dict(problem.parts)
    own, hurt = parts["Impact"]
    assert (own.subjects, own.findings, own.answers) == ((broker(2),), (("brokers.fenced", broker(2)),), (1,))
    assert hurt.findings == (("replication.offline", ORDERS_1),)
    observed, sources = parts["Evidence"]
    assert (observed.subjects, observed.answers, sources.answers) == ((broker(2),), (1,), (1,))
    assert parts["Explains"][0].subjects == (ORDERS_1,)
    assert parts["Do"][0].subjects == (broker(2),)
    caused = summarize(msgspec.structs.replace(made, causes=(down(2, ("replication.offline", ORDERS_1)),)), CHECKS)
    assert {line.cause for line in dict(caused.problems[0].parts)["Do"]} == {"broker_down"}


def test_what_was_not_seen_is_two_lines_at_most_on_the_first_screen():
    unknown = UnknownVerdicts(kind=UnknownKind.ANSWERS, reason="Metadata failed", count=3, answers=(1, 2))
    waits = UnknownVerdicts(kind=UnknownKind.EARLIER_LOOK, reason="needs an earlier look", count=1)
    silent = {"state": State.FAILED, "trouble": Trouble.SILENT}
    made = report(
        result("replication.offline", unknown=(unknown,)),
        result("replication.behind", unknown=(waits, waits)),
        answers=(answer(1, "Metadata", 1, **silent), answer(2, "ListGroups", 1, **silent), answer(3, "Metadata", 2, **silent)),
    )
    told = summarize(made, CHECKS)
    assert texts(told.unseen_brief) == [
        "incomplete: 2 requests of broker/1 (silent), Metadata of broker/2 (silent)",
        "3 unknown verdicts of 1 check; 1 check needs an earlier look (--watch)",
    ]
    assert [line.answers for line in told.unseen_brief] == [(1, 2, 3), (1, 2)]
    assert texts(told.unseen)[-1] == "1 check needs an earlier look (replication.behind): use --watch"


def test_a_zookeeper_cluster_is_called_one():
    shape = Shape(kafka="3.9", mode="ZooKeeper", brokers=3, partitions=1, groups=1)
    first = summarize(msgspec.structs.replace(report(), shape=shape), CHECKS).header[0]
    assert first == "c1 \u00b7 Kafka 3.9 ZooKeeper \u00b7 3 brokers \u00b7 1 partition, 1 group"
