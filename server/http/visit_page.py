"""The caller's own page of a visit: no login, whoever knows its code may read it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from agent.business import Business
from agent.model import Appointment
from agent.rules.hours import clock_words
from agent.rules.invite import google_fields, invite_text, visit_name
from server.bookings import as_appointment
from server.http.attempts import FailedLogins
from server.http.pages import page
from server.http.twilio import TheHouse
from server.store import appointments, businesses
from server.store.appointments import AppointmentRow, State
from server.wiring import House

router = APIRouter(include_in_schema=False)

SHOWN_FOR = timedelta(days=7)
"""After the end of a visit its page is gone."""
_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_GOOGLE = "https://calendar.google.com/calendar/render"
_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True, kw_only=True)
class Visit:
    row: AppointmentRow
    business: Business
    now: datetime

    @property
    def name(self) -> str:
        return visit_name(self.row.service, self.business)

    @property
    def start(self) -> datetime:
        """With the business's offset, as `end`."""
        return self.row.start.astimezone(self.business.zone)

    @property
    def end(self) -> datetime:
        return self.row.end.astimezone(self.business.zone)

    @property
    def is_cancelled(self) -> bool:
        return self.row.state == State.CANCELLED

    @property
    def is_over(self) -> bool:
        return self.row.end <= self.now

    @property
    def is_moved(self) -> bool:
        return self.row.revision > 0

    @property
    def appointment(self) -> Appointment:
        return as_appointment(self.row, self.business)


@router.get("/v/{code}.ics")
async def visit_file(request: Request, house: TheHouse, code: str) -> Response:
    """The visit for the caller's own calendar; a cancelled one takes itself out there."""
    visit = await _visit(request, house, code)
    if isinstance(visit, Response):
        return visit
    text = invite_text(
        visit.appointment,
        visit.business,
        revision=visit.row.revision,
        cancelled=visit.is_cancelled,
        now=visit.now,
    )
    method = "CANCEL" if visit.is_cancelled else "PUBLISH"
    headers = {"Content-Disposition": 'attachment; filename="visit.ics"'} | _PRIVATE
    return Response(text, headers=headers, media_type=f"text/calendar; method={method}")


@router.get("/v/{code}")
async def visit_page(request: Request, house: TheHouse, code: str) -> Response:
    visit = await _visit(request, house, code)
    if isinstance(visit, Response):
        return visit
    shown = page(
        request,
        "visit.html",
        visit=visit,
        business=visit.business,
        day=f"{visit.start:%A, %B} {visit.start.day}, {visit.start.year}",
        time=_time_words(visit.start, visit.end),
        zone=_zone_words(visit.start),
        file=f"/v/{code}.ics",
        google=f"{_GOOGLE}?{urlencode(google_fields(visit.appointment, visit.business))}",
    )
    shown.headers.update(_PRIVATE)
    return shown


async def _visit(request: Request, house: House, code: str) -> Visit | Response:
    """The visit behind a code, or the one answer to all codes that show none."""
    address = request.client.host if request.client else ""
    is_code = _CODE.fullmatch(code) is not None
    wrong_codes: FailedLogins = request.app.state.wrong_codes
    tried = code if is_code else ""
    if wrong_codes.too_many(address, tried):
        return _no_visit(request, 429, "Too many tries", "Please open the link again in a minute.")
    found = await run_in_threadpool(_found, house, code) if is_code else None
    if found is None:
        wrong_codes.failed(address, tried)
        words = "The link is not quite right, or the visit was a while ago."
        return _no_visit(request, 404, "There is no visit here", words)
    return found


def _found(house: House, code: str) -> Visit | None:
    now = house.clock.now()
    with house.database.connect() as connection:
        row = appointments.by_code(connection, code)
        business = businesses.get(connection, row.business) if row else None
    if row is None or business is None or row.end + SHOWN_FOR < now:
        return None
    if row.state not in (State.BOOKED, State.CANCELLED):
        return None
    return Visit(row=row, business=business, now=now)


def _no_visit(request: Request, status: int, title: str, words: str) -> Response:
    answer = page(request, "visit_unknown.html", status=status, title=title, words=words)
    answer.headers.update(_PRIVATE)
    return answer


def _time_words(start: datetime, end: datetime) -> str:
    """2 PM to 3:30 PM; with the date where a visit goes past midnight."""
    day = "" if end.date() == start.date() else f" on {end:%A, %B} {end.day}"
    return f"{clock_words(start)} to {clock_words(end)}{day}"


def _zone_words(moment: datetime) -> str:
    """Denver time (MST)."""
    place = str(moment.tzinfo).rpartition("/")[2].replace("_", " ")
    short = moment.tzname() or ""
    if short.startswith(("+", "-")):  # a zone without letters of its own
        short = f"UTC{short}"
    return f"{place} time ({short})"
