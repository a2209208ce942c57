"""Tables, bars and the last result of each comparison, with the machine that it was measured on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import msgspec

RESULTS: Final = Path(__file__).parent / "results"
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Bar(msgspec.Struct, frozen=True):
    """What must hold, as a measured figure and its limit: the figure may not be above it."""

    label: str = msgspec.field(name="what")
    measured: float
    limit: float

    @property
    def holds(self) -> bool:
        """Within the limit."""
        return self.measured <= self.limit

    def line(self) -> str:
        """For the table of bars."""
        return f"| {self.label} | {self.measured:.4g} | {self.limit:.4g} | {'holds' if self.holds else '**BROKEN**'} |"


def cpu_of(pids: Sequence[int]) -> float:
    """CPU seconds that these processes have used so far."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def spread(values: Sequence[float], digits: int = 3) -> str:
    """Least and median."""
    return f"{min(values):.{digits}f} / {median(values):.{digits}f}" if values else "-"


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def machine() -> dict[str, Any]:
    """What it was measured on; ambient load is part of it."""
    try:
        model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except FileNotFoundError:
        model = None
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return {
        "cpu": model[1] if model else platform.processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load_1_min": round(os.getloadavg()[0], 1),
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": _commit(),
    }


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    process = subprocess.run(command, cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return process.stdout.strip() or "unknown"


def finish(name: str, title: str, body: str, bars: Sequence[Bar], figures: dict[str, Any]) -> int:
    """Print the result, write it beside the last ones, and return the exit code: 1 when a bar is broken."""
    where = machine()
    facts = ", ".join(f"{key} {value}" for key, value in where.items())
    held = table(["bar", "measured", "limit", ""], []) + "\n" + "\n".join(bar.line() for bar in bars) if bars else ""
    text = f"# {title}\n\n{body}\n\n{held}\n\nMachine: {facts}\n"
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text, encoding="utf-8")
    document = {"machine": where, "bars": [msgspec.to_builtins(bar) | {"holds": bar.holds} for bar in bars], **figures}
    (RESULTS / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n")
    return 0 if all(bar.holds for bar in bars) else 1
