"""Formatted storage for the nodes of a lab: made once by Kafka's own tool for a set of controller ports, then copied.

A formatted directory names the controllers' addresses, so a template belongs to its controller ports; a lab
prefers ports that have a template, because formatting costs a second.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from secrets import token_bytes

from kastellan.kernel.errors import Unavailable
from kastellan.lab.model import SASL_SSL, Lab, LabSpec, Node, voters
from kastellan.lab.places import cache_dir
from kastellan.lab.runtime import Runtime
from kastellan.lab.security.logins import SCRAM_256, SCRAM_512

_TOOL_S = 60.0
_KEPT = 6
_STALE_S = 3_600.0
_TEMPLATE_CLUSTER = "kastellan-lab-template"


def new_id() -> str:
    """A random Kafka id (22 characters that do not start with a dash)."""
    while True:
        text = base64.urlsafe_b64encode(token_bytes(16)).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def ports_with_template(runtime: Runtime, spec: LabSpec) -> list[list[int]]:
    """Controller ports for which a template exists, the most recently used first."""
    folders = [folder for folder in _family(runtime, spec).glob("[0-9]*") if folder.is_dir()]
    folders.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    return [[int(port) for port in folder.name.split("-")] for folder in folders if len(folder.name.split("-")) == voters(spec)]


def format_storage(runtime: Runtime, lab: Lab, secrets: Mapping[str, str], lock: int) -> None:
    """Put formatted storage into every node's directory. Raises `Unavailable` with the tool's own words.

    Users with passwords are part of what is formatted, so that they can log in from the first moment; such storage is made for
    this lab alone.
    """
    if lab.spec.has_zookeeper:
        return  # a broker makes its own when it starts
    ports = "-".join(node.controller.rpartition(":")[2] for node in lab.nodes if node.controller)
    users = [
        f"{mechanism}=[name={name},password={secret}]"
        for name, secret in secrets.items()
        for mechanism in (SCRAM_256, SCRAM_512)
        if lab.spec.security == SASL_SSL
    ]
    template = lab.dir / "formatted" / ports if users else _family(runtime, lab.spec) / ports
    if not template.exists():
        _make(template, runtime, lab.nodes, [word for user in users for word in ("--add-scram", user)], lock)
    os.utime(template)
    for node in lab.nodes:
        for directory in node.log_dirs:
            shutil.copytree(template / str(node.id) / directory.name, directory)
            _edit(directory, {"cluster.id": lab.cluster_id})
    if users:
        shutil.rmtree(template.parent)


def _family(runtime: Runtime, spec: LabSpec) -> Path:
    shape = f"{runtime.kafka.version}|{spec.brokers}|{spec.controllers}|{spec.log_dirs} directories"
    return cache_dir() / "formatted" / hashlib.sha256(shape.encode()).hexdigest()[:12]


def _make(template: Path, runtime: Runtime, nodes: Sequence[Node], users: Sequence[str], lock: int) -> None:
    family = template.parent
    family.mkdir(parents=True, exist_ok=True)
    _prune(family)
    scratch = Path(tempfile.mkdtemp(prefix=".make-", dir=family))
    try:
        ids = {member.id: new_id() for member in nodes}
        dynamic = runtime.kafka.version.startswith("4")  # a quorum of 3.9 is the static one of its files, as most of them are
        initial = ",".join(f"{member.id}@{member.controller}:{ids[member.id]}" for member in nodes if member.controller)
        controllers = [member for member in nodes if member.is_controller]
        pure_brokers = [member for member in nodes if not member.is_controller]
        jobs = [
            _Format(runtime, members[0], scratch, arguments, lock)
            for members, arguments in (
                (controllers, [*(["--initial-controllers", initial] if dynamic else []), *users]),
                (pure_brokers, ["--no-initial-controllers"] if dynamic else []),
            )
            if members
        ]
        for job in jobs:
            job.finish()
        for group in (controllers, pure_brokers):
            for node in group[1:]:
                shutil.copytree(scratch / str(group[0].id), scratch / str(node.id))
            for node in group:
                for directory in node.log_dirs:
                    own = ids[node.id] if directory == node.log_dir else new_id()
                    _edit(scratch / str(node.id) / directory.name, {"node.id": str(node.id), "directory.id": own})
        for left in (*scratch.glob("*.properties"), *scratch.glob("*.out")):
            left.unlink()
        scratch.rename(template)
    except OSError:
        if not template.exists():  # else another lab made the same one in the meantime
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _Format:
    """One run of the storage tool; two run side by side when brokers and controllers are apart."""

    def __init__(self, runtime: Runtime, node: Node, scratch: Path, arguments: Sequence[str], lock: int) -> None:
        config = scratch / f"{node.id}.properties"
        (scratch / str(node.id)).mkdir()
        text = (node.dir / "server.properties").read_text()
        for log_dir in node.log_dirs:
            text = text.replace(str(log_dir), str(scratch / str(node.id) / log_dir.name))
        config.write_text(text)
        command = runtime.tool_command(
            "kafka.tools.StorageTool", ["format", "-t", _TEMPLATE_CLUSTER, "-c", str(config), *arguments]
        )
        self._output = scratch / f"{node.id}.out"
        with self._output.open("wb") as output:
            self._running = subprocess.Popen(  # it holds the lab's lock too: nobody cleans up under its hands
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=(lock,)
            )

    def finish(self) -> None:
        try:
            code = self._running.wait(_TOOL_S)
        except BaseException:
            self._running.kill()
            self._running.wait()
            raise
        if code != 0:
            last = self._output.read_text(errors="replace").strip().splitlines()[-3:]
            msg = f"Kafka's storage tool could not format a node: {' / '.join(last) or f'exit {code}'}"
            raise Unavailable(msg)


def _edit(directory: Path, values: dict[str, str]) -> None:
    meta = directory / "meta.properties"
    lines = meta.read_text().splitlines()
    kept = [line for line in lines if line.partition("=")[0] not in values]
    meta.write_text("\n".join([*kept, *(f"{key}={value}" for key, value in values.items())]) + "\n")


def _prune(family: Path) -> None:
    """Keep few: the newest templates, and no scratch that its maker left behind an hour ago."""
    templates = sorted(
        (template for template in family.glob("[0-9]*")), key=lambda template: template.stat().st_mtime, reverse=True
    )
    stale = [leftover for leftover in family.glob(".make-*") if time.time() - leftover.stat().st_mtime > _STALE_S]
    for template in [*templates[_KEPT - 1 :], *stale]:
        shutil.rmtree(template, ignore_errors=True)
