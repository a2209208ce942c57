"""Settings that quietly lose records, and what a broker's software tells of its release, on a real cluster."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from kastellan import lab as labs

pytestmark = pytest.mark.timeout(420)

KASTELLAN = Path(sys.executable).with_name("kastellan")
TRAPS: Mapping[str, tuple[str, dict[str, str]]] = {
    "traps.unclean": ("configs.unclean_election", {"unclean.leader.election.enable": "true"}),
    "traps.second": ("configs.retention_traps", {"retention.ms": "1000"}),
    "traps.ever": ("configs.retention_traps", {"retention.ms": "-1"}),
    "traps.large": ("configs.message_size_chain", {"max.message.bytes": str(200 * 1024**2)}),
    "traps-changelog": ("configs.cleanup_policy", {"cleanup.policy": "delete"}),
}


@contextmanager
def topics(lab: labs.Lab) -> Iterator[None]:
    """The traps, for the length of a block."""
    admin = AdminClient({"bootstrap.servers": lab.bootstrap})
    wanted = [NewTopic(name, 2, 3, config=config) for name, (_, config) in TRAPS.items()]
    for each in admin.create_topics(wanted).values():
        each.result(60)
    try:
        yield
    finally:
        for each in admin.delete_topics(list(TRAPS)).values():
            each.result(60)


def report(lab: labs.Lab) -> dict[str, Any]:
    command = [str(KASTELLAN), "doctor", "--bootstrap-server", lab.bootstrap, "--timeout", "20", "-o", "json"]
    names = ["--only", "configs,security,controller"]
    done = subprocess.run([*command, *names], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode in {0, 12}, done.stderr
    return json.loads(done.stdout)["report"]


def test_each_trap_is_found_on_its_topic_and_the_release_is_the_softwares(lab: labs.Lab, eventually: Any) -> None:
    wanted = {(check, name) for name, (check, _) in TRAPS.items()}

    def found(told: dict[str, Any]) -> set[tuple[str, str]]:
        listed = [each for result in told["results"] for each in result["findings"]]
        return {(each["check"], each["subject"]["key"][0]) for each in listed if str(each["subject"]["key"]).count("traps")}

    with topics(lab):
        # A topic is known to the brokers one after the other.
        eventually(lambda: wanted <= found(report(lab)), "every trap on its topic")
        told = report(lab)
    assert found(told) == wanted
    assert told["shape"]["kafka"] == "4.3"
    counts = {each["check"]: each["counts"] for each in told["results"]}
    assert counts["controller.release_end_of_life"].keys() <= {"pass", "unknown"}  # unknown once the release data is old
    assert not any(each["crashed"] for each in told["results"])
