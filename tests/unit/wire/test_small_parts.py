"""The parts of the wire that need no connection."""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
import subprocess
import sys
import time

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import Garbled, NotPermitted
from kastellan.kernel.fan_out import fan_out
from kastellan.kernel.outcome import Outcome, State, Trouble
from kastellan.testing.fake_broker_groups import packed_assignment, packed_subscription
from kastellan.wire.kafka import mutations as m
from kastellan.wire.kafka.api import READS, Api, api_name
from kastellan.wire.kafka.codes import code_name, retriable, state_of_code, trouble_of
from kastellan.wire.kafka.consumer_protocol import assignment_of, subscription_of
from kastellan.wire.kafka.costs import Cost, Costs
from kastellan.wire.kafka.permit import Permit, require_permit
from kastellan.wire.kafka.security import Security
from kastellan.wire.kafka.trouble import Refusal, failed_outcome, of_os_error
from kastellan.wire.kafka.versions import choose, no_common_version, ours


def test_every_key_that_is_not_known_to_read_needs_a_permit():
    for key in range(-1, 200):
        require_permit(key, Permit("a test"))
        if key in READS:
            require_permit(key, None)
        else:
            with pytest.raises(NotPermitted):
                require_permit(key, None)
    assert {Api.PRODUCE, Api.OFFSET_COMMIT, Api.CREATE_TOPICS, Api.DELETE_TOPICS}.isdisjoint(READS)
    assert {1, 21, 22, 33, 34, 37, 42, 43, 44, 45, 47, 49, 51, 57, 64, 80, 81, 91, 92, 94}.isdisjoint(READS)


def test_starting_does_not_load_the_codecs_test_helpers():
    names = "import kastellan.wire.kafka.client, sys; print(sorted({'hypothesis', 'numpy', 'polars', 'ssl'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True, timeout=50)
    assert told.stdout.strip() == "['ssl']"


def test_without_settings_a_connection_is_open_to_everybody():
    security = Security.of(None)
    assert (security.context, security.login, security.principal) == (None, None, "User:ANONYMOUS")


def test_versions_that_both_speak():
    assert choose(Api.METADATA, {3: (0, 12)}) == 12
    assert choose(Api.METADATA, {3: (0, 99)}, highest=9) == 9
    assert choose(Api.METADATA, {3: (0, 12)}, lowest=13) is None
    assert choose(Api.METADATA, {}) is None
    assert choose(4_711, {4_711: (0, 1)}) is None
    assert ours(Api.OFFSET_FETCH) == (1, 9)
    assert no_common_version(4_711, {4_711: (0, 1)}, "broker 1").reason == "broker 1 does not offer request 4711"


def test_every_api_that_is_built_has_a_name_and_a_schema():
    assert all(ours(api) for api in Api)
    assert api_name(Api.INCREMENTAL_ALTER_CONFIGS) == "IncrementalAlterConfigs"


@pytest.mark.parametrize(
    ("code", "name", "again", "trouble", "state"),
    [
        (0, "NONE", False, None, State.COMPLETE),
        (29, "TOPIC_AUTHORIZATION_FAILED", False, Trouble.DENIED, State.DENIED),
        (31, "CLUSTER_AUTHORIZATION_FAILED", False, Trouble.DENIED, State.DENIED),
        (35, "UNSUPPORTED_VERSION", False, Trouble.UNSUPPORTED, State.UNSUPPORTED),
        (89, "THROTTLING_QUOTA_EXCEEDED", True, Trouble.THROTTLED, State.THROTTLED),
        (16, "NOT_COORDINATOR", True, Trouble.REJECTED, State.FAILED),
        (9_999, "error code 9999", False, Trouble.REJECTED, State.FAILED),
    ],
)
def test_error_codes_have_a_meaning(code, name, again, trouble, state):
    assert (code_name(code), retriable(code), trouble_of(code), state_of_code(code)) == (name, again, trouble, state)


