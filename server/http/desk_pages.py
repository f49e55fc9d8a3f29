"""The steps of booking at the desk as pages: times to choose from, the chosen one, what was done."""

import secrets
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

import anyio
import anyio.to_thread
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from agent.errors import CalendarError
from agent.model import Appointment, Booking, BookingEnd
from agent.rules.phrases import slot_words
from server.desk_booking import Desk
from server.desk_telling import was_told
from server.http import desk_views
from server.http.auth import csrf_token
from server.http.desk_case import Case
from server.http.pages import page
from server.store import appointments
from server.store.appointments import AppointmentRow
from server.wiring import House

CALENDAR_WITHIN_S = 8.0
"""So long a page waits for a calendar; then it says so."""

T = TypeVar("T")


async def in_time(work: Callable[[], T]) -> T:
    """What came of reading a calendar.

    Raises:
        CalendarError: it does not answer, or not in time; the reading then ends by itself.
    """
    with anyio.move_on_after(CALENDAR_WITHIN_S):
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    raise CalendarError("it takes too long", permanent=False)


async def free(desk: Desk, case: Case, first: str) -> tuple[desk_views.Times | None, str]:
    """The times, or why there are none to show."""
    moves = case.moves
    moved = moves.id if moves else None
    try:
        found = await in_time(
            lambda: desk.free(case.business, case.service, case.thread.id, case.calendar, moved)
        )
    except CalendarError as error:
        return None, away(case, error)
    others = [one for one in found if moves is None or one.start != moves.start]
    return desk_views.times(others, _day(first, case.today), case.today, case.service), ""


async def confirm(
    request: Request,
    desk: Desk,
    case: Case,
    at: datetime,
    error: str = "",
    written: dict[str, str] | None = None,
) -> HTMLResponse:
    """The last step; back to the times where this one cannot be."""
    if at <= case.now:
        words = "That time is over. Choose a later one."
        return panel(request, case, "_book.html", times=None, problem="", error=words)
    try:
        outlook = await in_time(
            lambda: desk.look(case.business, case.service, at, case.calendar, case.moves)
        )
    except CalendarError as failed:
        words = away(case, failed)
        return panel(request, case, "_book.html", times=None, problem=words, error=error)
    if not outlook.way:
        return await other_times(request, desk, case, at)
    visit = Appointment(
        id="", service=case.service.id, start=at,
        duration_min=case.service.duration_min, calendar=outlook.way[0],
    )  # fmt: skip
    what = "moved" if case.moves else "booked"
    prepared = desk_views.prepared(what, case.business, visit, case.thread, case.now)
    kept = written or {"name": case.thread.name, "note": "", "words": prepared, "tell": "1"}
    return panel(
        request,
        case,
        "_book_time.html",
        start=at.isoformat(),
        when=slot_words(at),
        calendars=", ".join(outlook.way),
        breaches=outlook.breaches,
        warnings=desk_views.warnings(outlook, case.business, at),
        silent=desk_views.silent(case.thread),
        has_page=case.business.links.visit_page,
        key=secrets.token_hex(8),
        error=error,
        **kept,
    )


async def other_times(request: Request, desk: Desk, case: Case, at: datetime) -> HTMLResponse:
    """The time is taken: say so, and show what is free from that day on."""
    first = at.date().isoformat()
    times, problem = await free(desk, case, first)
    words = (
        f"{slot_words(at)} is taken, or just being offered to another caller. Choose another time."
    )
    return panel(
        request, case, "_book.html", times=times, problem=problem, error=words, first=first
    )


def booked(request: Request, house: House, case: Case, made: Appointment) -> Response:
    with house.database.connect() as connection:
        visit = appointments.get(connection, made.id)
    assert visit  # noqa: S101 - it has just been booked
    return done(request, house, case, visit, "moved" if case.moves else "booked")


def done(request: Request, house: House, case: Case, visit: AppointmentRow, what: str) -> Response:
    """Back to the conversation, or in the panel what was done."""
    if not request.headers.get("HX-Request"):
        return RedirectResponse(f"/inbox/{case.digits}", status_code=303)
    with house.database.connect() as connection:
        told = was_told(connection, visit, what)
    words = f"{what.capitalize()}: {desk_views.booked(visit, case.business).words}."
    said = "The caller is told by text." if told else ""
    not_told = desk_views.silent(case.thread) or "The caller was not told."
    return panel(request, case, "_book_done.html", done=words, told=said or not_told, problem="")


def cancelling(
    request: Request, case: Case, error: str = "", words: str | None = None
) -> HTMLResponse:
    assert case.moves  # noqa: S101 - the visit of this case
    prepared = desk_views.prepared("cancelled", case.business, case.moves, case.thread, case.now)
    return panel(
        request,
        case,
        "_cancel_visit.html",
        visit=desk_views.booked(case.moves, case.business),
        words=prepared if words is None else words,
        silent=desk_views.silent(case.thread),
        error=error,
    )


def not_cancelled(case: Case, ended: Booking) -> str:
    match ended.end:
        case BookingEnd.CHANGED if ended.appointment:
            when = slot_words(ended.appointment.start)
            return f"It was moved in the calendar to {when}, so it still stands. Cancel it again if that is what you want."
        case BookingEnd.UNSURE:
            return "The calendar has not confirmed it. We try again by ourselves; watch the conversation."
        case BookingEnd.WITHDRAWN:
            return "This visit is not booked any more. Reload the conversation."
    return away(case, CalendarError("nothing was cancelled", permanent=False))


def panel(request: Request, case: Case, part: str, **values: Any) -> HTMLResponse:
    """A step alone, beside the conversation; or on a page of its own for a browser without scripts."""
    template = part if request.headers.get("HX-Request") else "book.html"
    return page(
        request,
        template,
        part=part,
        case=case,
        business=case.business,
        csrf=csrf_token(request),
        **({"error": "", "first": ""} | values),
    )


def away(case: Case, error: CalendarError) -> str:
    return f"{case.business.name}'s calendar does not answer: {str(error).rstrip('.')}. Try again in a minute."


def _day(first: str, today: date) -> date:
    try:
        return max(date.fromisoformat(first), today)
    except ValueError:
        return today
