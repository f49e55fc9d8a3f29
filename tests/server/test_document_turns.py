"""Work on documents waits its turn for so long and no longer."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from fastapi import FastAPI, HTTPException, Request

from server.http import document_turns
from server.http.document_turns import in_turn, may_begin
from server.store.accounts import Account


@pytest.fixture
def request_of():
    """A request to an application in which so many may work at once."""

    def made(at_once):
        app = FastAPI()
        app.state.uploads = asyncio.Semaphore(at_once)
        return Request({"type": "http", "app": app})

    return made


def run(work):
    """In a thread of its own: a browser of other tests keeps this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def turn(request):
    mia = Account(id="1", business="alder", staff="mia", login="mia", role="owner")
    return asynccontextmanager(may_begin)(request, mia)


def test_a_turn_is_given_back_when_the_work_is_done(request_of):
    async def twice():
        request = request_of(1)
        async with turn(request) as first:
            pass
        async with turn(request) as second:
            return first, second

    assert run(twice()) == (True, True)


def test_who_waits_too_long_is_told_so(request_of, monkeypatch):
    monkeypatch.setattr(document_turns, "WAIT_S", 0.01)

    async def beside_another():
        request = request_of(1)
        async with turn(request), turn(request) as late:
            return late

    has_turn = run(beside_another())

    assert has_turn is False
    with pytest.raises(HTTPException, match="Please try again in a minute"):
        in_turn(has_turn)
