"""The web application: routes, lifespan, one error handler."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware

from agent.errors import BadInput, NotFound, RingbackError
from server import tracing
from server.http import (
    account,
    admin,
    api,
    api_tokens,
    audit,
    auth,
    autonomy,
    calendar_connecting,
    calendars,
    call_pages,
    caller_data,
    canned_replies,
    dav,
    documents,
    exports,
    first_texts,
    folder_pages,
    go_live,
    health,
    inbox,
    invitations,
    model_page,
    my_alerts,
    numbers,
    on_call,
    owner,
    pausing,
    people,
    phone_calendars,
    phone_system_page,
    phone_systems,
    photos,
    preflight,
    profile_history,
    profile_pages,
    provider,
    questions,
    setup,
    subscribers,
    tasks,
    test_call,
    texts,
    thread,
    thread_visits,
    visit_page,
    visits,
    voice,
    voice_alerts,
    voicemails,
    webhooks,
    welcome,
)
from server.http.around import SafeHeaders, WatchWebhooks
from server.http.attempts import FailedLogins
from server.http.auditing import Audited
from server.http.auth import LoginNeeded
from server.http.dav import DavProxy
from server.http.pages import WEB, page
from server.http.uploads import AT_ONCE, UploadBoard
from server.roles import Role
from server.wiring import House, make_calendars, warm_up

_SESSION_S = 14 * 24 * 3600

log = structlog.get_logger()


def create_app(house: House, role: Role = "all") -> FastAPI:
    """The application of a built house; unless it only serves the web, the engine runs while it does.

    A worker answers nothing but whether it is well.
    """
    app = FastAPI(
        title="Ringback", lifespan=_lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.house, app.state.role = house, role
    app.state.closing = False
    app.state.uploads = asyncio.Semaphore(AT_ONCE)
    app.state.upload_board = UploadBoard()
    app.state.wrong_codes = FailedLogins()
    app.state.lookups = calendar_connecting.Lookups()
    app.state.answering = threading.Lock()
    app.add_middleware(Audited)
    app.add_middleware(
        SessionMiddleware,
        secret_key=house.settings.session_key(),
        session_cookie="ringback",
        max_age=_SESSION_S,
        same_site="lax",
        https_only=house.settings.public_url.startswith("https:"),
    )
    app.add_middleware(SafeHeaders)
    app.add_middleware(WatchWebhooks, metrics=house.signs.metrics)
    app.include_router(health.router)
    for kind in (LoginNeeded, RingbackError, sa.exc.SQLAlchemyError, HTTPException):
        app.add_exception_handler(kind, _failed)
    if role == "worker":
        return app
    pages = (inbox, visits, owner, model_page, first_texts, documents, questions, subscribers)
    for_threads = (
        photos,
        voicemails,
        thread_visits,
        thread,
        tasks,
        canned_replies,
        autonomy,
        pausing,
    )
    for_people = (account, people, invitations, audit, admin, on_call, my_alerts)
    for_calendars = (phone_calendars, calendars, calendar_connecting)
    for_calls = (call_pages, test_call, phone_system_page)
    for_owners = (
        welcome,
        setup,
        go_live,
        profile_pages,
        profile_history,
        folder_pages,
        numbers,
        preflight,
        caller_data,
        exports,
        webhooks,
        api_tokens,
    )
    from_outside = (voice, voice_alerts, texts, phone_systems)
    for room in (
        *from_outside,
        auth,
        *pages,
        *for_threads,
        *for_people,
        *for_calls,
        *for_owners,
        *for_calendars,
        provider,
        api,
        dav,
        visit_page,
    ):
        app.include_router(room.router)
    # pages themselves are not compressed: they hold tokens beside what was typed
    app.mount("/static", GZipMiddleware(StaticFiles(directory=WEB / "static")), name="static")
    app.add_api_route("/", _front_door, include_in_schema=False)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    tracing.start(tracing.endpoint(house.settings.named_secret))
    app.state.dav = DavProxy()
    if house.calendar_server:
        house.calendar_server.start()
    try:
        if app.state.role != "web":
            await asyncio.to_thread(_start_work, house)
        yield
        for one in house.care:
            one.stop()
        await asyncio.to_thread(house.engine.close)
    finally:
        await app.state.dav.client.aclose()
        if house.calendar_server:
            await asyncio.to_thread(house.calendar_server.stop)
        await asyncio.to_thread(tracing.stop)


def _start_work(house: House) -> None:
    house.engine.launch()
    for one in house.care:
        one.start()
    for task in (warm_up, make_calendars):
        threading.Thread(target=task, args=(house,), name=task.__name__, daemon=True).start()


def _front_door() -> RedirectResponse:
    return RedirectResponse("/inbox")


def _failed(request: Request, error: Exception) -> Response:
    """Every error's status and words; pages for people, JSON for programs."""
    if isinstance(error, LoginNeeded):
        return auth.to_login(request)
    status, words = _status_and_words(error)
    if status >= 500:  # noqa: PLR2004 - ours to mend
        log.error("http.failed", path=request.url.path, error=repr(error))
    if request.url.path.startswith("/twilio"):
        return PlainTextResponse(words, status_code=status)
    if "text/html" in request.headers.get("accept", ""):
        template = "_problem.html" if request.headers.get("HX-Request") else "error.html"
        return page(request, template, status=status, words=words)
    return JSONResponse({"detail": words}, status_code=status)


def _status_and_words(error: Exception) -> tuple[int, str]:
    match error:
        case HTTPException(status_code=404, detail="Not Found"):
            return 404, "There is no such page. Go back, or start from the inbox."
        case HTTPException():
            return error.status_code, str(error.detail)
        case NotFound():
            return 404, str(error)
        case BadInput():
            return 400, str(error)
        case sa.exc.SQLAlchemyError():
            return 503, "The database does not answer. Please try again."
        case _:
            return 500, "Something went wrong here."
