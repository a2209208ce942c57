"""Kafka's own Java client as an oracle: one process for the whole run, a case a line (`JavaClient.java` says what it does)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kastellan.kernel.errors import KastellanError
from kastellan.lab.jars import provide_kafka
from kastellan.lab.java import find_java

_SOURCE = Path(__file__).with_name("JavaClient.java")


class JavaClient:
    """Asks the Java client. `refuses` and `accepts` are what it says of a file; `answer` is all that it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, **case: object) -> dict[str, Any]:
        """The answer to one case."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        return self.next()

    def next(self) -> dict[str, Any]:
        """The next answer, to a case that has more than one."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the Java process ended"
        return json.loads(line)

    def read(self, data: bytes, **more: object) -> dict[str, Any]:
        """What a Java client makes of the bytes of a properties file."""
        return self.ask(file=base64.b64encode(data).decode(), **more)


@contextmanager
def java_client(folder: Path) -> Iterator[JavaClient]:
    """The running oracle; skips where there is no compiler of Java or no Kafka."""
    try:
        java = find_java().program
        jars = provide_kafka(lambda _: None).class_path
    except KastellanError as missing:
        pytest.skip(f"Kafka's own reader is not asked: {missing.message}")
    compiler = java.resolve().with_name("javac")
    compiler = compiler if compiler.exists() else Path(shutil.which("javac") or "/")
    if not compiler.is_file():
        pytest.skip("Kafka's own reader is not asked: this Java has no compiler; install a JDK to run the comparison")
    subprocess.run(
        [str(compiler), "-nowarn", "-Xlint:none", "-cp", jars, "-d", str(folder), str(_SOURCE)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    process = subprocess.Popen(
        [str(java), "-XX:TieredStopAtLevel=1", "-Dlog4j2.level=OFF", "-cp", os.pathsep.join((str(folder), jars)), "JavaClient"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder,
    )  # fmt: skip
    try:
        yield JavaClient(process)
    finally:
        process.stdin.close() if process.stdin is not None else None
        try:
            process.wait(timeout=10)
        finally:
            process.kill()
            process.wait()
            process.stdout.close() if process.stdout is not None else None
