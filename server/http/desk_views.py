"""What the pages of booking at the desk show: days with free times, warnings, the text that is prepared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from agent.business import Business, Service
from agent.model import Appointment
from agent.rules.availability import Free
from agent.rules.by_hand import Breach
from agent.rules.hours import clock_words
from agent.rules.phrases import service_words, slot_words, visit_phrase
from server.bookings import as_appointment
from server.desk_booking import Outlook
from server.desk_telling import may_text
from server.store import threads
from server.store.appointments import AppointmentRow

DAYS_SHOWN = 3


@dataclass(frozen=True, kw_only=True)
class Time:
    clock: str
    start: str
    """ISO 8601, for the address of the next step."""
    who: str
    """The calendars that could serve; told where there is more than one."""


@dataclass(frozen=True, kw_only=True)
class Day:
    name: str
    times: tuple[Time, ...]


@dataclass(frozen=True, kw_only=True)
class Times:
    days: tuple[Day, ...]
    later: str
    """The first date after those shown that has free times; empty: none."""


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A visit that stands, as the conversation shows it."""

    id: str
    words: str
    calendars: str


def times(free: Sequence[Free], first: date, today: date, service: Service) -> Times:
    """The next days with free times from a date on."""
    several = len(service.calendars) > 1 or bool(service.need)
    later = [one for one in free if one.start.date() >= first]
    by_day = [(day, list(them)) for day, them in groupby(later, lambda one: one.start.date())]
    shown, rest = by_day[:DAYS_SHOWN], by_day[DAYS_SHOWN:]
    return Times(
        days=tuple(
            Day(
                name=day_words(day, today),
                times=tuple(
                    Time(
                        clock=clock_words(one.start),
                        start=one.start.isoformat(),
                        who=", ".join(one.resources) if several else "",
                    )
                    for one in them
                ),
            )
            for day, them in shown
        ),
        later=rest[0][0].isoformat() if rest else "",
    )


def day_words(day: date, today: date) -> str:
    """Tomorrow, Tuesday, Nov 24."""
    near = {today: "Today", today + timedelta(days=1): "Tomorrow"}.get(day)
    return ", ".join(filter(None, [near, f"{day:%A, %b} {day.day}"]))


def booked(row: AppointmentRow, business: Business) -> Booked:
    when = slot_words(row.start.astimezone(business.zone))
    return Booked(
        id=row.id,
        words=f"{service_words(business, row.service)}, {when}",
        calendars=", ".join(row.calendars),
    )


def warnings(outlook: Outlook, business: Business, start: datetime) -> list[str]:
    """What a time breaks, a sentence each."""
    day = f"{start:%A}s" if Breach.OFF_DUTY in outlook.breaches else ""
    rules = business.booking
    said = {
        Breach.CLOSED: f"{business.name} is closed at that time.",
        Breach.OFF_DUTY: f"{' and '.join(outlook.way)} does not work at that time on {day}.",
        Breach.TOO_SOON: f"It is sooner than the {_length(rules.lead_time_min)} of notice that you ask for.",
        Breach.TOO_FAR: f"It is more than {rules.horizon_days} days ahead, further than you take bookings.",
        Breach.FULL: f"That day has {rules.daily_limit} visits already, as many as you want.",
    }
    return [said[one] for one in outlook.breaches]


def prepared(
    what: str,
    business: Business,
    visit: Appointment | AppointmentRow,
    thread: threads.ThreadRow,
    now: datetime,
) -> str:
    """The text that would tell the caller that a visit is `booked`, `moved` or `cancelled`; empty: none may be sent."""
    if not may_text(thread):
        return ""
    seen = as_appointment(visit, business) if isinstance(visit, AppointmentRow) else visit
    return visit_phrase(what, business, seen, now, thread.language)


def silent(thread: threads.ThreadRow) -> str:
    """Why this caller can be told nothing by text; empty: they can."""
    if may_text(thread):
        return ""
    if thread.opted_out_at is not None:
        return "This caller has opted out of texts: phone them."
    return "This caller cannot be texted: phone them."


def _length(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{rest} min" if rest else ""]
    return " ".join(filter(None, parts)) or "0 min"
