"""Work on documents waits its turn outside the threads that serve pages, and no longer than a person would."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import Depends, HTTPException, Request

from server.http.auth import Owner

WAIT_S = 15.0
BUSY = "Other documents are being read just now. Please try again in a minute."


async def may_begin(request: Request, _owner: Owner) -> AsyncIterator[bool]:
    """True in turn with the uploads of this process; False: they take too long."""
    turns: asyncio.Semaphore = request.app.state.uploads
    try:
        await asyncio.wait_for(turns.acquire(), WAIT_S)
    except TimeoutError:
        yield False
        return
    try:
        yield True
    finally:
        turns.release()


def in_turn(has_turn: bool = Depends(may_begin)) -> None:
    """Wait for the turn.

    Raises:
        HTTPException: 503, it took too long.
    """
    if not has_turn:
        raise HTTPException(503, BUSY)


HasTurn = Depends(may_begin)
InTurn = Depends(in_turn)
