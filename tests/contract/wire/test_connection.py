"""One connection: frames, times, and the words for what went wrong. Every wait is bounded by the deadline asked with."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time

import pytest

from kastellan.kernel.deadline import Deadline
from kastellan.kernel.errors import NotPermitted
from kastellan.kernel.outcome import Trouble
from kastellan.wire.kafka.connection import Frame, Limits
from kastellan.wire.kafka.costs import Costs, Meter
from kastellan.wire.kafka.dial import DialOptions, dial
from kastellan.wire.kafka.endpoint import Endpoint
from kastellan.wire.kafka.packing import EncodedRequest
from kastellan.wire.kafka.permit import Permit
from kastellan.wire.kafka.trouble import Refusal
from tests.contract.wire.kit import free_port
from tests.contract.wire.peers import Behaviour, connected, forever, framed, question

ASK = EncodedRequest(3, 12, b"what", flexible=True)
BODY = bytes(range(200)) * 50


def asked(behaviour: Behaviour, within_s: float = 10.0, options: DialOptions | None = None) -> Frame | Refusal:
    """What one question to such a peer ends in; it has to end soon after its deadline."""

    async def run() -> Frame | Refusal:
        async with connected(behaviour, options) as connection:
            before = time.monotonic()
            found = await connection.ask(ASK, Deadline.after(within_s))
            assert time.monotonic() - before < within_s + 5
            return found

    return asyncio.run(run(), debug=True)


def refused(behaviour: Behaviour, within_s: float = 10.0, options: DialOptions | None = None) -> Refusal:
    found = asked(behaviour, within_s, options)
    assert isinstance(found, Refusal)
    assert "\n" not in found.sentence
    assert found.sentence.startswith("broker 2 (127.0.0.1:")
    return found


def says(data: bytes) -> Behaviour:
    async def behaviour(reader, writer) -> None:
        await question(reader)
        writer.write(data)
        await writer.drain()
        await forever()

    return behaviour


def test_an_answer_comes_with_its_times_and_sizes():
    async def behaviour(reader, writer):
        _, _, correlation = await question(reader)
        await asyncio.sleep(0.05)
        writer.write(framed(correlation, BODY))
        await forever()

    before_ms = time.time() * 1_000
    frame = asked(behaviour)
    assert isinstance(frame, Frame)
    assert frame.data == BODY
    assert before_ms - 1 <= frame.sent_ms <= frame.arrived_ms <= time.time() * 1_000
    assert frame.arrived_ms - frame.sent_ms >= 45
    assert frame.service_ms >= 45
    assert frame.bytes_in == len(BODY) + 9
    assert frame.bytes_out == 4 + 2 + 2 + 4 + 2 + len("kastellan") + 1 + len(ASK.body)


def test_answers_in_any_pieces_and_several_at_once_find_their_questions():
    async def behaviour(reader, writer):
        ids = [(await question(reader))[2] for _ in range(5)]
        stream = b"".join(framed(each, BODY[: each * 7] + b"!", tags=b"\x01\x05\x02ab") for each in ids)
        for at in range(0, len(stream), 3):
            writer.write(stream[at : at + 3])
            await writer.drain()
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            frames = await asyncio.gather(*(connection.ask(ASK, Deadline.after(20)) for _ in range(5)))
        assert [each.data for each in frames if isinstance(each, Frame)] == [BODY[: n * 7] + b"!" for n in range(5)]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks HTTP, not Kafka; check the port"),
        (b"\x15\x03\x03\x00\x02\x02\x50", "answered with a TLS alert; this listener wants TLS"),
        (b"\x16\x03\x01\x02\x00", "opened a TLS handshake; this listener wants TLS"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "speaks text, not Kafka ('SSH-2.0-OpenSSH_9.6'); check the port"),
        (b"\x7f\xff\xff\xff1234", "announced an answer of 2 GiB, beyond the limit of 100 MiB"),
        (b"\xff\xff\xff\xff1234", "announced an answer of -1 bytes, which is not the Kafka protocol"),
        (b"\x00\x00\x00\x00", "announced an answer of 0 bytes, which is not the Kafka protocol"),
        (b"\x00\x00\x00\x03abc", "announced an answer of 3 bytes"),
        (framed(77, b"x"), "answered a request that was not sent (correlation id 77)"),
        (b"\x00\x00\x00\x05\x00\x00\x00\x00\xff", "sent a broken header for Metadata"),
        (framed(0, b"", tags=b"\x01\x00\x7fabc"), "sent a broken header for Metadata"),
        (b"\x00\x00\x00\x09\x00\x00\x00\x00\xff\xff\xff\xff\x7f", "sent a broken header for Metadata"),
    ],
)
def test_what_is_not_the_protocol_is_garbled_and_named(data, sentence):
    found = refused(says(data))
    assert found.trouble is Trouble.GARBLED
    assert sentence in found.sentence


def test_an_answer_beyond_the_limit_is_refused_before_it_is_held():
    found = refused(says(framed(0, bytes(2_000))), options=DialOptions(limits=Limits(frame_bytes=1_000)))
    assert (found.trouble, "beyond the limit" in found.sentence) == (Trouble.GARBLED, True)


def test_not_one_byte_is_silent():
    found = refused(says(b""), within_s=0.2)
    assert found.trouble is Trouble.SILENT
    assert "sent not one byte within" in found.sentence
    assert "after Metadata was asked" in found.sentence


def test_a_frozen_peer_that_does_not_read_is_silent():
    async def behaviour(_, __):
        await forever()

    assert refused(behaviour, within_s=0.2).trouble is Trouble.SILENT


def test_bytes_that_trickle_are_slow():
    async def behaviour(reader, writer):
        _, _, correlation = await question(reader)
        for byte in framed(correlation, BODY):
            writer.write(bytes((byte,)))
            await asyncio.sleep(0.05)

    found = refused(behaviour, within_s=0.5)
    assert found.trouble is Trouble.SLOW
    assert "of an answer of 9.8 KiB" in found.sentence


def test_other_answers_that_come_make_this_one_slow_and_not_silent():
    async def behaviour(reader, writer):
        first = (await question(reader))[2]
        await question(reader)
        writer.write(framed(first, b"first"))
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            first, second = await asyncio.gather(*(connection.ask(ASK, Deadline.after(0.5)) for _ in range(2)))
        assert isinstance(first, Frame)
        assert isinstance(second, Refusal)
        assert second.trouble is Trouble.SLOW

    asyncio.run(run())


def test_a_late_answer_is_dropped_and_the_connection_stays_usable():
    async def behaviour(reader, writer):
        late = (await question(reader))[2]
        following = (await question(reader))[2]
        writer.write(framed(late, b"late") + framed(following, b"in time"))
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            missed = await connection.ask(ASK, Deadline.after(0.1))
            assert isinstance(missed, Refusal)
            assert connection.unanswered_since(ASK.api_key) is not None
            frame = await connection.ask(ASK, Deadline.after(10))
            assert isinstance(frame, Frame)
            assert frame.data == b"in time"
            assert connection.unanswered_since(ASK.api_key) is None
            assert connection.open

    asyncio.run(run())


def test_each_of_several_questions_ends_at_its_own_deadline():
    async def behaviour(reader, writer):
        ids = [(await question(reader))[2] for _ in range(4)]
        writer.write(framed(ids[2], b"in time"))
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            begun, ended = time.monotonic(), dict[float, float]()

            async def ask(within_s: float) -> Frame | Refusal:
                told = await connection.ask(ASK, Deadline.after(within_s))
                ended[within_s] = time.monotonic() - begun
                return told

            told = await asyncio.gather(*map(ask, (0.3, 0.1, 10, 0.2)))
            assert [type(each) for each in told] == [Refusal, Refusal, Frame, Refusal]
            assert [each for each in ended if each < 1] == [0.1, 0.2, 0.3]
            assert all(took_s > within_s - 0.01 for within_s, took_s in ended.items() if within_s < 1)

    asyncio.run(run())


def test_questions_of_one_turn_leave_together_with_the_same_time():
    async def behaviour(reader, writer):
        for _ in range(3):
            writer.write(framed((await question(reader))[2], b"ok"))
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            frames = await asyncio.gather(*(connection.ask(ASK, Deadline.after(10)) for _ in range(3)))
            assert {type(each) for each in frames} == {Frame}
            assert len({each.sent_ms for each in frames if isinstance(each, Frame)}) == 1

    asyncio.run(run())


def test_a_cancelled_question_costs_the_others_nothing():
    async def behaviour(reader, writer):
        for _ in range(2):
            writer.write(framed((await question(reader))[2], b"ok"))
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            task = asyncio.ensure_future(connection.ask(ASK, Deadline.after(10)))
            await asyncio.sleep(0)
            task.cancel()
            frame = await connection.ask(ASK, Deadline.after(10))
            assert isinstance(frame, Frame)

    asyncio.run(run())


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_busy_loop_never_makes_a_peer_late(size):
    """The answer lies in the socket when the deadline passes: this process was busy, not the peer."""
    busy = threading.Event()

    def answer(listener: socket.socket) -> None:
        taken, _ = listener.accept()
        with taken:
            taken.recv(1_000)
            busy.wait(10)
            taken.sendall(framed(0, bytes(size)))
            taken.recv(1)

    async def run(port: int) -> None:
        opened = await dial(Endpoint("127.0.0.1", port), Deadline.after(10), DialOptions())
        assert not isinstance(opened, Refusal)
        task = asyncio.ensure_future(opened.ask(ASK, Deadline.after(0.3)))
        await asyncio.sleep(0.05)
        busy.set()
        time.sleep(0.8)  # noqa: ASYNC251  # a loop that is held up is what is tried
        frame = await task
        assert isinstance(frame, Frame), frame
        assert len(frame.data) == size
        await opened.aclose()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,), daemon=True)
        thread.start()
        asyncio.run(run(listener.getsockname()[1]))
        thread.join(10)


def test_a_closed_connection_ends_every_question_wherever_it_closes():
    answer = framed(0, b"0123456789")

    async def run():
        for end in range(len(answer)):

            async def behaviour(reader, writer, end=end):
                await question(reader)
                writer.write(answer[:end])
                await writer.drain()
                writer.close()
                await writer.wait_closed()

            async with connected(behaviour) as connection:
                found = await connection.ask(ASK, Deadline.after(10))
                assert isinstance(found, Refusal)
                assert found.trouble is Trouble.CLOSED, found
                assert "closed the connection" in found.sentence
                assert not connection.open
                again = await connection.ask(ASK, Deadline.after(10))
                assert again == found

    asyncio.run(run())


def test_more_questions_than_may_be_in_flight_wait_in_line():
    most = 0

    async def behaviour(reader, writer):
        nonlocal most
        waiting: list[int] = []
        for _ in range(20):
            while len(waiting) < 4:
                try:
                    waiting.append((await asyncio.wait_for(question(reader), 0.1))[2])
                except TimeoutError:
                    break
            most = max(most, len(waiting))
            writer.write(framed(waiting.pop(0), b"ok"))
        await forever()

    async def run():
        async with connected(behaviour, DialOptions(limits=Limits(in_flight=3))) as connection:
            frames = await asyncio.gather(*(connection.ask(ASK, Deadline.after(20)) for _ in range(20)))
            assert all(isinstance(each, Frame) for each in frames)

    asyncio.run(run())
    assert most == 3


def test_a_question_that_waited_in_line_until_its_deadline_does_not_accuse_the_peer_of_silence():
    async def run():
        async with connected(says(b""), DialOptions(limits=Limits(in_flight=1))) as connection:
            first, second = await asyncio.gather(
                connection.ask(ASK, Deadline.after(0.4)), connection.ask(ASK, Deadline.after(0.2))
            )
            assert isinstance(first, Refusal)
            assert isinstance(second, Refusal)
            assert (first.trouble, second.trouble) == (Trouble.SILENT, Trouble.SLOW)
            assert "was not asked Metadata in time" in second.sentence

    asyncio.run(run())


def test_a_peer_that_never_answers_is_given_up_after_a_while():
    async def run():
        async with connected(says(b""), DialOptions(limits=Limits(abandoned=3))) as connection:
            for _ in range(4):
                await connection.ask(ASK, Deadline.after(0.02))
            assert not connection.open

    asyncio.run(run())


def test_a_request_that_changes_something_is_not_sent_without_a_permit():
    async def run():
        seen: list[int] = []

        async def behaviour(reader, writer):
            api, _, correlation = await question(reader)
            seen.append(api)
            writer.write(framed(correlation, b"ok"))
            await forever()

        async with connected(behaviour) as connection:
            with pytest.raises(NotPermitted, match="nothing was sent"):
                await connection.ask(EncodedRequest(20, 6, b"", flexible=True), Deadline.after(5))
            assert isinstance(await connection.ask(ASK, Deadline.after(5)), Frame)
        assert seen == [3]
        async with connected(behaviour, DialOptions(permit=Permit("a test"))) as connection:
            assert isinstance(await connection.ask(EncodedRequest(20, 6, b"", flexible=True), Deadline.after(5)), Frame)
        assert seen == [3, 20]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("endpoint", "trouble", "words"),
    [
        (Endpoint("no-such-host.invalid", 9092), Trouble.UNRESOLVED, "has no address here"),
        (Endpoint("a" * 70 + ".invalid", 9092), Trouble.UNRESOLVED, "has no address here"),
        (Endpoint("127.0.0.1", 0), Trouble.REFUSED, "nothing listens there"),
        (Endpoint("localhost", 0), Trouble.REFUSED, "nothing listens there"),
    ],
)
def test_a_dial_says_in_which_way_it_failed(endpoint, trouble, words):
    reached = Endpoint(endpoint.host, endpoint.port or free_port())
    found = asyncio.run(dial(reached, Deadline.after(10), DialOptions()))
    assert isinstance(found, Refusal)
    assert found.trouble is trouble
    assert words in found.sentence


def test_addresses_are_mapped_and_the_sentence_says_so():
    to = f"127.0.0.1:{free_port()}"
    found = asyncio.run(dial(Endpoint("kafka-2", 9092, 2), Deadline.after(10), DialOptions(resolve={"kafka-2": to})))
    assert isinstance(found, Refusal)
    assert found.sentence == f"broker 2 (kafka-2:9092) by way of {to} refused the connection: nothing listens there"


def test_a_peer_that_does_not_accept_is_silent_and_leaves_no_warning():
    async def run():
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            held = [socket.socket() for _ in range(4)]
            for each in held:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            found = await dial(Endpoint("127.0.0.1", port), Deadline.after(0.3), DialOptions())
            for each in held:
                each.close()
        assert isinstance(found, Refusal)
        assert found.trouble is Trouble.SILENT
        assert "did not answer the connect within" in found.sentence

    asyncio.run(run())
    gc.collect()


def test_closing_ends_every_question_and_leaves_nothing():
    async def run():
        async with connected(says(b"")) as connection:
            task = asyncio.ensure_future(connection.ask(ASK, Deadline.after(30)))
            await asyncio.sleep(0.05)
            await connection.aclose()
            found = await task
            assert isinstance(found, Refusal)
            assert found.sentence.endswith("was closed by Kastellan")
            assert isinstance(await connection.ask(ASK, Deadline.after(30)), Refusal)

    asyncio.run(run(), debug=True)
    gc.collect()


def test_the_old_answer_header_of_the_handshake_has_no_tags():
    async def behaviour(reader, writer):
        writer.write(framed((await question(reader))[2], b"\x01\x02", tags=b""))
        await forever()

    async def run():
        async with connected(behaviour) as connection:
            frame = await connection.ask(EncodedRequest(18, 4, b"", flexible=True), Deadline.after(5))
            assert isinstance(frame, Frame)
            assert frame.data == b"\x01\x02"

    asyncio.run(run())


def test_a_request_that_was_never_written_is_not_on_the_bill():
    async def run() -> None:
        meter = Meter()
        async with connected(lambda reader, writer: forever(), DialOptions(meter=meter)) as opened:
            refusals: list[Frame | Refusal] = []
            opened.begin(ASK, Deadline.after(20), refusals.append)
            opened.close()  # before the turn of the event loop ends, at which requests are written
            await asyncio.sleep(0)
            assert [type(refusal) for refusal in refusals] == [Refusal]
        assert meter.costs() == Costs()

    asyncio.run(run())
