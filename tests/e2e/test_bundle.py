"""Bundles, as a user makes, looks at and redacts them."""

from __future__ import annotations

import json
import stat
import zipfile

import pytest

from kastellan.model.codec import load
from kastellan.testing.fake_broker import fake_cluster, fake_model


def findings(ran) -> set:
    report = json.loads(ran.out)["report"]
    return {(each["check"], each["severity"]) for result in report["results"] for each in result["findings"]}


def test_a_bundle_is_collected_inspected_redacted_and_examined(kastellan, tmp_path):
    bundle, out, names, key = (tmp_path / each for each in ("a.bundle", "b.bundle", "map.json", "key"))
    with fake_cluster(fake_model(brokers=3, topics=2)) as fake:
        collected = kastellan("bundle", "collect", bundle, "--bootstrap-server", fake.bootstrap, "--timeout", "20", "-o", "json")
    assert collected.code == 0, collected.err
    held = json.loads(collected.out)["contents"]
    assert {each["sort"] for each in held["names"]} >= {"topic", "host", "vantage"}
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    inspected = kastellan("bundle", "inspect", bundle)
    assert "as the manifest's hashes say" in inspected.out
    key.write_bytes(b"k" * 32)
    done = kastellan("bundle", "redact", bundle, out, "--map", names, "--key-file", key)
    assert done.code == 0, done.err
    assert {stat.S_IMODE(each.stat().st_mode) for each in (out, names)} == {0o600}
    told = json.loads(names.read_text())
    topics = {each["original"] for each in told["names"] if each["sort"] == "topic"}
    assert topics == set(load(bundle.read_bytes()).tables["topics"].df["topic"]) - {"__consumer_offsets"}
    assert "names are pseudonyms" in kastellan("bundle", "inspect", out).out
    whole, less = (kastellan("doctor", "--bundle", each, "-o", "json", "--fail-on", "never") for each in (bundle, out))
    assert findings(whole) == findings(less)
    again = kastellan("bundle", "redact", bundle, tmp_path / "c.bundle", "--map", names)
    assert again.code == 2
    assert "exists" in again.err


def test_a_changed_bundle_is_told(kastellan, bundles, tmp_path):
    changed = tmp_path / "changed"
    with zipfile.ZipFile(bundles["healthy"]) as old, zipfile.ZipFile(changed, "w") as new:
        for each in old.namelist():
            content = old.read("look0/features.arrow") if each == "look0/quorum.arrow" else old.read(each)
            new.writestr(each, content)
    ran = kastellan("bundle", "inspect", changed)
    assert ran.code == 2
    assert "hash" in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["bundle", "collect", "{folder}/x", "--bundle", "{healthy}", "--max-size", "big"], "--max-size"),
        (["bundle", "collect", "{folder}/x", "--bundle", "{healthy}", "--max-size", "1k"], "--max-size"),
        (["bundle", "collect", "{folder}/x", "--looks", "0", "--bootstrap-server", "localhost:1"], "--looks"),
        (["bundle", "redact", "{healthy}", "{healthy}", "--map", "{folder}/m"], "three files"),
        (["bundle", "redact", "{healthy}", "{folder}/o", "--map", "{folder}/m", "--key-file", "{empty}"], "a key has at least"),
        (["bundle", "redact", "{healthy}", "{folder}/o", "--map", "{folder}/m", "--key-file", "{folder}"], "is no file"),
        (["snapshot", "show", "last"], "no look is kept yet"),
        (["snapshot", "diff", "{fuller}", "{healthy}", "--cluster"], "--cluster"),
        (["snapshot", "diff", "{healthy}", "-1"], "no look is kept yet"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments, told, kastellan, bundles, tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("")
    places = {**bundles, "folder": tmp_path, "empty": empty}
    ran = kastellan(*(each.format(**places) for each in arguments), KASTELLAN_STATE=str(tmp_path / "state"))
    assert ran.code == 2, ran
    assert told in ran.err
    assert len(ran.err.splitlines()) == 1, ran.err
    assert not (tmp_path / "o").exists()


def test_two_snapshots_are_compared(kastellan, bundles):
    same = kastellan("snapshot", "diff", bundles["healthy"], bundles["fuller"])
    assert same.code == 0
    assert "nothing that both looks could see changed" in same.out
    document = json.loads(kastellan("snapshot", "diff", bundles["healthy"], bundles["hurt"], "-o", "json").out)
    assert document["schema"] == "kastellan.changes/2"
    assert document["changes"]["leaders"][0]["now"] == -1
    assert document["lines"]


def test_a_dry_run_writes_nothing(kastellan, bundles, tmp_path):
    ran = kastellan("bundle", "collect", tmp_path / "x", "--bundle", bundles["healthy"], "--dry-run")
    assert ran.code == 0
    assert "NAMES" in ran.out
    assert not (tmp_path / "x").exists()


def test_who_runs_the_cluster_travels_with_a_bundle_and_stays_when_its_names_go(kastellan, tmp_path):
    bundle, out, names = (tmp_path / each for each in ("a.bundle", "b.bundle", "map.json"))
    with fake_cluster(fake_model(brokers=3, topics=2)) as fake:
        where = ("--bootstrap-server", fake.bootstrap, "--timeout", "20")
        assert kastellan("bundle", "collect", bundle, *where, "--provider", "warpstream").code == 0
    assert kastellan("bundle", "redact", bundle, out, "--map", names).code == 0
    told = {}
    for name, file, flags in (("whole", bundle, ()), ("redacted", out, ()), ("plain", bundle, ("--provider", "none"))):
        told[name] = json.loads(kastellan("doctor", "--bundle", file, "-o", "json", "--fail-on", "never", *flags).out)["report"]
    aside = {
        name: [(each["check"], one["count"]) for each in report["results"] for one in each["excluded"]]
        for name, report in told.items()
    }
    assert told["whole"]["provider"]["id"] == told["redacted"]["provider"]["id"] == "warpstream"
    assert aside["whole"]
    assert aside["whole"] == aside["redacted"]
    assert told["plain"]["provider"] is None
    assert aside["plain"] == []
    assert any("judged as WarpStream" in each for each in told["redacted"]["notes"])
