from __future__ import annotations

import io

import pytest

from kastellan.render.printable import clean
from kastellan.surfaces.cli.screen import Screen, width_of


class Stream(io.TextIOWrapper):
    def __init__(self, encoding: str, *, tty: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_screen(width):
    screen = Screen(width=width)
    screen.paragraph("word " * 60, indent=4, hang=2)
    screen.field("Label", ["one " * 40, "x" * 200])
    screen.table(["NAME", "LONG"], [["a" * 90, "b" * 50], ["c", "d"]])
    lines = screen.text().splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) > 5


def test_a_number_is_never_cut_and_what_has_no_room_is_named():
    screen = Screen(width=40)
    head = ["GROUP", "COMMITTED OFFSET", "LATEST", "MEMBER", "HOST"]
    screen.table(head, [["a-long-group-name", "123,456,789,012", "7", "m" * 30, "h" * 30]], right=frozenset({1, 2}))
    top, row, *note = screen.text().splitlines()
    assert top.split() == ["GROUP", "COMMITTED", "OFFS~", "LATEST"]
    assert row.split() == ["a-long-group-n~", "123,456,789,012", "7"]
    assert " ".join(note) == "no room for MEMBER, HOST: -o json or -o csv has every column"


def test_a_program_that_reads_a_table_gets_whole_names(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    screen = Screen.of(Stream("utf-8", tty=False))
    screen.table(["NAME", "LONG"], [["a" * 90, "b" * 150]])
    assert screen.text().splitlines()[1] == f"{'a' * 90}  {'b' * 150}"


def test_what_could_command_the_terminal_is_shown_and_not_sent():
    screen = Screen(width=80)
    screen.paragraph("group\x1b[2J\x07 evil\u202e")
    screen.table(["G"], [["\x1b]0;title\x07"]])
    text = screen.text()
    assert text.isprintable() or set(text) - {"\n"} == set(text.replace("\n", ""))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J" in text


def test_colour_only_on_a_terminal_without_no_color(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")

    def coloured(stream) -> bool:
        screen = Screen.of(stream)
        screen.line("x", "red")
        return "\x1b[" in screen.text()

    assert coloured(Stream("utf-8", tty=True))
    assert not coloured(Stream("utf-8", tty=False))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(Stream("utf-8", tty=True))


def test_ascii_where_the_encoding_has_no_more():
    screen = Screen.of(Stream("ascii", tty=False))
    screen.paragraph("a · b … é")
    assert screen.text() == "a | b ... ?\n"


def test_wide_and_combining_characters_keep_columns_straight():
    assert width_of("日本") == 4
    assert width_of("e\u0301") == 1
    screen = Screen(width=60)
    screen.table(["A", "B"], [["日本", "1"], ["abcd", "2"]])
    rows = screen.text().splitlines()[1:]
    assert width_of(rows[0]) == width_of(rows[1])


def test_plain_text_is_not_touched():
    assert clean("orders-7 · fine") == "orders-7 · fine"
