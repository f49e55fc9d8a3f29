"""The simulator's one constructor."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from server.demo.simulator import (
    control,
    phone,
    rest_calls,
    rest_lookups,
    rest_media,
    rest_messages,
    rest_numbers,
)
from server.demo.simulator.carrier import Carrier
from server.demo.simulator.refusals import RefusedError, answer_refusal
from server.demo.simulator.settings import SimulatorSettings


def create_simulator(settings: SimulatorSettings) -> FastAPI:
    """A carrier of its own in one ASGI app; run it in one process, it keeps all in memory."""
    carrier = Carrier(settings)

    @asynccontextmanager
    async def close_at_end(app: FastAPI) -> AsyncIterator[None]:
        yield
        await carrier.close()

    app = FastAPI(title="Carrier simulator", lifespan=close_at_end, docs_url=None, redoc_url=None)
    app.state.carrier = carrier
    app.add_exception_handler(RefusedError, answer_refusal)
    for part in (rest_messages, rest_media, rest_calls, rest_lookups, rest_numbers, control, phone):
        app.include_router(part.router)
    app.mount("/static", phone.static_files(), name="static")
    return app
