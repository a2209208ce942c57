"""What is remembered between runs, against brokers that answer from a model."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kastellan.testing.fake_broker import FakeCluster, fake_cluster, fake_model
from tests.e2e.conftest import BINARY, environment


@pytest.fixture
def fake() -> Iterator[FakeCluster]:
    with fake_cluster(fake_model(brokers=3, topics=4)) as cluster:
        yield cluster


@pytest.fixture
def doctor(fake, tmp_path):
    """Runs `doctor -o json` with a state directory of its own; gives the document, code and stderr."""

    def run(*arguments: str, most_bytes: int | None = None, **env: str):
        command = [str(BINARY), "doctor", "--bootstrap-server", fake.bootstrap, "-o", "json", "--timeout", "20", *arguments]
        limit = None if most_bytes is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
        told = environment(KASTELLAN_STATE=str(tmp_path / "state"), **{"KASTELLAN_NO_HISTORY": "0", **env})
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=told, check=False, preexec_fn=limit)
        assert done.returncode in {0, 10, 12}, done.stderr
        return json.loads(done.stdout), done.stderr

    return run


def kept(tmp_path) -> list[Path]:
    return sorted((tmp_path / "state" / "snapshots").glob("*/*.snapshot"))


def test_a_second_run_tells_what_changed_since_the_first(doctor, fake, tmp_path):
    first, _ = doctor()
    assert first["report"]["past"] is None
    assert len(kept(tmp_path)) == 1
    gone = next(iter(fake.model.topics))
    del fake.model.topics[gone]
    fake.model.revision += 1
    second, _ = doctor()
    past = second["report"]["past"]
    assert past["since_ms"] == first["report"]["at_ms"]
    assert past["changes"]["topics"] == [{"subject": {"kind": "topic", "key": [gone]}, "how": "gone"}]
    assert any(f"topic/{gone} is gone" in line["text"] for line in second["summary"]["changed"])
    assert len(kept(tmp_path)) == 2
    findings = [each for result in second["report"]["results"] for each in result["findings"]]
    assert findings
    assert {each["since_ms"] for each in findings if each["news"] == "known"} == {first["report"]["at_ms"]}


@pytest.mark.parametrize(("arguments", "env"), [(["--no-history"], {}), ([], {"KASTELLAN_NO_HISTORY": "1"})])
def test_it_can_be_switched_off(arguments, env, doctor, tmp_path):
    doctor()
    document, _ = doctor(*arguments, **env)
    assert document["report"]["past"] is None
    assert len(kept(tmp_path)) == 1


def test_a_full_disk_is_one_sentence_and_the_doctor_still_answers(doctor, tmp_path):
    whole, _ = doctor("--no-history")
    document, err = doctor(most_bytes=100)
    sentences = [each for each in err.splitlines() if "too little" not in each]
    assert len(sentences) == 1
    assert "--no-history" in sentences[0]
    assert len(document["report"]["results"]) == len(whole["report"]["results"])
    assert kept(tmp_path) == []


def test_a_state_directory_that_is_none_is_one_sentence(doctor, tmp_path):
    (tmp_path / "state").write_text("")
    document, err = doctor()
    assert document["report"]["results"]
    assert [each for each in err.splitlines() if "--no-history" in each]
    assert "Traceback" not in err


def test_a_damaged_look_is_told_and_skipped(doctor, tmp_path):
    first, _ = doctor()
    doctor()
    newest = kept(tmp_path)[0]
    newest.write_bytes(b"PK and nothing more")
    document, err = doctor()
    assert any(newest.name in each for each in document["report"]["notes"])
    assert document["report"]["past"]["since_ms"] > first["report"]["at_ms"]
    assert "Traceback" not in err
