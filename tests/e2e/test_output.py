"""What is printed, where, and with which exit code, on saved snapshots."""

from __future__ import annotations

import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kastellan.surfaces.cli.completion import remember
from kastellan.testing.snapshots import healthy
from tests.e2e.conftest import BINARY, described, environment
from tests.e2e.schema import faults

HEAVY = (
    "polars",
    "numpy",
    "kio",
    "asyncio",
    "confluent_kafka",
    "rich",
    "pydantic",
    "jinja2",
    "zipfile",
    "kastellan.wire",
    "kastellan.sources",
)
"""What `--help`, `--version` and completion must not load."""


def document(kastellan, *arguments, code: int = 0) -> dict:
    """The JSON that a command prints, held against the schema that the binary itself prints for it."""
    ran = kastellan(*arguments, "-o", "json")
    assert ran.code == code, ran.err
    found = json.loads(ran.out)
    schema = described(found["schema"])
    assert faults(found, schema, schema) == []
    assert faults({**found, "version": 3}, schema, schema)
    return found


@pytest.mark.parametrize(
    ("bundle", "flags", "code"),
    [
        ("healthy", [], 0),
        ("hurt", [], 10),
        ("hurt", ["--fail-on", "never"], 0),
        ("hurt", ["--skip", "replication"], 0),
        ("hurt", ["--only", "controller"], 0),
        ("hurt", ["--only", "replication.offline"], 10),
        ("once", [], 12),
        ("once", ["--fail-on", "warning"], 10),
        ("once", ["--fail-on", "never"], 0),
        ("fuller", ["--fail-on", "warning"], 0),
        ("fuller", ["--set", "storage.log_dir_nearly_full.used_percent=50", "--fail-on", "warning"], 10),
    ],
)
def test_exit_codes(bundle, flags, code, kastellan, bundles):
    ran = kastellan("doctor", "--bundle", bundles[bundle], *flags)
    assert ran.code == code, ran
    assert ("too little was seen" in ran.err) == (code == 12)


def test_doctor_ndjson_keeps_its_schema_line_by_line(kastellan, bundles):
    ran = kastellan("doctor", "--bundle", bundles["hurt"], "-o", "ndjson")
    schema = described("kastellan.line/2")
    lines = [json.loads(each) for each in ran.out.splitlines()]
    assert len(lines) > 3
    assert [found for each in lines for found in faults(each, schema, schema)] == []
    assert lines[-1]["exit_code"] == ran.code == 10


@pytest.mark.parametrize(("bundle", "code", "word"), [("healthy", 0, "OK"), ("hurt", 2, "CRITICAL"), ("once", 3, "UNKNOWN")])
def test_nagios_has_the_exit_codes_of_its_interface(bundle, code, word, kastellan, bundles):
    ran = kastellan("doctor", "--bundle", bundles[bundle], "-o", "nagios")
    assert ran.code == code
    assert ran.out.startswith(f"KASTELLAN {word} - ")


def test_nagios_is_told_as_unknown_what_could_not_be_examined(kastellan, tmp_path):
    ran = kastellan("doctor", "--bundle", tmp_path / "none", "-o", "nagios")
    assert ran.code == 3
    assert ran.out.startswith("KASTELLAN UNKNOWN - ")


def test_prometheus_is_told_that_no_broker_answered(kastellan):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        ran = kastellan(
            "doctor", "--bootstrap-server", f"127.0.0.1:{held.getsockname()[1]}", "--timeout", "2", "-o", "prometheus"
        )
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == "kastellan_up 0"
    assert "refused" in ran.err


