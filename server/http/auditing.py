"""The log of who saw, changed and exported what: written in one place, before the answer leaves."""

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from fastapi.routing import iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.http import attempts
from server.http.audit_words import BY_PROGRAMS, CHANGED, COMES_BACK, EXPORTED, SAW
from server.store import audit, calls
from server.store.audit import Did, Entry
from server.wiring import House

_REFUSED = 400
_SHOWN = 200
_NUMBER = re.compile(r"\d{7,15}")
_API, _READS = "/api/v1/businesses", {"GET", "HEAD"}
_ABOUT = ("staff", "name", "calendar")
"""Parts of an address that say what an entry is about."""


class Audited:
    """What could not be written down is not shown: the answer fails with the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._paths: dict[int, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < _REFUSED:
                found = _line(scope, self._path(scope), message["status"])
                if found:
                    await run_in_threadpool(_write, scope, *found)
            await send(message)

        await self._app(scope, receive, noting if scope["type"] == "http" else send)

    def _path(self, scope: Scope) -> str:
        """The route's path as a template, with the prefixes of every router around it."""
        if not self._paths:
            every = iter_route_contexts(scope["app"].routes)
            self._paths = {id(one.original_route): str(one.path) for one in every}
        return self._paths.get(id(scope.get("route")), "")  # routes cannot be hashed


def _line(scope: Scope, path: str, status: int) -> tuple[Did, str] | None:
    """What an answer is in the log; None: nothing, or of nobody who is signed in."""
    if "acts" not in scope.get("state", {}):
        return None
    if path.startswith(_API) and scope["method"] not in _READS:
        act = f"{scope['method']} {path.removeprefix(_API)}"
        return ("changed", BY_PROGRAMS[act]) if act in BY_PROGRAMS else None
    if scope["method"] == "POST":
        is_refused = path in COMES_BACK and status == _SHOWN
        return ("changed", CHANGED[path]) if path in CHANGED and not is_refused else None
    if path in EXPORTED:
        return "exported", EXPORTED[path]
    return ("saw", SAW[path]) if path in SAW else None


def _write(scope: Scope, did: Did, what: str) -> None:
    house: House = scope["app"].state.house
    business, who = scope["state"]["acts"]
    with house.database.begin() as connection:
        entry = Entry(
            business=business,
            who=who,
            did=did,
            what=what,
            about=_about(connection, business, scope.get("path_params", {})),
            address=attempts.address_of(Request(scope)),
        )
        audit.note(connection, entry, house.clock.now())


def _about(
    connection: sa.Connection, business: str | None, params: Mapping[str, Any]
) -> str | None:
    """Whose: the caller of a conversation, photo or voicemail; else the person or document."""
    if "digits" in params or "caller" in params:
        digits = str(params.get("digits", params.get("caller"))).lstrip("+")
        return f"+{digits}" if _NUMBER.fullmatch(digits) else digits
    if "photo_id" in params and business:
        return audit.caller_of_photo(connection, business, int(params["photo_id"]))
    if "sid" in params:
        call = calls.get(connection, str(params["sid"]))
        return call.caller if call and call.business == business else None
    if business is None and "slug" in params:
        return str(params["slug"])
    return next((str(params[name]) for name in _ABOUT if name in params), None)
