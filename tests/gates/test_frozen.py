"""Names that users rely on stay as they were published."""

from __future__ import annotations

import copy

from gates import frozen


def test_every_published_name_is_there_and_every_name_is_published() -> None:
    assert frozen.differences(frozen.read(), frozen.frozen_names()) == []


def test_the_file_holds_what_people_write_down() -> None:
    names = frozen.read()
    assert "replication.under_replicated" in names["checks"]
    assert "stalled_s" in names["checks"]["groups.stalled_partition"]["settings"]
    assert names["tables"]["log_dirs"]["columns"]["usable_bytes"] == "Int64 bytes"
    assert names["tables"]["partitions"]["key"] == ["topic", "partition"]
    assert {"0", "1", "2", "10", "12"} <= set(names["exit codes"])
    assert "kastellan.snapshot/2" in names["schemas"]
    assert "broker_down" in names["causes"]


def test_a_rename_asks_for_an_alias_and_a_change_for_a_new_name() -> None:
    before, now = frozen.frozen_names(), copy.deepcopy(frozen.frozen_names())
    now["tables"]["topics"]["columns"]["uuid"] = now["tables"]["topics"]["columns"].pop("topic_id")
    now["tables"]["offsets"]["columns"]["latest"] = "Float64 records"
    now["checks"].pop("replication.offline")
    now["tables"]["partitions"]["key"].append("leader")
    now["exit codes"].remove("12")
    assert [sentence.partition(":")[0] for sentence in frozen.differences(before, now)] == [
        "checks/replication.offline is gone",
        "checks/replication.offline/settings is gone",
        "exit codes/12 is gone",
        "tables/topics/columns/topic_id is gone",
        "tables/offsets/columns/latest was 'Int64 records' and is 'Float64 records'",
        "tables/partitions/key/leader is new",
        "tables/topics/columns/uuid is new",
    ]
    assert "a rename needs an alias" in frozen.differences(before, now)[0]
