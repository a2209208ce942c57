"""The forms for continuous integration, code scanning and monitoring, on a cluster with a hostile name in it."""

from __future__ import annotations

import json
import re
from datetime import date
from functools import cache
from xml.etree import ElementTree as ET

import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.findings.waivers import Policy, Waiver
from kastellan.model.finding import Severity
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.render import report_nagios
from kastellan.render.documents import DOCUMENTS, schema_of
from kastellan.surfaces.cli.show.doctor import FailOn, Form, ReportOptions, render
from kastellan.testing.snapshots import AT_MS, edit, failed_answer, healthy

pytestmark = pytest.mark.examines

HOSTILE = 'evil"<x>&|\x1b[2J\n'
SAMPLE = re.compile(r'[a-z_]+\{([a-z_]+="([^"\\\n]|\\\\|\\"|\\n)*",?)+\} [0-9.e+-]+')


def sick(at_ms: int):
    snapshot = healthy(topics={HOSTILE: 2, "orders": 3}, at_ms=at_ms)
    snapshot = edit(snapshot, Partitions, {"topic": HOSTILE, "partition": 1}, leader=-1)
    snapshot = edit(snapshot, Replicas, {"topic": HOSTILE, "partition": 1}, in_sync=False, offline=True)
    return failed_answer(snapshot, reason=f"because {HOSTILE}")[0]


def examined(snapshot, *, policy: Policy | None = None):
    exam = plan_checks(policy=policy or Policy())
    return run_checks_on_saved(snapshot, exam, AT_MS).view


@cache
def usual(*, waived: bool = False):
    """The exam of the sick cluster, seen twice: judged once for all forms."""
    return examined(sick(AT_MS).after(sick(AT_MS - 2000)), policy=WAIVE_ALL if waived else None)


def printed(form: Form, snapshot=None, *, fail_on: FailOn = FailOn.ERROR, waived: bool = False) -> str:
    view = usual(waived=waived) if snapshot is None else examined(snapshot)
    asked = ReportOptions(fail_on, form, hygiene=False, watching=False)
    return render(view, asked, 10)


def whole():
    return healthy().after(healthy(at_ms=AT_MS - 2000))


WAIVE_ALL = Policy(
    waiver=(Waiver(check="replication", owner="ops", reason="a drill", expires=date(2999, 1, 1)),),
)


def test_ndjson_is_one_document_a_line_with_the_exit_code_last():
    lines = [json.loads(each) for each in printed(Form.NDJSON).splitlines()]
    assert {each["schema"] for each in lines} == {"kastellan.line/2"}
    assert lines[0]["type"] == "collection"
    assert lines[-1]["type"] == "end"
    assert lines[-1]["exit_code"] == 10
    offline = [each for each in lines if each["type"] == "finding" and each["finding"]["check"] == "replication.offline"]
    assert [each["finding"]["subject"]["key"] for each in offline] == [[HOSTILE, 1]]
    assert any(each["type"] == "unknown" for each in lines)
    assert len([each for each in lines if each["type"] == "finding"]) == len(usual().report.findings)
    assert "anyOf" in json.dumps(schema_of(DOCUMENTS["kastellan.line/2"]))


def cases(text: str) -> dict[str, ET.Element]:
    return {each.get("name", ""): each for each in ET.fromstring(text).iter("testcase")}


def test_junit_fails_the_case_of_a_check_that_found_an_error():
    text = printed(Form.JUNIT)
    found = cases(text)
    assert found["replication.offline"].find("failure") is not None
    assert found["controller.no_active_controller"].find("failure") is None
    root = ET.fromstring(text)
    assert int(root.get("failures", "0")) == len(root.findall(".//failure"))
    assert int(root.get("tests", "0")) == len(found) == len(plan_checks().checks)


def test_junit_counts_by_fail_on():
    warned = cases(printed(Form.JUNIT, fail_on=FailOn.WARNING))
    assert warned["replication.under_replicated"].find("failure") is not None
    assert cases(printed(Form.JUNIT))["replication.under_replicated"].find("failure") is None
    assert cases(printed(Form.JUNIT))["replication.under_replicated"].find("system-out") is not None


