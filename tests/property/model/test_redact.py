"""A redacted bundle: the same findings, and not one of the original names in its bytes."""

from __future__ import annotations

import io
import random
import zipfile

import msgspec
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from kastellan.app.diagnose import plan_checks, run_checks_on_saved
from kastellan.kernel.outcome import State
from kastellan.model.codec import dump, load
from kastellan.model.snapshot import Snapshot, Vantage
from kastellan.model.tables.acls import Acls
from kastellan.model.tables.broker_configs import BrokerConfigs
from kastellan.redaction.pseudonyms import Pseudonyms
from kastellan.redaction.redact import redact_snapshot, redact_subject
from kastellan.reference.reference_data import packaged_providers
from kastellan.testing.random_faults import sicken
from kastellan.testing.snapshots import AT_MS, add, edit, failed_answer, healthy, rebuilt

EXAM = plan_checks()
SECRET = "hunter2-S3cr3t"


def name(rng: random.Random, what: str) -> str:
    """A name as people give them, that no word of the format or of ours is."""
    shape = rng.choice(("{w}.Zq{n}", "acme-{w}-Zq{n}", "Zq{n}", "Zq {n}_{w}", "ümlaut-Zq{n}", "{w}:Zq{n},x=y", "CN=Zq{n},OU={w}"))
    return shape.format(w=what, n=rng.randrange(10**9))


def renamed(snapshot: Snapshot, rng: random.Random) -> Snapshot:
    """The snapshot with random names everywhere, the same name for the same thing."""
    made: dict[tuple[str, str], str] = {}

    def turned(column: str, text: str | None) -> str | None:
        if not text or text.startswith("__") or text in ("*", "<default>", "kafka-cluster"):
            return text
        kind = {"resource": "topic", "client_host": "host", "principal": "user", "owner": "user"}.get(column, column)
        new = made.setdefault((kind, text), name(rng, kind))
        return f"User:{new}" if column in ("principal", "owner") else f"/{new}" if column == "client_host" else new

    columns = {
        "topic", "group", "member", "client_id", "client_host", "transactional_id", "instance_id", "host", "rack", "path", "user",
        "principal", "resource", "token_id", "owner", "subscription", "topic_id",
    }  # fmt: skip
    for table in list(snapshot.tables.values()):
        df = table.df
        for column in columns & set(df.columns):
            df = df.with_columns(pl.Series(column, [turned(column, each) for each in df[column].to_list()], dtype=pl.String))
        snapshot = snapshot.with_table(rebuilt(type(table), df, table.unseen))
    topic = made.get(("topic", "orders"), "orders")
    snapshot, _ = failed_answer(
        snapshot,
        f"TOPIC_AUTHORIZATION_FAILED: not for {topic} nor Hidden{name(rng, 'topic')} password={SECRET}",
        broker=2,
    )
    host = made.get(("host", "127.0.0.1"), "h")
    for key, value in (
        ("advertised.listeners", f"ACME_VPN://{host}:9092,SSL://{host}:9093"),
        ("super.users", f"User:{name(rng, 'user')};User:admin"),
        ("log.dirs", f"/data/{name(rng, 'dir')},/data/2"),
        ("ssl.keystore.location", f"/etc/{name(rng, 'file')}"),
        ("listener.name.acme_vpn.ssl.truststore.password", SECRET),
    ):
        snapshot = add(snapshot, BrokerConfigs, {"broker": 1, "config": key, "value": value, "source": "static", "seen": True})
    vantage = Vantage(host=name(rng, "bastion"), principal=f"User:{name(rng, 'me')}", bootstrap=f"{host}:9092,[::1]:9093")
    return msgspec.structs.replace(snapshot, cluster_id=name(rng, "cluster"), vantage=vantage)


