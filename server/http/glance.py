"""A business in plain words: what its own people read about it on one page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from agent.business import WEEKDAYS, Business, CalendarSource, Service, Weekday
from agent.rules import hours
from agent.rules.phone import spoken
from server.store.accounts import Account

_DAYS: dict[Weekday, str] = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
_REACHED = {"sms": "text", "call": "call"}
_NAMED = {"12:00": "noon", "24:00": "midnight"}
_WHOLE_DAY = "00:00-24:00"
_NEAR_DAYS = 6
"""Within so many days a weekday's name alone says which day."""
_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, kw_only=True)
class Door:
    """Open or closed at this moment."""

    is_open: bool
    words: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of a list: what it is, and what is to be said of it."""

    name: str
    words: str
    is_today: bool = False


@dataclass(frozen=True, kw_only=True)
class Person:
    name: str
    role: str
    phone: str
    """E.164; empty: none."""
    login: str
    """Empty: none yet."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A service as a caller would be told of it."""

    name: str
    price: str
    words: str


def door(business: Business, now: datetime) -> Door:
    if hours.is_open(business, now):
        return Door(is_open=True, words="Open now")
    opening = hours.next_opening(business, now)
    if opening is None:
        return Door(is_open=False, words="Closed")
    return Door(is_open=False, words=f"Closed, opens {_when(opening, now)}")


def week(business: Business, now: datetime) -> list[Line]:
    """Monday to Sunday as they usually are."""
    today = now.astimezone(business.zone).weekday()
    return [
        Line(name=_DAYS[day], words=spans(business.hours.get(day, ())), is_today=place == today)
        for place, day in enumerate(WEEKDAYS)
    ]


def closures(business: Business, now: datetime) -> list[Line]:
    """Days ahead whose hours differ from the week's, soonest first."""
    today = now.astimezone(business.zone).date()
    ahead = sorted(
        (one for one in business.closures if one.date >= today), key=lambda one: one.date
    )
    return [
        Line(
            name=one.date.strftime("%a, %b %-d, %Y"),
            words=": ".join(filter(None, (one.reason, spans(one.hours)))),
            is_today=one.date == today,
        )
        for one in ahead
    ]


def offers(business: Business) -> list[Offer]:
    return [
        Offer(
            name=service.name,
            price=service.price or "",
            words=". ".join(_service(business, service)),
        )
        for service in business.services
    ]


def people(business: Business, logins: Sequence[Account]) -> list[Person]:
    by_staff = {account.staff: account for account in logins}
    return [
        Person(
            name=one.name,
            role=one.role,
            phone=one.phone or "",
            login=_login(by_staff.get(one.id)),
        )
        for one in business.staff
    ]


def on_call(business: Business) -> list[Line]:
    """Who is alerted, in order."""
    return [
        Line(
            name=_person(business, rung.staff),
            words=" and ".join(_REACHED[way] for way in rung.reach)
            + ("" if rung.when == "always" else f", {rung.when}"),
        )
        for rung in business.on_call
    ]


def calendars(business: Business) -> list[Line]:
    return [
        Line(name=_calendar(business, one), words=". ".join(_calendar_words(one)))
        for one in business.calendars
    ]


def numbers(business: Business) -> list[str]:
    return [spoken(number) for number in business.numbers]


def _service(business: Business, service: Service) -> Iterator[str]:
    yield f"Takes {_duration(service.duration_min)}"
    if service.buffer_before_min:
        yield f"{_duration(service.buffer_before_min)} kept free before"
    if service.buffer_min:
        yield f"{_duration(service.buffer_min)} kept free after"
    named = [_calendar(business, one) for one in business.calendars if one.id in service.calendars]
    yield f"Goes into {' or '.join(named)}"


def _calendar(business: Business, calendar: CalendarSource) -> str:
    return f"{calendar.id} ({_person(business, calendar.staff)})" if calendar.staff else calendar.id


def _calendar_words(calendar: CalendarSource) -> Iterator[str]:
    yield "In another calendar program" if calendar.url else "Kept by Ringback"
    if set(calendar.days) == set(WEEKDAYS):
        yield "Every day"
    else:
        yield ", ".join(_DAYS[day][:3] for day in WEEKDAYS if day in calendar.days) or "No days"


def _person(business: Business, staff_id: str) -> str:
    person = business.person(staff_id)
    return person.name if person else staff_id


def _login(account: Account | None) -> str:
    if account is None:
        return ""
    return f"{account.login} (owner)" if account.role == "owner" else account.login


def spans(day: Sequence[str]) -> str:
    """8 AM to noon, 1 PM to 5 PM."""
    if _WHOLE_DAY in day:
        return "Open 24 hours"
    return ", ".join(_span(span) for span in sorted(day)) or "Closed"


def _span(span: str) -> str:
    start, end = span.split("-")
    overnight = "" if end > start else " the next day"
    return f"{_clock(start)} to {_clock(end)}{overnight}"


def _clock(wall: str) -> str:
    if wall in _NAMED:
        return _NAMED[wall]
    return hours.clock_words(datetime.combine(_MONDAY, time.fromisoformat(wall)))


def _when(moment: datetime, now: datetime) -> str:
    """8 AM today, Mon 8 AM, Mon, Jan 4, 8 AM."""
    today = now.astimezone(moment.tzinfo).date()
    clock = hours.clock_words(moment)
    if moment.date() == today:
        return f"today {clock}"
    near = moment.date() - today <= timedelta(days=_NEAR_DAYS)
    return f"{moment.strftime('%a' if near else '%a, %b %-d,')} {clock}"


def _duration(minutes: int) -> str:
    """90 -> 1 h 30 min."""
    whole, rest = divmod(minutes, 60)
    return " ".join(filter(None, (f"{whole} h" if whole else "", f"{rest} min" if rest else "")))
