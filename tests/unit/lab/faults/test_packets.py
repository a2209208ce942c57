"""The programs for the kernel's filter take the share that they are asked for; a relay that loses packets waits like TCP."""

from __future__ import annotations

import asyncio
import random
from itertools import islice

import pytest

from kastellan.lab.faults._packets import ALL, CLEAR, Line, pauses_s, program
from tests.unit.lab.faults.kernel_filter import decided

RANDOM = 0xFFFF_F000 + 56


def passes(code: bytes, drawn: int) -> bool:
    """What the kernel would do with a packet for which it drew this number."""

    def load(place: int) -> int:
        assert place == RANDOM
        return drawn

    return decided(code, load) > 0


@pytest.mark.parametrize("share", [0.0, 0.25, 0.6, 0.999])
def test_a_share_is_lost_by_chance(share: float) -> None:
    edge = int(share * 2**32)
    assert passes(program(share), edge)
    assert passes(program(share), 2**32 - 1)
    assert edge == 0 or not passes(program(share), edge - 1)


def test_all_is_lost_whatever_chance_says() -> None:
    assert not any(passes(program(ALL), drawn) for drawn in (0, 2**31, 2**32 - 1))


def test_each_loss_doubles_the_pause_up_to_two_minutes() -> None:
    assert list(islice(pauses_s(ALL, random.Random(1)), 12)) == pytest.approx(
        [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 120, 120]
    )


@pytest.mark.parametrize("share", [0.0, 0.25, 0.75])
def test_a_piece_is_lost_as_often_as_it_is_asked_for(share: float) -> None:
    draw, pieces = random.Random(1), 20_000
    losses = sum(len(list(pauses_s(share, draw))) for _ in range(pieces))
    assert losses / (losses + pieces) == pytest.approx(share, abs=0.01)


def test_a_line_brings_everything_until_it_is_bad_and_then_nothing_where_all_is_lost() -> None:
    async def brought() -> list[bool]:
        line = Line(ALL)
        before = await line.brings()
        line.turn_bad()
        return [before, await line.brings(), await CLEAR.brings()]

    assert asyncio.run(brought()) == [True, False, True]
