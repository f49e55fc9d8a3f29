"""Is the server up, can it work, and what has it done?"""

import asyncio
import ipaddress
import secrets
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
import structlog
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from agent.ports import Clock
from server.http.twilio import TheHouse
from server.metrics import CONTENT_TYPE, Signs, exposition
from server.vitals import Failing, Line, Vitals, vitals

_PROBE_S = 2.0
"""A database that has not answered by then does not answer."""
_OK = "ok"
_BY_PROXIES = frozenset({"forwarded", "via", "x-real-ip"})
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})

router = APIRouter()
log = structlog.get_logger()


class Probe:
    """Looks at the database: one look at a time, however many ask and however long it hangs."""

    def __init__(self, database: sa.Engine, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._look: Future[Vitals | None] | None = None

    async def look(self) -> Vitals | None:
        """None when the database does not answer within 2 s."""
        if self._look is None or self._look.done():
            self._look = Future()
            self._look.set_running_or_notify_cancel()  # who gives up waiting does not end it
            threading.Thread(
                target=self._see, args=(self._look,), name="probe", daemon=True
            ).start()
        try:
            return await asyncio.wait_for(asyncio.wrap_future(self._look), _PROBE_S)
        except TimeoutError:
            log.warning("probe.database_hangs", after_s=_PROBE_S)
            return None

    def _see(self, look: "Future[Vitals | None]") -> None:
        seen = None
        try:
            with self._database.connect() as connection:
                seen = vitals(connection, self._clock.now())
        except sa.exc.SQLAlchemyError as error:
            log.warning("probe.database_failed", error=repr(error))
        finally:
            look.set_result(seen)


@dataclass(frozen=True, kw_only=True)
class Here:
    """What this process knows without asking anyone."""

    engine_runs: bool
    works: bool
    """False: this process only takes webhooks and shows pages; others work."""
    calendar_server_runs: bool
    """True also where there is none of ours."""
    calendars: list[Failing]
    model: list[Failing]


async def _probe(request: Request, house: TheHouse) -> Probe:
    state = request.app.state
    if not hasattr(state, "probe"):
        state.probe = Probe(house.database, house.clock)
    probe: Probe = state.probe
    return probe


async def signs_of(request: Request, house: TheHouse) -> Signs:
    return house.signs


TheProbe = Annotated[Probe, Depends(_probe)]
TheSigns = Annotated[Signs, Depends(signs_of)]


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers; that is all it says."""
    return {"status": _OK}


@router.get("/ready")
async def ready(
    request: Request, house: TheHouse, probe: TheProbe, signs: TheSigns
) -> JSONResponse:
    """503 only when nothing gets done here: no database, or no engine; no probe asks, or pays, a model."""
    now = house.clock.now()
    here = Here(
        engine_runs=house.engine.is_running,
        works=getattr(request.app.state, "role", "all") != "web",
        calendar_server_runs=getattr(house.calendar_server, "is_up", True),
        calendars=signs.calendar.failing(now),
        model=signs.model.failing(now),
    )
    seen = await probe.look()
    checks = judged(seen, here, now)
    can_work = seen is not None and (here.engine_runs or not here.works)
    is_well = set(checks.values()) == {_OK}
    status = "not ready" if not can_work else "ready" if is_well else "degraded"
    return JSONResponse({"status": status, "checks": checks}, status_code=200 if can_work else 503)


@router.get("/metrics")
async def metrics(request: Request, house: TheHouse, probe: TheProbe, signs: TheSigns) -> Response:
    """For Prometheus; the gauges are read from the database now, and left out when it does not answer."""
    _admit(request, house.settings.metrics_token.get_secret_value())
    seen = await probe.look()
    return Response(exposition(signs.metrics, seen), media_type=CONTENT_TYPE)


def judged(seen: Vitals | None, here: Here, now: datetime) -> dict[str, str]:
    """Every check: `ok`, or what is wrong in words that name no business and no caller: anyone may read them."""
    return {
        "database": _OK if seen else "does not answer",
        "engine": _engine(seen, here),
        "queue": _queue(seen.texts, seen.outbox) if seen else "unknown",
        "calendar": _calendars(here, now),
        "model": _model(here.model, now),
    }


def _engine(seen: Vitals | None, here: Here) -> str:
    if here.works:
        return _OK if here.engine_runs else "does not run in this process"
    if seen is None:
        return "unknown"
    return _OK if seen.workers else "no process works"


def _queue(texts: Line, outbox: Line) -> str:
    if texts.is_late:
        return f"a text has waited {texts.oldest_s:.0f} s for its answer"
    if outbox.is_late:
        return f"a text should have left {outbox.oldest_s:.0f} s ago"
    return _OK


def _calendars(here: Here, now: datetime) -> str:
    if not here.calendar_server_runs:
        return "the built-in calendar server does not run"
    if not here.calendars:
        return _OK
    what = (
        "a calendar fails" if len(here.calendars) == 1 else f"{len(here.calendars)} calendars fail"
    )
    return f"{what}, the last time {_age(here.calendars[0], now)} ago"


def _model(failing: list[Failing], now: datetime) -> str:
    if not failing:
        return _OK
    times = failing[0].times
    what = "the last call" if times == 1 else f"the last {times} calls"
    return f"{what} failed, {_age(failing[0], now)} ago"


def _age(failing: Failing, now: datetime) -> str:
    return f"{max((now - failing.last).total_seconds(), 0):.0f} s"


def _admit(request: Request, token: str) -> None:
    """Whoever knows the token; without one, programs on this machine that come straight to us.

    Raises:
        HTTPException: 401, 403.
    """
    if token:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "This needs the token.", {"WWW-Authenticate": "Bearer"})
    elif not _is_local(request):
        raise HTTPException(
            403, "Only programs on this machine read this; set RINGBACK_METRICS_TOKEN for others."
        )


def _is_local(request: Request) -> bool:
    """Straight from this machine: a proxy here speaks for the whole world, and so may a browser here."""
    passed_on = any(
        name in _BY_PROXIES or name.startswith("x-forwarded") for name in request.headers
    )
    try:
        host = ipaddress.ip_address(request.client.host) if request.client else None
    except ValueError:
        return False
    return bool(host and host.is_loopback and not passed_on and request.url.hostname in _HERE)
