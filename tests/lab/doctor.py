"""The doctor as a user runs it on a lab, and what it must say of each fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from kastellan import lab as labs
from kastellan.lab.faults._model import Truth

KASTELLAN = Path(sys.executable).with_name("kastellan")
TIMEOUT_S = 20
"""Bounds the wait on a loaded machine; a healthy cluster answers in a fraction of a second."""

Findings = dict[tuple[str, str, tuple[Any, ...]], dict[str, Any]]


class Proof(NamedTuple):
    """The check that must tell the fault on its subject, and at which severity at least.

    `settings` are those of the check, made small where it waits for half an hour in earnest; `again` says that it
    compares looks that lie apart.
    """

    check: str
    severity: str = "error"
    settings: tuple[str, ...] = ()
    again: bool = False


PROOFS = {
    "advertised_listener_wrong": Proof("brokers.unreachable", "warning"),
    "broker_frozen": Proof("brokers.fenced"),
    "broker_killed": Proof("brokers.fenced"),
    "certificate_expired": Proof("brokers.unreachable", "warning"),
    "consumer_stuck": Proof("groups.lag_without_members", "warning", ("quiet_s=10",), again=True),
    "consumer_stuck_kip848": Proof("groups.lag_without_members", "warning", ("quiet_s=10",), again=True),
    "disk_full": Proof("storage.log_dir_offline"),
    "disk_nearly_full": Proof("storage.log_dir_nearly_full", "warning"),
    "key_skew": Proof("capacity.keys_skewed", "info", ("min_records=200",)),
    "leader_imbalance": Proof("replication.leader_imbalance", "info"),
    "log_dir_failed": Proof("storage.log_dir_offline"),
    "network_partition": Proof("brokers.fenced"),
    "packet_loss": Proof("replication.broker_out_of_step", "warning"),
    "quorum_lost": Proof("controller.no_active_controller"),
    "reassignment_stuck": Proof("replication.reassignment_stuck", "warning", ("stuck_s=10",), again=True),
    "transaction_open": Proof("transactions.open_without_owner", "error", ("open_s=10", "idle_s=10")),
    "under_min_isr": Proof("replication.under_min_isr"),
}
BESIDE = {"network_partition": "brokers.views_disagree"}
"""What a fault shows beside the finding that is told first."""
ELSEWHERE = {
    "acl_missing": "a broker refuses silently; `describe principal` shows what the principal may",
    "password_wrong": "a broker tells nobody whom it turned away; `probe` with the same file says so, and logs do",
}
"""Faults that no answer of a broker shows, and where they are seen."""
_RANK = ("info", "warning", "error")


def run(lab: labs.Lab, *words: str, timeout_s: float = TIMEOUT_S, state: Path | None = None) -> tuple[dict[str, Any], int]:
    """The document that `doctor -o json` prints, and the exit code; with `state` it keeps its looks below that place."""
    command = [*_command(lab, timeout_s), "-o", "json", *words]
    environment = dict(os.environ)
    if state is not None:
        environment["XDG_STATE_HOME"] = str(state)
        for name in ("KASTELLAN_NO_HISTORY", "KASTELLAN_STATE"):
            environment.pop(name, None)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode in {0, 10, 12}, done.stderr
    return json.loads(done.stdout), done.returncode


def examined(lab: labs.Lab, timeout_s: float = TIMEOUT_S) -> tuple[dict[str, Any], int]:
    """The report, and the exit code."""
    document, code = run(lab, timeout_s=timeout_s)
    return document["report"], code


def seen_again(lab: labs.Lab, check: str, *words: str, runs: int = 60) -> Findings:
    """What the check says first, in so many runs of the doctor that each know the looks of those before."""
    with TemporaryDirectory(prefix="kastellan-") as state:
        for _ in range(runs):
            if found := findings(run(lab, "--only", check, *words, state=Path(state))[0]["report"]):
                return found
    return {}


def watched(lab: labs.Lab, check: str, *words: str, looks: int = 40) -> Findings:
    """What the check says first, in so many looks of `doctor --watch`."""
    command = [*_command(lab, 4), "--only", check, "--watch", "4", "-o", "json", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        try:
            for _, line in zip(range(looks), watching.stdout or (), strict=False):
                if found := findings(json.loads(line)["report"]):
                    return found
        finally:
            watching.terminate()
    return {}


def findings(report: dict[str, Any], *severities: str) -> Findings:
    """The findings of a report by check and subject."""
    found = [each for result in report["results"] for each in result["findings"]]
    return {
        (each["check"], each["subject"]["kind"], tuple(each["subject"]["key"])): each
        for each in found
        if not severities or each["severity"] in severities
    }


def settings_of(fault: str) -> list[str]:
    """The words that make the settings of the fault's check small."""
    return [word for each in PROOFS[fault].settings for word in ("--set", f"{PROOFS[fault].check}.{each}")]


def assert_told(lab: labs.Lab, truth: Truth) -> dict[str, Any]:
    """The doctor tells the fault on its subject in one run, or with an earlier look; and nothing unrelated as an error."""
    proof, settings = PROOFS[truth.fault], settings_of(truth.fault)
    report = run(lab, *settings)[0]["report"]
    told = seen_again(lab, proof.check, *settings) if proof.again else findings(report)
    wanted = (proof.check, truth.kind, tuple(truth.key))
    assert wanted in told, sorted(told)
    assert _RANK.index(told[wanted]["severity"]) >= _RANK.index(proof.severity), told[wanted]
    strangers = {key for key, each in findings(report, "error").items() if key != wanted and not each["explained_by"]}
    assert strangers == set(), strangers
    return told[wanted]


def _command(lab: labs.Lab, timeout_s: float) -> list[str]:
    way = ["--command-config", str(lab.command_config("admin"))] if lab.spec.is_secured else ["--bootstrap-server", lab.bootstrap]
    return [str(KASTELLAN), "doctor", *way, "--timeout", str(timeout_s)]
