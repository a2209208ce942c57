"""The unit layer has no network, and an asyncio loop still runs in it."""

from __future__ import annotations

import asyncio
import socket

import pytest
import pytest_socket


def test_the_network_is_closed() -> None:
    with pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def test_a_loop_wakes_itself() -> None:
    async def woken() -> str:
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        await asyncio.to_thread(loop.call_soon_threadsafe, done.set_result, "woken")
        return await done

    assert asyncio.run(woken()) == "woken"
