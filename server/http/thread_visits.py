"""Visits from the conversation: book, move and cancel with live free times."""

import secrets
from datetime import datetime
from typing import Annotated, Any

import anyio.to_thread
import sqlalchemy as sa
from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.business import Business
from agent.errors import BadInput, CalendarError
from agent.model import Booking, BookingEnd
from agent.rules import by_hand
from agent.rules.by_hand import Breach
from server.desk_booking import Desk, Wanted
from server.http import caller_card, desk_case, desk_pages, desk_views
from server.http.auth import OwnForm, Viewer
from server.http.desk_case import Case, TheCase, TheDesk, start_of
from server.http.pages import page
from server.http.reply_reasons import reasons
from server.http.twilio import TheHouse
from server.store import appointments, threads
from server.wiring import House

router = APIRouter(prefix="/inbox")
router.include_router(caller_card.router)

_LONGEST_KEY = 64


def shown(
    connection: sa.Connection,
    house: House,
    business: Business,
    thread: threads.ThreadRow,
    now: datetime,
) -> dict[str, Any]:
    """What `_booked.html` and `_why.html` show."""
    ahead = appointments.visits(connection, thread.id, now)
    return {
        "booked": [desk_views.booked(row, business) for row in ahead],
        "can_book": bool(business.services),
        "reasons": lambda entry: reasons(entry.why, business, entry.at),
    }


@router.get("/{digits}/book")
def book_panel(request: Request, case: TheCase) -> HTMLResponse:
    """Choose what for and with whom; the free times load by themselves."""
    return desk_pages.panel(request, case, "_book.html", times=None, problem="")


@router.get("/{digits}/desk")
def close_panel(request: Request, case: TheCase) -> Response:
    """Nothing, in place of a panel that is closed."""
    if request.headers.get("HX-Request"):
        return HTMLResponse("")
    return RedirectResponse(f"/inbox/{case.digits}", status_code=303)


@router.get("/{digits}/slots")
async def slots(
    request: Request,
    case: TheCase,
    desk: TheDesk,
    first: Annotated[str, Query(alias="from")] = "",
) -> HTMLResponse:
    """The next free times from a day on."""
    times, problem = await desk_pages.free(desk, case, first)
    if request.headers.get("HX-Request"):
        return page(
            request, "_slots.html", case=case, business=case.business, times=times, problem=problem
        )
    return desk_pages.panel(request, case, "_book.html", times=times, problem=problem, first=first)


@router.get("/{digits}/time")
async def chosen_time(
    request: Request,
    case: TheCase,
    desk: TheDesk,
    start: Annotated[str, Query()] = "",
    day: Annotated[str, Query()] = "",
    clock: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """One time, as it would be booked: what speaks against it, and what the caller would be told."""
    at = start_of(case, start) if start else by_hand.moment(day, clock, case.business.zone)
    if at is None:
        words = "Choose a date and a time that exist; where the clocks change, one hour does not."
        return desk_pages.panel(request, case, "_book.html", times=None, problem="", error=words)
    return await desk_pages.confirm(request, desk, case, at)


@router.post("/{digits}/book", dependencies=[OwnForm])
async def book(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: TheDesk,
    digits: str,
    start: Annotated[str, Form()],
    service: Annotated[str, Form()] = "",
    calendar: Annotated[str, Form()] = "",
    moves: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    note: Annotated[str, Form()] = "",
    tell: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    accepted: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Book what was chosen, with the warnings that the person has seen (`accepted`)."""
    case = await anyio.to_thread.run_sync(
        lambda: desk_case.made(house, viewer, digits, service, calendar, moves)
    )
    at, written = start_of(case, start), {"name": name, "note": note, "words": words, "tell": tell}
    wanted = Wanted(
        key=key[:_LONGEST_KEY] or secrets.token_hex(8),
        service=case.service.id,
        start=at,
        calendar=case.calendar,
        moves=case.moves.id if case.moves else None,
        name=name,
        note=note,
        tell=words if tell else "",
    )
    seen = tuple(Breach(one) for one in accepted or () if one in {*Breach})
    try:
        made, new = await anyio.to_thread.run_sync(lambda: _book(desk, case, wanted, seen))
    except BadInput as error:
        return await desk_pages.confirm(request, desk, case, at, error=str(error), written=written)
    except CalendarError as error:
        return await desk_pages.confirm(
            request, desk, case, at, error=desk_pages.away(case, error), written=written
        )
    if new:
        return await desk_pages.confirm(request, desk, case, at, written=written)
    if made.end is BookingEnd.BOOKED and (visit := made.appointment):
        return await anyio.to_thread.run_sync(
            lambda: desk_pages.booked(request, house, case, visit)
        )
    return await _not_booked(request, desk, case, at, made, written)


@router.get("/{digits}/visits/{visit_id}/cancel")
def cancel_panel(
    request: Request, house: TheHouse, viewer: Viewer, digits: str, visit_id: str
) -> HTMLResponse:
    case = desk_case.of_visit(house, viewer, digits, visit_id)
    return desk_pages.cancelling(request, case)


@router.post("/{digits}/visits/{visit_id}/cancel", dependencies=[OwnForm])
def cancel(
    request: Request,
    house: TheHouse,
    viewer: Viewer,
    desk: TheDesk,
    digits: str,
    visit_id: str,
    tell: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    case = desk_case.of_visit(house, viewer, digits, visit_id)
    try:
        ended = desk.cancel(
            case.business, case.thread.id, viewer.staff, visit_id, words if tell else ""
        )
    except BadInput as error:
        return desk_pages.cancelling(request, case, error=str(error), words=words)
    if ended.end is not BookingEnd.CANCELLED:
        return desk_pages.cancelling(
            request, case, error=desk_pages.not_cancelled(case, ended), words=words
        )
    assert case.moves  # noqa: S101 - the visit of this case
    return desk_pages.done(request, house, case, case.moves, "cancelled")


def _book(
    desk: Desk, case: Case, wanted: Wanted, seen: tuple[Breach, ...]
) -> tuple[Booking, tuple[Breach, ...]]:
    """What came of it; or, with nothing done, the warnings that the person has not seen."""
    outlook = desk.look(case.business, case.service, wanted.start, case.calendar, case.moves)
    new = tuple(one for one in outlook.breaches if one not in seen)
    if new:
        return Booking(end=BookingEnd.WITHDRAWN), new
    return desk.book(case.business, case.thread.id, case.viewer.staff, wanted), ()


async def _not_booked(
    request: Request,
    desk: Desk,
    case: Case,
    at: datetime,
    made: Booking,
    written: dict[str, str],
) -> HTMLResponse:
    match made.end:
        case BookingEnd.UNSURE:
            words = (
                "The calendar has not confirmed it. We look again in a minute: "
                "watch the conversation before you tell the caller."
            )
            return desk_pages.panel(
                request, case, "_book_done.html", done="", told="", problem=words
            )
        case BookingEnd.UNREACHABLE:
            error = CalendarError("nothing was booked", permanent=False)
            words = desk_pages.away(case, error)
            return await desk_pages.confirm(request, desk, case, at, error=words, written=written)
    return await desk_pages.other_times(request, desk, case, at)