def unpacked(data: bytes) -> bytes:
    """All that the file holds, decompressed, its names of members included."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return b"\0".join([each.encode() for each in archive.namelist()] + [archive.read(each) for each in archive.namelist()])


def verdicts(snapshot: Snapshot, names: Pseudonyms | None = None) -> dict:
    report = run_checks_on_saved(snapshot, EXAM, AT_MS).report
    told = {}
    for each in report.findings:
        of = redact_subject(each.subject, names) if names else each.subject
        why = {(check, redact_subject(cause, names) if names else cause) for check, cause in each.explained_by}
        told[each.check, of] = (each.severity, each.confirmed, frozenset(why))
    counts = {each.check: {v: n for v, n in each.counts.items() if n} for each in report.results}
    return {"findings": told, "counts": counts, "causes": [each.cause for each in report.causes]}


@given(st.integers(0, 2**32))
@settings(max_examples=8)
def test_no_name_is_left_and_every_finding_is(seed):
    rng = random.Random(seed)
    snapshot = renamed(sicken(healthy(topics={"orders": 4, "payments": 2, "__consumer_offsets": 3}), rng), rng)
    snapshot = snapshot.after(msgspec.structs.replace(snapshot, at_ms=AT_MS - 60_000))
    names = Pseudonyms(rng.randbytes(32))
    data = dump(redact_snapshot(snapshot, names, packaged_providers()))
    content = unpacked(data)
    needles = {each.original for each in names.map().names} | {SECRET, "ACME", "acme_vpn"}
    # 'admin', '2' and the like are words that may stand anywhere: what is looked for can be told from chance.
    left = [each for each in needles if ("Zq" in each or each in {SECRET, "ACME", "acme_vpn"}) and each.encode() in content]
    assert not left, left
    assert b"Zq" not in content
    assert verdicts(load(data)) == verdicts(snapshot, names)


def test_the_same_key_gives_the_same_pseudonyms_and_another_one_others():
    one, again, other = (Pseudonyms(key) for key in (b"k" * 32, b"k" * 32, b"x" * 32))
    assert one.topic("orders") == again.topic("orders") != other.topic("orders")
    assert one.id == again.id != other.id


def test_what_belongs_together_still_does():
    snapshot = redact_snapshot(healthy(), Pseudonyms(b"k" * 32), packaged_providers())
    topics = set(snapshot.tables["topics"].df["topic"])
    assert set(snapshot.tables["partitions"].df["topic"]) == topics
    literal = snapshot.tables["acls"].df.filter((pl.col("resource_type") == "topic") & (pl.col("pattern_type") == "literal"))
    assert set(literal["resource"]) - {"*"} <= topics
    assert set(snapshot.tables["assignments"].df["member"]) <= set(snapshot.tables["members"].df["member"])
    paths = set(snapshot.tables["log_dirs"].df["path"])
    assert set(snapshot.tables["replica_sizes"].df["path"]) == paths


def test_what_kafka_itself_says_stays():
    snapshot = healthy(topics={"__consumer_offsets": 3, "app-store-changelog": 1})
    snapshot, _ = failed_answer(snapshot, reason="broker 2 (10.1.2.3:9092) refused the connection: nothing listens there")
    snapshot = edit(snapshot, BrokerConfigs, {"broker": 1, "config": "sasl.enabled.mechanisms"}, value="SCRAM-SHA-512,GSSAPI")
    names = Pseudonyms(b"k" * 32)
    told = redact_snapshot(snapshot, names, packaged_providers())
    topics = told.tables["topics"].df["topic"].to_list()
    assert "__consumer_offsets" in topics
    assert any(each.startswith("topic-") and each.endswith("-changelog") for each in topics)
    failed = next(each for each in told.answers if each.state is State.FAILED)
    assert failed.reason == "broker 2 (...) refused the connection: nothing listens there"
    values = told.tables["broker_configs"].df.filter(pl.col("config") == "sasl.enabled.mechanisms")["value"].to_list()
    assert "SCRAM-SHA-512,GSSAPI" in values


def test_a_broker_row_of_a_prefixed_right_is_no_topic():
    snapshot = add(
        healthy(), Acls,
        {"resource_type": "topic", "resource": "ord", "pattern_type": "prefixed", "principal": "User:*", "host": "10.0.0.9",
         "operation": "read", "permission": "allow"},
    )  # fmt: skip
    row = (
        redact_snapshot(snapshot, Pseudonyms(b"k" * 32), packaged_providers())
        .tables["acls"]
        .df.filter(pl.col("pattern_type") == "prefixed")
        .row(0, named=True)
    )
    assert row["resource"].startswith("prefix-")
    assert row["principal"] == "User:*"
    assert row["host"].startswith("host-")
