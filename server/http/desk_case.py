"""What a person at the desk has chosen so far of a visit: the conversation, the service, with whom."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query

from agent.business import Business, Service
from agent.errors import BadInput, NotFound
from agent.rules import by_hand
from server.desk_booking import Desk
from server.http.auth import Viewer
from server.http.inbox import the_business
from server.http.thread_address import thread_of_page
from server.http.twilio import TheHouse
from server.store import accounts, appointments, threads
from server.store.appointments import AppointmentRow, State
from server.wiring import House


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a person has chosen so far, of things that are there."""

    digits: str
    viewer: accounts.Account
    business: Business
    thread: threads.ThreadRow
    service: Service
    calendar: str
    """One that is to serve; empty: any."""
    moves: AppointmentRow | None
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.business.zone).date()


def desk_of(house: TheHouse) -> Desk:
    return Desk(diary=house.diary, jobs=house.engine.jobs)


def case_of(
    house: TheHouse,
    viewer: Viewer,
    digits: str,
    service: Annotated[str, Query()] = "",
    calendar: Annotated[str, Query()] = "",
    moves: Annotated[str, Query()] = "",
) -> Case:
    return made(house, viewer, digits, service, calendar, moves)


TheDesk = Annotated[Desk, Depends(desk_of)]
TheCase = Annotated[Case, Depends(case_of)]


def made(
    house: House,
    viewer: accounts.Account,
    digits: str,
    service: str,
    calendar: str,
    moves: str,
) -> Case:
    """Raises: NotFound: no such conversation, visit or service."""
    now = house.clock.now()
    with house.database.connect() as connection:
        business = the_business(connection, viewer)
        thread = threads.get(connection, thread_of_page(viewer, digits))
        visit = appointments.get(connection, moves) if moves else None
    if thread is None:
        raise NotFound("There is no such conversation.")
    if moves and (visit is None or visit.thread != thread.id or visit.state != State.BOOKED):
        raise NotFound("This visit is not booked any more. Reload the conversation.")
    talked = (thread.memory.get("visit") or {}).get("service")
    named = service or (visit.service if visit else "") or talked or ""
    chosen = business.service(named) or next(iter(business.services), None)
    if chosen is None:
        raise NotFound("This business has no services that could be booked.")
    fits = calendar if by_hand.ways(chosen, calendar) else ""
    return Case(
        digits=digits,
        viewer=viewer,
        business=business,
        thread=thread,
        service=chosen,
        calendar=fits,
        moves=visit,
        now=now,
    )


def of_visit(house: House, viewer: accounts.Account, digits: str, visit_id: str) -> Case:
    return made(house, viewer, digits, "", "", visit_id)


def start_of(case: Case, start: str) -> datetime:
    """Raises: BadInput: no moment with an offset."""
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        raise BadInput("Choose a time.") from None
    if at.tzinfo is None:
        raise BadInput("Choose a time.")
    return at.astimezone(case.business.zone)
