"""Visits: listed, and booked, moved and cancelled by the same way as at the desk."""

import secrets
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import Field

from agent.errors import BadInput, CalendarError, NotFound
from agent.model import Booking, BookingEnd
from server.desk_booking import Desk, Wanted
from server.http.api.access import Client, Reader, Writer
from server.http.api.problems import ApiRoute, documented
from server.http.api.shapes import (
    Cursor,
    Limit,
    Moment,
    Number,
    OnceKey,
    Page,
    Shape,
    Words,
    decoded,
    local,
    paged,
    staff_of,
    thread_of,
)
from server.http.desk_case import TheDesk
from server.http.twilio import TheHouse
from server.store import api_lists, appointments
from server.store.appointments import AppointmentRow, State
from server.wiring import House

router = APIRouter(
    prefix="/businesses/{slug}/appointments", route_class=ApiRoute, tags=["appointments"]
)

VisitId = Annotated[str, Path(max_length=64)]
_STATES = {State.BOOKED: "booked", State.CANCELLING: "booked"}


class Appointment(Shape):
    """A visit that stands in the business's calendar, or stood there."""

    id: str
    caller: str = Field(description="E.164.")
    service: str = Field(description="The service's id in the profile.")
    service_name: str
    calendar: str = Field(description="The van, chair or person that serves.")
    start: datetime = Field(description="With the business's offset.")
    end: datetime
    state: str = Field(description="`booked` or `cancelled`.")
    by: str = Field(description="Who chose the time: `agent` with the caller, or a person's id.")
    created_at: datetime


class NewAppointment(Shape):
    caller: Number
    service: Words = Field(description="Its id in the profile.", examples=["drain-cleaning"])
    start: Moment = Field(examples=["2026-03-04T09:00:00-07:00"])
    staff: Words = Field(description="The id of the person who books.", examples=["mia"])
    calendar: Words = Field(default="", description="Who is to serve; empty: whoever can.")
    note: Words = Field(default="", max_length=500, description="For your people alone.")
    tell: Words = Field(
        default="", max_length=1400, description="What the caller is texted; empty: nothing."
    )
    anyway: bool = Field(
        default=False, description="Also outside of the hours and rules of booking."
    )


class Move(Shape):
    start: Moment
    staff: Words
    calendar: Words = ""
    note: Words = Field(default="", max_length=500)
    tell: Words = Field(default="", max_length=1400)
    anyway: bool = False


class Cancel(Shape):
    staff: Words
    tell: Words = Field(default="", max_length=1400)


