"""Peers that are exporters: they join when `KMINION_BIN` or `KAFKA_EXPORTER_BIN` names their program.

Each is started once; a cycle is one scrape of its page, during which it asks the cluster.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

from contestants import Cycle
from results import cpu_of

_START_S = 60.0


class Exporter:
    """A running exporter."""

    def __init__(self, command: list[str], port: int, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(command, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._url = f"http://127.0.0.1:{port}/metrics"

    def __enter__(self) -> Self:
        end = time.monotonic() + _START_S
        while time.monotonic() < end and self._process.poll() is None:
            try:
                self._scrape()
            except OSError:
                time.sleep(0.2)
            else:
                return self
        self.__exit__()
        raise SystemExit(f"bench: {self._process.args} does not serve {self._url}")

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    def _scrape(self) -> int:
        with urllib.request.urlopen(self._url, timeout=120) as page:  # noqa: S310  # loopback
            return len(page.read())

    def cycle(self, word: str = "go") -> Cycle:
        """One scrape."""
        del word
        cpu, wall = cpu_of([self._process.pid]), time.perf_counter()
        size = self._scrape()
        wall, cpu = time.perf_counter() - wall, cpu_of([self._process.pid]) - cpu
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        peak_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
        return Cycle(wall_s=wall, cpu_s=cpu, received_bytes=size, peak_mb=peak_kb / 1024)


@contextmanager
def exporters(bootstrap: str) -> Generator[dict[str, Exporter]]:
    """Those whose programs are there, running."""
    running: dict[str, Exporter] = {}
    with ExitStack() as stack:
        if program := os.environ.get("KMINION_BIN"):
            port = _free_port()
            env = {
                "KAFKA_BROKERS": bootstrap,
                "EXPORTER_PORT": str(port),
                "MINION_CONSUMERGROUPS_SCRAPEMODE": "adminApi",
                "MINION_TOPICS_INFOMETRIC_CONFIGKEYS": "cleanup.policy",
            }
            running["kminion"] = stack.enter_context(Exporter([program], port, env))
        if program := os.environ.get("KAFKA_EXPORTER_BIN"):
            port = _free_port()
            servers = [f"--kafka.server={address}" for address in bootstrap.split(",")]
            command = [program, *servers, f"--web.listen-address=127.0.0.1:{port}", "--no-offset.show-all"]
            running["kafka_exporter"] = stack.enter_context(Exporter(command, port, {}))
        yield running


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
