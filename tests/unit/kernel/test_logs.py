from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from kastellan.kernel.log_options import LogFormat, LogLevel
from kastellan.kernel.logs import EventLog, log_to
from kastellan.kernel.secret import Secret

LOG = EventLog("kastellan.tests")


@pytest.fixture
def stream():
    logger = logging.getLogger("kastellan")
    before = logger.handlers[:], logger.level, logger.propagate
    yield io.StringIO()
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def test_a_json_line_has_time_level_logger_event_and_fields(stream):
    log_to(stream, LogLevel.INFO, LogFormat.JSON)
    LOG.info("run finished", cluster="abc", requests=40)
    LOG.debug("not this one")
    (line,) = stream.getvalue().splitlines()
    fields = json.loads(line)
    assert fields.pop("at").endswith("Z")
    assert fields == {
        "level": "info",
        "logger": "kastellan.tests",
        "event": "run finished",
        "cluster": "abc",
        "requests": 40,
    }


def test_a_text_line_is_one_line_whatever_its_fields_hold(stream):
    log_to(stream, LogLevel.DEBUG, LogFormat.TEXT)
    LOG.warning("run failed", reason="two\nlines")
    (line,) = stream.getvalue().splitlines()
    assert line.endswith('WARNING kastellan.tests run failed reason="two\\nlines"')


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_secret_in_a_field_is_asterisks(stream, form):
    log_to(stream, LogLevel.DEBUG, form)
    LOG.info("login", password=Secret("hunter2"), nested={"password": Secret("hunter2")}, listed=[Secret("hunter2")])
    assert "hunter2" not in stream.getvalue()
    assert stream.getvalue().count("***") == 3


def test_without_a_choice_nothing_is_logged():
    code = "from kastellan.kernel.logs import EventLog; EventLog('kastellan.x').warning('run failed', reason='none')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""
