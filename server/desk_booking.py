"""Booking at the desk: a person books, moves and cancels a caller's visits, by the same way as the agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import sqlalchemy as sa

from agent.business import Business, Service
from agent.errors import BadInput, NotFound
from agent.model import Booking, BookingEnd
from agent.rules import availability, by_hand
from agent.rules.availability import Free
from agent.rules.by_hand import Breach
from server.bookings import CLAIMED_FOR, source_of
from server.caller_name import rename
from server.desk_telling import Telling, checked_note, checked_words
from server.diary import BookingDiary
from server.jobs import Jobs
from server.store import appointments, threads
from server.store.appointments import AppointmentRow, State

AGENT_IS_AT_IT = timedelta(seconds=60)
"""So long after it began, what the agent writes for the same caller is waited for."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A visit as a person has put it together."""

    key: str
    """Of the form: sent twice, it is one visit."""
    service: str
    start: datetime
    calendar: str = ""
    """One that is to serve; empty: any that can."""
    moves: str | None = None
    """The booked visit that is to take this time; None: a new one."""
    name: str | None = None
    """The caller's, corrected; None: it stays."""
    note: str = ""
    """For staff alone."""
    tell: str = ""
    """What the caller is told, before the link to the visit's page; empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What speaks against a time before anything is written."""

    way: tuple[str, ...]
    """The calendars that would serve; empty: none is free then."""
    breaches: tuple[Breach, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Desk:
    diary: BookingDiary
    jobs: Jobs

    def free(
        self, business: Business, service: Service, thread: str, calendar: str, moves: str | None
    ) -> list[Free]:
        """The times that the agent could offer now, with one calendar or with any.

        Raises:
            CalendarError: a calendar could not be read.
        """
        found = self.diary.free(business, service, thread, moves)
        return [one for one in found if not calendar or calendar in one.resources]

    def look(
        self,
        business: Business,
        service: Service,
        start: datetime,
        calendar: str = "",
        moves: AppointmentRow | None = None,
    ) -> Outlook:
        """Who could serve at a time, and which rules of booking it breaks.

        Raises:
            CalendarError: a calendar could not be read.
        """
        rules = availability.rules_of(business, service)
        objects = self.diary.objects(business, service, moves.id if moves else None, start)
        free = self._free_ways(business, service, start, calendar, moves, objects)
        if not free:
            return Outlook(way=())
        now, way = self.diary.clock.now(), free[0]
        broken = by_hand.breaches(business, service, way, start, now)
        full = [Breach.FULL] if by_hand.is_full(rules, objects, way, start) else []
        return Outlook(way=way, breaches=(*broken, *full))

    def book(self, business: Business, thread_id: str, staff: str, wanted: Wanted) -> Booking:
        """Claim a time for a caller, write it into the calendar, and say so; whoever has the thread keeps it.

        Raises:
            BadInput: it cannot be a visit at all, or the agent is writing one for this caller.
            NotFound: no such thread, or no such visit to move.
        """
        service = self._checked(business, wanted)
        telling = self._telling(business, staff, wanted.tell, wanted.note)
        offer = appointments.offer_by_hand(staff, wanted.key)
        with self.diary.database.connect() as connection:
            before = appointments.of_key(connection, thread_id, offer)
            moves = self._to_move(connection, thread_id, wanted.moves) if not before else None
        if before is not None:
            return self._as_begun(business, before)
        objects = self.diary.objects(business, service, wanted.moves, wanted.start)
        free = self._free_ways(business, service, wanted.start, wanted.calendar, moves, objects)
        row = self._claimed(business, thread_id, staff, service, wanted, free)
        if row is None:
            return Booking(end=BookingEnd.TAKEN)
        return self.diary.bookings.book_by_hand(business, row, telling)

    def cancel(
        self, business: Business, thread_id: str, staff: str, visit_id: str, tell: str
    ) -> Booking:
        """Take a visit out of the calendar; what was on offer to its caller goes too.

        Args:
            tell: what the caller is told; empty: nothing.

        Raises:
            BadInput: the text is too long.
            NotFound: no such visit, or it is over.
        """
        telling = self._telling(business, staff, tell)
        with self.diary.database.begin() as connection:
            _locked(connection, thread_id)
            visit = self._standing(connection, thread_id, visit_id)
            appointments.release_offers(connection, thread_id, self.diary.clock.now())
        return self.diary.bookings.cancel(business, visit, telling, staff)

    def _checked(self, business: Business, wanted: Wanted) -> Service:
        service = business.service(wanted.service)
        if service is None:
            raise BadInput("Choose a service.")
        if wanted.start <= self.diary.clock.now():
            raise BadInput("That time is over. Choose a later one.")
        return service

    def _telling(self, business: Business, staff: str, words: str, note: str = "") -> Telling:
        return Telling(
            jobs=self.jobs,
            diary=self.diary,
            business=business,
            staff=staff,
            words=checked_words(words),
            note=checked_note(note),
        )

    def _as_begun(self, business: Business, row: AppointmentRow) -> Booking:
        """The same form, sent again."""
        if row.state in (State.WRITING, State.REVIEW):
            return Booking(end=BookingEnd.UNSURE)
        return self.diary.bookings.done(business, row)

    def _to_move(
        self, connection: sa.Connection, thread_id: str, visit_id: str | None
    ) -> AppointmentRow | None:
        return self._standing(connection, thread_id, visit_id) if visit_id else None

    def _standing(self, connection: sa.Connection, thread_id: str, visit_id: str) -> AppointmentRow:
        """A visit of this caller that is booked.

        Raises:
            NotFound: there is none with this id any more.
        """
        row = appointments.get(connection, visit_id)
        if row is None or row.thread != thread_id or row.state not in _STANDS:
            raise NotFound("This visit is not booked any more. Reload the conversation.")
        return row

    def _free_ways(
        self,
        business: Business,
        service: Service,
        start: datetime,
        calendar: str,
        moves: AppointmentRow | None,
        objects: Mapping[str, Sequence[str]],
    ) -> list[tuple[str, ...]]:
        """Those with nothing in their calendars first; among them those that work then."""
        rules = availability.rules_of(business, service)
        idle, now = by_hand.unoccupied(rules, objects, start), self.diary.clock.now()
        own = moves.calendars if moves else ()
        free = [way for way in by_hand.ways(service, calendar, own) if idle.issuperset(way)]
        return sorted(
            free, key=lambda way: len(by_hand.breaches(business, service, way, start, now))
        )

    def _claimed(
        self,
        business: Business,
        thread_id: str,
        staff: str,
        service: Service,
        wanted: Wanted,
        ways: Sequence[tuple[str, ...]],
    ) -> AppointmentRow | None:
        """The visit in the first of these calendars whose time nobody else has; None, and nothing changed: all are taken."""
        database, now = self.diary.database, self.diary.clock.now()
        offer = appointments.offer_by_hand(staff, wanted.key)
        with database.connect() as connection, connection.begin() as transaction:
            thread = _locked(connection, thread_id)
            self._to_move(connection, thread_id, wanted.moves)
            if appointments.of_key(connection, thread_id, offer):
                raise BadInput("This visit is being booked already. Reload the conversation.")
            if appointments.by_agent_now(connection, thread_id, now - AGENT_IS_AT_IT):
                words = (
                    "The agent is writing a visit for this caller just now. Look again in a moment."
                )
                raise BadInput(words)
            appointments.release_offers(connection, thread_id, now)
            for way in ways:
                row = _row(business, thread, staff, service, wanted, way, now)
                if appointments.claim_by_hand(connection, row, now + CLAIMED_FOR, now):
                    if wanted.name is not None:
                        rename(connection, thread, wanted.name)
                    return row
            transaction.rollback()
        return None


_STANDS = (State.BOOKED, State.CANCELLING)


def _locked(connection: sa.Connection, thread_id: str) -> threads.ThreadRow:
    thread = threads.lock(connection, thread_id)
    if thread is None:
        raise NotFound("There is no such conversation.")
    return thread


def _row(
    business: Business,
    thread: threads.ThreadRow,
    staff: str,
    service: Service,
    wanted: Wanted,
    way: tuple[str, ...],
    now: datetime,
) -> AppointmentRow:
    calendar, *beside = way
    offer = appointments.offer_by_hand(staff, wanted.key)
    return AppointmentRow(
        id=str(uuid5(NAMESPACE_URL, f"{thread.id}:{offer}")),
        business=business.slug,
        thread=thread.id,
        service=service.id,
        calendar=calendar,
        beside=beside,
        start=wanted.start.astimezone(UTC),
        duration_min=service.duration_min,
        buffer_before_min=service.buffer_before_min,
        buffer_after_min=service.buffer_min,
        state=State.WRITING,
        offer=offer,
        place=1,
        event=None,
        source=source_of(business, calendar),
        created_at=now,
        changed_at=now,
        expires_at=now + CLAIMED_FOR,
        moves=wanted.moves,
    )