@pytest.mark.parametrize("form", ["table", "html", "json", "sarif"])
def test_a_redacted_report_says_the_same_without_a_name(form, kastellan, bundles, tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    words = ("doctor", "--bundle", bundles["hurt"], "-o", form)
    plain, ran = kastellan(*words), kastellan(*words, "--redact", "--key-file", key)
    assert ran.code == plain.code == 10, ran.err
    assert "orders" in plain.out
    names = ("orders", "payments", "billing", "test-cluster", "/data")
    assert [each for each in names if each in ran.out + ran.err] == []
    assert "topic-" in ran.out


def test_a_waived_error_is_shown_and_does_not_fail(kastellan, bundles, tmp_path):
    file = tmp_path / "waivers.toml"
    file.write_text('[[waiver]]\ncheck = "replication"\nowner = "ops"\nreason = "a drill"\nexpires = 2999-01-01\n')
    ran = kastellan("doctor", "--bundle", bundles["hurt"], "--only", "replication", "--waivers", file)
    assert ran.code == 0, ran.out
    assert "Accepted by ops until 2999-01-01" in ran.out
    named = kastellan("doctor", "--bundle", bundles["hurt"], "--only", "replication", KASTELLAN_WAIVERS=str(file))
    assert named.code == 0


def test_doctor_json_keeps_its_schema_and_tells_the_exit_code(kastellan, bundles):
    found = document(kastellan, "doctor", "--bundle", bundles["hurt"], code=10)
    assert found["exit_code"] == 10
    problem = found["summary"]["problems"][0]
    assert problem["check"] == "replication.offline"
    assert [subject["key"] for subject in problem["examples"]] == [["orders", 1]]
    assert {each["check"] for result in found["report"]["results"] for each in result["findings"]} >= {"replication.offline"}


@pytest.mark.parametrize(
    "command",
    [
        ["get", "brokers"], ["get", "topics"], ["get", "topics", "orders"], ["get", "partitions"], ["get", "groups"],
        ["get", "quorum"], ["lag"], ["lag", "billing"],
    ],
)  # fmt: skip
@pytest.mark.parametrize("bundle", ["healthy", "hurt"])
def test_lists_keep_their_schema_and_have_a_table(command, bundle, kastellan, bundles):
    found = document(kastellan, *command, "--bundle", bundles[bundle])
    assert found["rows"]
    table = kastellan(*command, "--bundle", bundles[bundle])
    assert table.code == 0
    assert table.err == ""
    assert len(table.out.splitlines()) > len(found["rows"])


def test_explanations_and_contents_keep_their_schema(kastellan, bundles):
    assert document(kastellan, "explain", "replication.offline")["parts"]["Do not"]
    assert document(kastellan, "explain")["parts"]["replication"]
    assert document(kastellan, "snapshot", "show", bundles["hurt"])["contents"]["unseen"]


def test_two_runs_give_the_same_answer(kastellan, bundles):
    first, second = (document(kastellan, "doctor", "--bundle", bundles["hurt"], code=10) for _ in range(2))
    for each in (first, second):
        del each["summary"]["cost"], each["summary"]["notes"], each["report"]["notes"]
        for result in each["report"]["results"]:
            del result["took_ms"]
    assert first == second


@pytest.mark.parametrize(
    ("form", "sign"), [("markdown", "# test-cluster\n"), ("html", "<!doctype html>"), ("table", "test-cluster")]
)
def test_the_other_forms(form, sign, kastellan, bundles):
    ran = kastellan("doctor", "--bundle", bundles["hurt"], "-o", form)
    assert ran.code == 10
    assert ran.err == ""
    assert ran.out.startswith(sign)
    assert "orders-1" in ran.out.replace("\\", "")


def on_a_terminal(*arguments, **env: str) -> str:
    """What the command writes where stdout is a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen([BINARY, *map(str, arguments)], stdout=slave, stderr=slave, env=environment(**env)) as running:
        os.close(slave)
        parts: list[bytes] = []
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        running.wait(60)
    os.close(master)
    return b"".join(parts).decode()


def test_colour_on_a_terminal_only_and_never_with_no_color(kastellan, bundles):
    words = ("doctor", "--bundle", bundles["hurt"])
    assert "\x1b[1;31m" in on_a_terminal(*words)
    assert "\x1b" not in on_a_terminal(*words, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(*words, TERM="dumb")
    assert "\x1b" not in kastellan(*words).out


def test_ascii_where_the_locale_has_no_more(kastellan, bundles):
    ran = kastellan("doctor", "--bundle", bundles["hurt"], LC_ALL="C", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == 10
    assert ran.out.isascii()
    assert "test-cluster | Kafka" in ran.out


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(columns, kastellan, bundles):
    for words in (["doctor"], ["get", "brokers"], ["get", "topics"], ["lag", "billing"]):
        ran = kastellan(*words, "--bundle", bundles["hurt"], COLUMNS=str(columns))
        assert max(map(len, ran.out.splitlines())) <= columns


@pytest.mark.parametrize("command", [["doctor", "-o", "json"], ["doctor"], ["explain"], ["get", "partitions"]])
def test_a_reader_that_goes_away_is_not_an_error_to_talk_about(command, bundles):
    bundle = [] if command == ["explain"] else ["--bundle", str(bundles["hurt"])]
    with subprocess.Popen(
        [BINARY, *command, *bundle], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 141


@pytest.mark.parametrize(
    "line",
    [
        'main(["--help"])',
        'main(["--version"])',
        'main(["doctor", "--help"])',
        'main(["get", "--help"])',
        'main(["lab", "--help"])',
        'main(["explain", "replication.under_replicated"])',
        'main(["explain", "12"])',
    ],
)
def test_help_loads_nothing_heavy(line):
    script = f"import sys\nfrom kastellan.surfaces.cli.main import main\n{line}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environment(), check=True
    )
    loaded = ran.stderr.splitlines()
    assert "kastellan.surfaces.cli.main" in loaded
    assert [each for each in loaded if any(each == heavy or each.startswith(f"{heavy}.") for heavy in HEAVY)] == []


def test_completion_loads_nothing_heavy_and_knows_the_commands():
    script = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        "sys.argv = ['kastellan']\n"
        "from kastellan.surfaces.cli.main import main\nmain()"
    )
    env = environment(_KASTELLAN_COMPLETE="complete_bash", COMP_WORDS="kastellan do", COMP_CWORD="1")
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=env, check=False)
    assert "doctor" in ran.stdout.split()
    assert [
        each for each in ran.stderr.splitlines() if any(each == heavy or each.startswith(f"{heavy}.") for heavy in HEAVY)
    ] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_of_the_last_look_complete_in_every_shell_without_loading_anything_heavy(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("KASTELLAN_CACHE", str(tmp_path))
    remember(healthy().tables)
    script = (
        "import atexit, sys\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        "sys.argv = ['kastellan']\n"
        "from kastellan.surfaces.cli.main import main\nmain()"
    )
    for line, expected in (
        ("kastellan get topics pa", "payments"),
        ("kastellan describe group b", "billing"),
        ("kastellan explain replication.under_r", "replication.under_replicated"),
        ("kastellan get scram", "scram-users"),
    ):
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_TYPER_COMPLETE_ARGS": line}
        env = environment(
            _KASTELLAN_COMPLETE=f"complete_{shell}",
            KASTELLAN_CACHE=str(tmp_path),
            _TYPER_COMPLETE_FISH_ACTION="get-args",
            **asked,
        )
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=env, check=False)
        assert expected in ran.stdout, (line, ran.stdout, ran.stderr[-500:])
        loaded = ran.stderr.splitlines()
        assert [each for each in loaded if any(each == heavy or each.startswith(f"{heavy}.") for heavy in HEAVY)] == []


def test_a_saved_snapshot_is_examined_without_the_protocol(bundles):
    script = (
        "import sys\nfrom kastellan.surfaces.cli.main import main\n"
        f"main(['doctor', '--bundle', {str(bundles['healthy'])!r}])\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=environment(), check=True
    )
    assert [
        each
        for each in ran.stderr.splitlines()
        if each.startswith(("kio", "kastellan.wire", "kastellan.sources", "confluent_kafka"))
    ] == []


def test_a_full_disk_behind_the_output_is_one_sentence():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run([BINARY, "explain"], stdout=full, stderr=subprocess.PIPE, text=True, env=environment(), check=False)
    assert ran.returncode == 1
    assert (
        ran.stderr
        == "kastellan: cannot write: No space left on device; free space where the output and the files of this command go\n"
    )


@pytest.mark.parametrize(("words", "code"), [("explain", 0), ("--version", 0), ("--nope", 2)])
def test_output_that_the_caller_has_closed_changes_no_exit_code(words, code):
    for closed in (">&-", "2>&-", ">&- 2>&-"):
        ran = subprocess.run(
            ["/bin/sh", "-c", f'"$0" {words} {closed}', BINARY], capture_output=True, text=True, env=environment(), check=False
        )
        assert (ran.returncode, "Traceback" in ran.stderr) == (code, False), closed


@pytest.mark.parametrize(
    ("bundle", "of", "code", "word"),
    [("healthy", ["2"], 0, "YES"), ("healthy", ["1", "2"], 10, "NO"), ("healthy", [], 0, "BROKER")],
)
def test_may_restart_answers_by_its_exit_code(bundle, of, code, word, kastellan, bundles):
    ran = kastellan("may-restart", *of, "--bundle", bundles[bundle])
    assert ran.code == code, ran.err
    assert ran.out.startswith(word)
    assert document(kastellan, "may-restart", *of, "--bundle", bundles[bundle], code=code)["restarts"]["answers"]


def test_a_statement_over_one_look_and_over_two(kastellan, bundles):
    rows = document(kastellan, "sql", "select leader, count(*) n from partitions group by leader", "--bundle", bundles["healthy"])
    assert sorted((each["leader"], each["n"]) for each in rows["rows"]) == [(1, 2), (2, 2), (3, 2)]
    moved = "select p.partition from partitions p join before.partitions b using (topic, partition) where p.leader <> b.leader"
    ran = kastellan("sql", moved, "--bundle", bundles["hurt"], "--before", bundles["healthy"], "-o", "csv")
    assert (ran.code, ran.out) == (0, "partition\n1\n")
    refused = kastellan("sql", "select * from read_csv('/etc/passwd')", "--bundle", bundles["hurt"])
    assert (refused.code, refused.out) == (2, "")
    assert "reads tables only" in refused.err
    assert "partitions" in kastellan("sql").out
