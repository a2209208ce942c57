"""The clusters of the benchmarks: a lab for each tier, kept between runs when asked to."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import workload

from kastellan import lab
from kastellan.kernel.errors import KastellanError

HEAP_MIB = 1_536


@contextmanager
def cluster(tier: workload.Tier, *, keep: bool) -> Generator[lab.Lab]:
    """A three-broker lab that holds the tier. With `keep` it outlives the run, and the next run finds it."""
    # The lab starts JVMs with the quick compiler only; brokers under load are to run as in production.
    os.environ["_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=4"
    name = f"bench-{tier.name.lower()}"
    try:
        running_lab = lab.up(lab.LabSpec(name=name, brokers=3, heap_mib=HEAP_MIB), _say)
        _fill(running_lab, tier)
        yield running_lab
    except KastellanError as problem:
        raise SystemExit(f"bench: {problem.message}") from problem
    finally:
        os.environ.pop("_JAVA_OPTIONS", None)
        if not keep:
            lab.down(name)


def _fill(running_lab: lab.Lab, tier: workload.Tier) -> None:
    marker = Path(running_lab.dir) / "workload"
    if marker.exists():
        return
    _say(f"making workload {tier.name} (open files: every partition of a broker is one)")
    asyncio.run(workload.make(running_lab.bootstrap, tier, _say))
    marker.write_text(tier.name)


def _say(text: str) -> None:
    print(text, flush=True)
