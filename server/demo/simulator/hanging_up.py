"""Waiting on the phone, and noticing that the party has hung up."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from server.demo.simulator.records import Call

T = TypeVar("T")


class HungUpError(Exception):
    """The party is gone; nothing more can be said to it."""


async def wait_on(call: Call, work: Coroutine[None, None, T], timeout_s: float | None) -> T | None:
    """The outcome of `work`; None when time ran out.

    Raises:
        HungUpError: the party hung up first.
    """
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(call.over.wait())
    try:
        await asyncio.wait({doing, leaving}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        if leaving.done():
            raise HungUpError
        return None
    finally:
        doing.cancel()
        leaving.cancel()


async def stay(call: Call, seconds: float) -> None:
    """Let time pass on the line; scripted parties do not wait."""
    if call.over.is_set():
        raise HungUpError
    if call.live:
        await wait_on(call, asyncio.sleep(seconds), None)
