"""When is a business open, in its own wall time?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from agent.business import Business
from agent.rules.busy import Span
from agent.rules.openings import opening_hours

_SEARCH_DAYS = 14
_A_FEW_MINUTES = timedelta(minutes=15)
_WEEK_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class _Spoken:
    """The words of a language for times; in Spanish without the accents that no cheap SMS has."""

    soon: str
    some_time: str
    today: str
    tomorrow: str
    yesterday: str
    on: str
    """Before a day that has been."""
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    at: str
    at_one: str


_SPOKEN = {
    "en": _Spoken(
        soon="in a few minutes", some_time="as soon as we open", today="today", tomorrow="tomorrow", yesterday="yesterday", on="on ",
        weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        months=("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
        date="{month} {day}", at="at", at_one="at",
    ),
    "es": _Spoken(
        soon="en unos minutos", some_time="en cuanto abramos", today="hoy", tomorrow="mañana", yesterday="ayer", on="",
        weekdays=("el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sabado", "el domingo"),
        months=("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
        date="el {day} de {month}", at="a las", at_one="a la",
    ),
}  # fmt: skip


def is_open(business: Business, now: datetime) -> bool:
    yesterday = now.astimezone(business.zone).date() - timedelta(days=1)
    return any(span.start <= now < span.end for span in _spans(business, yesterday, 2))


def next_opening(business: Business, now: datetime) -> datetime | None:
    """The first opening after now, with the business's offset; None within two weeks."""
    yesterday = now.astimezone(business.zone).date() - timedelta(days=1)
    ahead = (
        span.start for span in _spans(business, yesterday, _SEARCH_DAYS + 1) if span.start > now
    )
    return next((start.astimezone(business.zone) for start in ahead), None)


def next_closing(business: Business, now: datetime) -> datetime | None:
    """When the business, open now, closes, with its offset; None: it is closed now, or never closes within two weeks."""
    end = now
    yesterday = now.astimezone(business.zone).date() - timedelta(days=1)
    for span in sorted(_spans(business, yesterday, _SEARCH_DAYS + 1), key=lambda span: span.start):
        if span.start <= end < span.end:
            end = span.end
    is_found = now < end < now + timedelta(days=_SEARCH_DAYS - 1)
    return end.astimezone(business.zone) if is_found else None


def due(business: Business, now: datetime) -> datetime | None:
    """When a person owes an answer: now in opening hours, else at the next opening."""
    return now if is_open(business, now) else next_opening(business, now)


def expect(business: Business, now: datetime, language: str = "en") -> str:
    """When a person can be expected, in words that stay true: "in a few minutes", "tomorrow at 8 AM"."""
    spoken = _SPOKEN[language]
    if is_open(business, now) and is_open(business, now + _A_FEW_MINUTES):
        return spoken.soon
    opening = next_opening(business, now)
    return ahead(business, opening, now, language) if opening else spoken.some_time


def ahead(business: Business, moment: datetime, now: datetime, language: str = "en") -> str:
    """A later moment as it is said now: "today at 3 PM", "tomorrow at 8 AM", "Monday at 9 AM"."""
    spoken = _SPOKEN[language]
    local, later = now.astimezone(business.zone), moment.astimezone(business.zone)
    midnight_is_near = (local + _A_FEW_MINUTES).date() != local.date()
    days = (later.date() - local.date()).days
    near = {0: spoken.today, 1: spoken.weekdays[later.weekday()] if midnight_is_near else spoken.tomorrow}  # fmt: skip
    return f"{near.get(days) or _day(later, days, spoken)} {_at(later, spoken)}"


def ago(business: Business, moment: datetime, now: datetime, language: str = "en") -> str:
    """An earlier moment as it is said now: "at 9:42 PM", "yesterday at 9:42 PM", "on Saturday at 9:42 PM"."""
    spoken = _SPOKEN[language]
    earlier = moment.astimezone(business.zone)
    days = (now.astimezone(business.zone).date() - earlier.date()).days
    clock = _at(earlier, spoken)
    if days == 0:
        return clock
    day = spoken.yesterday if days == 1 else spoken.on + _day(earlier, days, spoken)
    return f"{day} {clock}"


def clock_words(moment: datetime) -> str:
    """9 AM, 3:42 PM: as people of the business would write it."""
    hour = moment.strftime("%I").lstrip("0")
    minutes = "" if moment.minute == 0 else moment.strftime(":%M")
    return f"{hour}{minutes} {moment.strftime('%p')}"


def _day(moment: datetime, days: int, spoken: _Spoken) -> str:
    """A weekday where only one day can be meant, else the date."""
    if days < _WEEK_DAYS:
        return spoken.weekdays[moment.weekday()]
    return spoken.date.format(month=spoken.months[moment.month - 1], day=moment.day)


def _at(moment: datetime, spoken: _Spoken) -> str:
    at = spoken.at_one if moment.hour in (1, 13) else spoken.at
    return f"{at} {clock_words(moment)}"


def _spans(business: Business, first: date, days: int) -> list[Span]:
    """When the business is open, by its hours, closures and holidays: the same as for bookings."""
    hours = opening_hours(business)
    return [span for ahead in range(days) for span in hours.spans(first + timedelta(days=ahead))]