def test_junit_does_not_call_waived_findings_failures_and_tells_them():
    case = cases(printed(Form.JUNIT, waived=True))["replication.offline"]
    assert case.find("failure") is None
    out = case.find("system-out")
    assert out is not None
    assert "accepted by ops" in (out.text or "")


def test_junit_calls_a_blind_check_an_error_and_a_waiting_one_skipped():
    blind = healthy()
    blind = edit(blind, Partitions, {}, leader=None)
    found = cases(printed(Form.JUNIT, blind))
    assert found["replication.offline"].find("error") is not None
    assert found["storage.log_dir_nearly_full"].find("error") is None
    assert found["groups.stalled_partition"].find("skipped") is not None


def test_sarif_has_a_rule_for_each_check_and_results_that_name_them():
    run = json.loads(printed(Form.SARIF))["runs"][0]
    rules = [each["id"] for each in run["tool"]["driver"]["rules"]]
    assert rules == sorted(plan_checks().checks)
    assert run["results"]
    for each in run["results"]:
        assert rules[each["ruleIndex"]] == each["ruleId"]
        assert each["level"] in {"error", "warning", "note"}
        assert each["message"]["text"]
        assert len(each["partialFingerprints"]["subject/v1"]) == 64
        assert "suppressions" not in each


def test_sarif_tells_a_waiver_as_a_suppression():
    results = json.loads(printed(Form.SARIF, waived=True))["runs"][0]["results"]
    offline = next(each for each in results if each["ruleId"] == "replication.offline")
    assert "ops" in offline["suppressions"][0]["justification"]


def test_prometheus_lines_are_well_formed_and_every_check_has_a_series():
    text = printed(Form.PROMETHEUS)
    samples = [each for each in text.splitlines() if not each.startswith("#")]
    assert [each for each in samples if not SAMPLE.fullmatch(each)] == []
    assert len(samples) == len(set(samples))
    for name in plan_checks().checks:
        assert f'check="{name}"' in text
    assert 'kastellan_findings{cluster="lab",check="replication.offline",severity="error",state="standing"} 1' in text.replace(
        f'cluster="{healthy().cluster_id}"', 'cluster="lab"'
    )
    names = [each.split("{")[0] for each in samples]
    assert [each for at, each in enumerate(names) if each in names[:at] and names[at - 1] != each] == []


def test_prometheus_shows_zero_where_nothing_is_found():
    assert re.search(
        r'kastellan_findings\{[^}]*check="replication.offline",severity="error",state="standing"\} 0',
        printed(Form.PROMETHEUS, whole()),
    )


@pytest.mark.parametrize(
    ("snapshot", "state", "word"),
    [
        (whole(), report_nagios.OK, "OK"),
        (sick(AT_MS).after(sick(AT_MS - 2000)), report_nagios.CRITICAL, "CRITICAL"),
        (edit(healthy(), Partitions, {}, leader=None), report_nagios.UNKNOWN, "UNKNOWN"),
    ],
)
def test_nagios_says_its_state_in_one_line_with_performance_data(snapshot, state, word):
    view = examined(snapshot)
    assert report_nagios.state_of(view.summary) == state
    first = report_nagios.show(view).splitlines()[0]
    assert first.startswith(f"KASTELLAN {word} - ")
    assert first.count("|") == 1
    assert re.search(r"\| errors=\d+ warnings=\d+ waived=\d+ unknown=\d+ requests=\d+ time=[\d.]+s$", first)


def test_nagios_does_not_raise_what_was_waived():
    summary = usual(waived=True).summary
    assert summary.worst is not Severity.ERROR
    assert summary.waived
    assert "accepted by" in summary.waived[0].text.lower()


def test_no_form_lets_a_name_command_the_terminal():
    for form in (Form.NDJSON, Form.JUNIT, Form.SARIF, Form.PROMETHEUS, Form.NAGIOS):
        assert "\x1b" not in printed(form)
