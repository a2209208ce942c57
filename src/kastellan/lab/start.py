"""`up`: everything from an empty machine to a running cluster, in order."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import msgspec

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import KastellanError
from kastellan.lab import cluster, nodes, processes
from kastellan.lab.jars import Say, provide_kdc
from kastellan.lab.locks import held
from kastellan.lab.model import KERBEROS, Lab, LabSpec
from kastellan.lab.runtime import Runtime, provide_runtime

_TRAIN_S = 180.0
_EXIT_S = 60.0


def up(spec: LabSpec, say: Say = lambda _: None) -> Lab:
    """Start the lab, or find it running. The first time on a machine, Java and Kafka are fetched and warmed.

    Raises `MissingTool` when Java or Kafka cannot be had, `BadInput` for a spec that cannot be, `Unavailable` when the
    cluster does not start; in each case nothing is left behind.
    """
    spec.validate()
    cluster.sweep(say)
    runtime = provide_runtime(say, spec.kafka)
    if spec.security == KERBEROS:
        provide_kdc(say)
    _train(runtime, spec.kafka, say)
    return cluster.raise_cluster(spec, runtime, say)


def _train(runtime: Runtime, kind: str, say: Say) -> None:
    """Write the class archive by one short run of a single node, unless there is one, or it failed before."""
    archive = runtime.archive
    failed = archive.with_name(archive.name + ".failed")
    if archive.exists() or failed.exists():
        return
    with held(archive.parent, Deadline.after(_TRAIN_S)):
        if archive.exists() or failed.exists():
            return
        for leftover in archive.parent.glob(".train-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        say("preparing a class archive, once for this Java and this Kafka")
        with tempfile.TemporaryDirectory(prefix=".train-", dir=archive.parent) as scratch:
            fresh = Path(scratch) / archive.name
            try:
                _train_into(fresh, runtime, kind)
                fresh.rename(archive)
            except (KastellanError, FileNotFoundError) as problem:
                failed.write_text(f"{problem}\n")
                say(f"no class archive could be made ({problem}); nodes start slower without it")


def _train_into(fresh: Path, runtime: Runtime, kind: str) -> None:
    spec = LabSpec(name=f"training-{os.getpid()}", brokers=1, racks=1, kafka=kind, owner=processes.me())
    training = msgspec.structs.replace(runtime, train=fresh)
    lab = cluster.raise_cluster(spec, training, lambda _: None)
    try:
        identity = nodes.current(lab.brokers[0])
        if identity and processes.send(identity, signal.SIGTERM):
            processes.wait_gone([identity], Deadline.after(_EXIT_S))
    finally:
        cluster.down(spec.name)