@router.get("", responses=documented(), summary="List appointments")
def list_appointments(
    client: Reader,
    house: TheHouse,
    first: Annotated[
        Moment | None, Query(alias="from", description="That begin then or later.")
    ] = None,
    until: Annotated[
        Moment | None, Query(alias="to", description="That begin before then.")
    ] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Page[Appointment]:
    """The earliest first, cancelled ones too."""
    after = decoded(cursor)
    with house.database.connect() as connection:
        rows = api_lists.visits(connection, client.slug, first, until, after, limit + 1)
    return paged(rows, limit, lambda row: _visit(client, row), lambda row: (row.start, row.id))


@router.get("/{visit_id}", responses=documented(), summary="Read an appointment")
def read_appointment(client: Reader, house: TheHouse, visit_id: VisitId) -> Appointment:
    return _known(house, client, visit_id)


@router.post("", status_code=201, responses=documented(409), summary="Book an appointment")
def book(
    client: Writer, house: TheHouse, desk: TheDesk, new: NewAppointment, once: OnceKey = None
) -> Appointment:
    """For a caller who has called or written before. 409: the time is taken, or breaks a rule of booking."""
    name = thread_of(client, new.caller)
    wanted = Wanted(
        key=_key(client, once),
        service=new.service,
        start=new.start.astimezone(client.business.zone),
        calendar=new.calendar,
        note=new.note,
        tell=new.tell,
    )
    return _booked(house, client, desk, name, staff_of(client, new.staff), wanted, None, new.anyway)


@router.post("/{visit_id}/move", responses=documented(409), summary="Move an appointment")
def move(
    client: Writer,
    house: TheHouse,
    desk: TheDesk,
    visit_id: VisitId,
    to: Move,
    once: OnceKey = None,
) -> Appointment:
    visit = _row(house, client, visit_id)
    wanted = Wanted(
        key=_key(client, once),
        service=visit.service,
        start=to.start.astimezone(client.business.zone),
        calendar=to.calendar,
        moves=visit.id,
        note=to.note,
        tell=to.tell,
    )
    staff = staff_of(client, to.staff)
    return _booked(house, client, desk, visit.thread, staff, wanted, visit, to.anyway)


@router.post("/{visit_id}/cancel", responses=documented(409), summary="Cancel an appointment")
def cancel(
    client: Writer, house: TheHouse, desk: TheDesk, visit_id: VisitId, why: Cancel
) -> Appointment:
    """It is taken out of the calendar; one that is cancelled stays so."""
    visit, staff = _row(house, client, visit_id), staff_of(client, why.staff)
    if visit.state != State.CANCELLED:
        ended = desk.cancel(client.business, visit.thread, staff, visit.id, why.tell)
        if ended.end is not BookingEnd.CANCELLED:
            _refuse(ended)
    return _known(house, client, visit_id)


def _booked(
    house: House,
    client: Client,
    desk: Desk,
    thread: str,
    staff: str,
    wanted: Wanted,
    moves: AppointmentRow | None,
    anyway: bool,
) -> Appointment:
    service = client.business.service(wanted.service)
    if service is None:
        known = ", ".join(one.id for one in client.business.services)
        raise BadInput(f"There is no service {wanted.service!r}. There are: {known}.")
    try:
        with house.database.connect() as connection:
            offer = appointments.offer_by_hand(staff, wanted.key)
            is_repeat = appointments.of_key(connection, thread, offer) is not None
        if not (anyway or is_repeat):
            found = desk.look(client.business, service, wanted.start, wanted.calendar, moves)
            if found.breaches:
                broken = ", ".join(str(one.value) for one in found.breaches)
                raise HTTPException(409, f"This breaks rules of booking: {broken}. Send `anyway: true` to book it all the same.")  # fmt: skip
        made = desk.book(client.business, thread, staff, wanted)
    except CalendarError as error:
        raise HTTPException(503, "The calendar does not answer. Try again in a minute.", {"Retry-After": "60"}) from error  # fmt: skip
    if made.end is not BookingEnd.BOOKED or made.appointment is None:
        _refuse(made)
    assert made.appointment  # noqa: S101 - refused else
    return _known(house, client, made.appointment.id)


def _refuse(made: Booking) -> None:
    words = {
        BookingEnd.TAKEN: "The time is taken.",
        BookingEnd.CHANGED: "The business has moved this visit in the calendar. Read it again.",
        BookingEnd.UNSURE: "The calendar has not confirmed it. Look again in a minute.",
        BookingEnd.WITHDRAWN: "It was withdrawn meanwhile.",
    }
    if made.end is BookingEnd.UNREACHABLE:
        raise HTTPException(503, "The calendar does not answer. Try again in a minute.", {"Retry-After": "60"})  # fmt: skip
    raise HTTPException(409, words.get(made.end, "It could not be done."))


def _row(house: House, client: Client, visit_id: str) -> Any:
    with house.database.connect() as connection:
        row = api_lists.visit(connection, client.slug, visit_id)
    if row is None:
        raise NotFound("There is no such appointment.")
    return AppointmentRow(**row._mapping)


def _known(house: House, client: Client, visit_id: str) -> Appointment:
    return _visit(client, _row(house, client, visit_id))


def _visit(client: Client, row: Any) -> Appointment:
    start = local(client, row.start)
    mark, _, rest = row.offer.partition(":")
    return Appointment(
        id=row.id,
        caller=row.thread.partition(":")[2],
        service=row.service,
        service_name=client.business.service_name(row.service),
        calendar=row.calendar,
        start=start,
        end=local(client, row.start + timedelta(minutes=row.duration_min)),
        state=_STATES.get(row.state, "cancelled"),
        by=rest.partition(":")[0] if mark == "staff" else "agent",
        created_at=local(client, row.created_at),
    )


def _key(client: Client, once: str | None) -> str:
    return f"{client.token.id}-{once or secrets.token_hex(8)}"[:96]