def test_what_the_operating_system_says():
    cases = [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), Trouble.REFUSED, "nothing listens"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), Trouble.UNRESOLVED, "has no address here (unknown)"),
        (OSError(errno.EHOSTUNREACH, "x"), Trouble.UNREACHABLE, "No route to host"),
        (OSError(errno.EMFILE, "x"), Trouble.UNREACHABLE, "ulimit -n"),
        (OSError("odd"), Trouble.UNREACHABLE, "odd"),
    ]
    for error, trouble, words in cases:
        found = of_os_error(error, "broker 1 (k:9)")
        assert (found.trouble, words in found.sentence) == (trouble, True), found
    outcome: Outcome[int] = failed_outcome(Refusal(Trouble.DENIED, "no"), 5)
    assert (outcome.state, outcome.trouble, outcome.sentence, outcome.sent_ms) == (State.DENIED, Trouble.DENIED, "no", 5)


def test_costs_of_a_cycle_are_a_difference():
    before = Costs({"Metadata": Cost(1, 10, 100, 1.5)})
    after = Costs({"Metadata": Cost(3, 30, 300, 4.5), "ListGroups": Cost(1, 1, 2, 3.0)})
    assert after.since(before) == Costs({"Metadata": Cost(2, 20, 200, 3.0), "ListGroups": Cost(1, 1, 2, 3.0)})
    assert after.since(after) == Costs({})
    assert after.total == Cost(4, 31, 302, 7.5)


def test_what_classic_consumers_write_is_read():
    assigned = {"a": (0, 2), "ü": ()}
    assert assignment_of(packed_assignment(assigned)) == assigned
    assert assignment_of(b"") == {}
    assert subscription_of(packed_subscription(["a", "b"])) == ("a", "b")
    assert subscription_of(b"") == ()
    for garbage in (b"\x00\x01", b"\x00\x00\x7f\xff\xff\xff", b'{"connect": 1}' * 3):
        with pytest.raises(Garbled):
            assignment_of(garbage)


def test_a_record_batch_has_the_lengths_and_the_checksum_that_a_broker_checks():
    batch = m.record_batch([b"x" * 200, b"", b"y"], 1_700_000_000_000)
    assert struct.unpack_from(">qi", batch) == (0, len(batch) - 12)
    (checksum,) = struct.unpack_from(">I", batch, 17)
    assert checksum == m.crc32c(batch[21:])
    assert struct.unpack_from(">i", batch, 57) == (3,)


def run_fan_out(ask, pieces, within_s=5.0, at_once=0):
    return asyncio.run(fan_out(pieces, ask, Deadline.after(within_s), at_once=at_once))


def good(value: int) -> Outcome[int]:
    return Outcome(value=value, state=State.COMPLETE, sent_ms=1)


def test_fan_out_keeps_the_order_and_makes_a_value_of_every_failure():
    async def ask(piece: int, _: Deadline) -> Outcome[int]:
        await asyncio.sleep((5 - piece) / 100)
        if piece == 1:
            raise Garbled("broker 1 sent nonsense")
        if piece == 2:
            raise KeyError("x")
        return good(piece)

    found = run_fan_out(ask, [3, 1, 2, 4, 3])
    assert list(found) == [3, 1, 2, 4]
    assert (found[3].value, found[4].value) == (3, 4)
    assert (found[1].state, found[1].reason) == (State.FAILED, "broker 1 sent nonsense")
    assert found[2].reason == "KeyError"  # its text may hold data
    assert run_fan_out(ask, []) == {}


def test_fan_out_ends_after_its_deadline_even_when_one_ignores_it():
    async def ask(piece: int, _: Deadline) -> Outcome[int]:
        if piece == 1:
            await asyncio.Event().wait()
        return good(piece)

    began = time.monotonic()
    found = run_fan_out(ask, [1, 2], within_s=0.1)
    assert time.monotonic() - began < 10
    assert (found[1].trouble, found[2].value) == (Trouble.SLOW, 2)


def test_fan_out_asks_no_more_at_once_than_it_may():
    now, most = 0, 0

    async def ask(piece: int, _: Deadline) -> Outcome[int]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return good(piece)

    assert len(run_fan_out(ask, range(20), at_once=3)) == 20
    assert most == 3
