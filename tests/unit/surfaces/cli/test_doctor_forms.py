from __future__ import annotations

from html.parser import HTMLParser

import pytest

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.model.tables.brokers import Brokers
from kastellan.model.tables.partitions import Partitions
from kastellan.model.tables.replicas import Replicas
from kastellan.render import report_html, report_markdown
from kastellan.surfaces.cli.screen import Screen
from kastellan.surfaces.cli.show import doctor_text
from kastellan.testing.snapshots import AT_MS, edit, failed_answer, healthy

HOSTILE = "evil<script>alert(1)</script>`|*\x1b[2J"


def hurt(at_ms: int):
    snapshot = healthy(topics={HOSTILE: 2, "orders": 3}, at_ms=at_ms)
    snapshot = edit(snapshot, Partitions, {"topic": HOSTILE, "partition": 1}, leader=-1)
    snapshot = edit(snapshot, Replicas, {"topic": HOSTILE, "partition": 1}, in_sync=False, offline=True)
    return failed_answer(snapshot, reason=f"because {HOSTILE}")[0]


@pytest.fixture(scope="module")
def view():
    exam = plan_checks()
    examined = run_checks_on_saved(hurt(AT_MS).after(hurt(AT_MS - 2000)), exam, AT_MS)
    return examined.view


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)
        assert not any(name in ("src", "href") for name, _ in attrs)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_html_is_well_formed_loads_nothing_and_runs_nothing(view):
    reader = Reader()
    reader.feed(report_html.show(view))
    assert reader.open == []
    assert "script" not in reader.seen
    assert "link" not in reader.seen
    assert "<script>alert(1)" in reader.text
    assert view.summary.verdict in reader.text
    assert "\x1b" not in reader.text


def test_markdown_escapes_names(view):
    text = report_markdown.show(view)
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "\x1b" not in text
    assert text.startswith("# test-cluster\n")
    assert "**Do not**" in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_screen_has_every_part_in_order_and_fits(view, width):
    screen = Screen(width=width)
    doctor_text.show(view, screen)
    text = screen.text()
    assert max(map(len, text.splitlines())) <= width
    parts = ["test-cluster", "ERROR", "Impact", "Evidence", "Do ", "Do not", "Verify", "UNSEEN", "COST"]
    at = [text.index(each) for each in parts]
    assert at == sorted(at)


def test_all_forms_tell_the_same_problems(view):
    screen = Screen(width=140)
    doctor_text.show(view, screen, hygiene=True)
    reader = Reader()
    reader.feed(report_html.show(view))
    for form in (screen.text(), reader.text, report_markdown.show(view).replace("\\", "")):
        for problem in view.summary.problems:
            assert problem.title in form
            assert problem.do_not.split(".")[0][:40] in " ".join(form.split())


def killed(at_ms: int):
    """A cluster of three, one of whose brokers has just died."""
    snapshot = healthy(topics={"orders": 12, "payments": 12, "__consumer_offsets": 11}, at_ms=at_ms)
    snapshot, refused = failed_answer(snapshot, reason="broker 2 (127.0.0.1:9002) refused the connection: nothing listens there")
    snapshot = edit(snapshot, Brokers, {"broker": 2}, fenced=True, listed=False, reached=False, trouble="refused", answer=refused)
    return edit(snapshot, Replicas, {"broker": 2}, in_sync=False)


def test_the_first_screen_of_a_dead_broker_tells_the_fault_first_on_thirty_lines():
    view = run_checks_on_saved(killed(AT_MS).after(killed(AT_MS - 2000)), plan_checks(), AT_MS).view
    screen, everything = Screen(width=100), Screen(width=100)
    doctor_text.show(view, screen)
    lines = screen.text().splitlines()
    assert len(lines) <= 30, screen.text()
    assert max(map(len, lines)) <= 100
    first = next(number for number, line in enumerate(lines) if line.startswith("1 ERROR  "))
    assert first <= 6
    assert lines[first] == "1 ERROR    Broker's process is gone: broker/2"
    assert 1 <= sum("UNSEEN" in line for line in lines) <= 3
    doctor_text.show(view, everything, verbose=True)
    assert len(everything.text().splitlines()) > len(lines)
    assert "-v" not in everything.text()
