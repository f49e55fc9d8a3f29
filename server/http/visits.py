"""The visits ahead, as whoever works by them reads them; and the way from an event to its conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from agent.business import Business
from agent.errors import NotFound
from agent.rules.phone import spoken
from server.http.auth import Viewer, csrf_token
from server.http.owner import business_of
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store import appointments, threads
from server.store.appointments import AppointmentRow

router = APIRouter(prefix="/visits")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One booked visit in the list."""

    clock: str
    service: str
    calendars: str
    who: str
    """The caller's name where it is known, else the number."""
    digits: str


@dataclass(frozen=True, kw_only=True)
class Day:
    name: str
    visits: tuple[Visit, ...]


@router.get("")
def visits_page(request: Request, house: TheHouse, viewer: Viewer) -> HTMLResponse:
    business, now = business_of(house, viewer.business), house.clock.now()
    with house.database.connect() as connection:
        ahead = appointments.booked_ahead(connection, business.slug, now)
        callers = {row.thread: threads.get(connection, row.thread) for row in ahead}
    days = _days(business, ahead, callers, now)
    return page(
        request,
        "visits.html",
        csrf=csrf_token(request),
        business=business,
        viewer=viewer,
        days=days,
    )


@router.get("/{appointment_id}")
def visit(house: TheHouse, viewer: Viewer, appointment_id: str) -> RedirectResponse:
    """From an event in the calendar to its conversation; the event itself names no caller."""
    with house.database.connect() as connection:
        row = appointments.get(connection, appointment_id)
        thread = threads.get(connection, row.thread) if row else None
    if thread is None or thread.business != viewer.business:
        raise NotFound("There is no such visit.")
    return RedirectResponse(f"/inbox/{thread.caller.lstrip('+')}", status_code=303)


def _days(
    business: Business,
    ahead: Sequence[AppointmentRow],
    callers: dict[str, threads.ThreadRow | None],
    now: datetime,
) -> list[Day]:
    today = now.astimezone(business.zone).date()
    names = {today: "Today", today + timedelta(days=1): "Tomorrow"}
    by_date = groupby(ahead, key=lambda row: row.start.astimezone(business.zone).date())
    return [
        Day(
            name=", ".join(filter(None, [names.get(date), f"{date:%A, %b} {date.day}"])),
            visits=tuple(_visit(business, row, callers.get(row.thread)) for row in rows),
        )
        for date, rows in by_date
    ]


def _visit(business: Business, row: AppointmentRow, thread: threads.ThreadRow | None) -> Visit:
    start, end = (at.astimezone(business.zone) for at in (row.start, row.end))
    caller = thread.caller if thread else ""
    name = thread.name if thread else ""
    return Visit(
        clock=f"{start:%-I:%M %p} to {end:%-I:%M %p}",
        service=business.service_name(row.service),
        calendars=", ".join(row.calendars),
        who=name or spoken(caller),
        digits=caller.lstrip("+"),
    )
