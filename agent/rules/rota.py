"""Who of the people on call is on duty, and until when; in the business's wall time."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from agent.business import WEEKDAYS, Business, OnCall, Staff, Weekday
from agent.rules import hours
from agent.rules.busy import Span
from agent.rules.openings import Openings

_LONG = 8
"""Days: every span of a week begins within so many."""
_DAY = timedelta(days=1)
HOLDER = -1
"""The place of whoever has the conversation: before everybody on the list."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One person's place on the ladder."""

    place: int
    """0-based in `business.on_call`, or `HOLDER`."""
    person: Staff
    texts: bool
    """Reached by text, and has a phone."""
    calls: bool
    """Reached by call, and has a phone."""


def ladder(business: Business) -> list[Rung]:
    """Everybody on the list, in order; whoever stands on it twice has two rungs."""
    return [
        _rung(place, one, person)
        for place, one in enumerate(business.on_call)
        if (person := business.person(one.staff)) is not None
    ]


def on_duty(business: Business, now: datetime, busy: Collection[str] = ()) -> list[Rung]:
    """Who is to be tried now, in order; where nobody is left, everybody: somebody has to be asked.

    Args:
        busy: staff who said that they cannot be reached at present.
    """
    everybody = ladder(business)
    free = [
        rung
        for rung in everybody
        if rung.person.id not in busy and is_on(business, business.on_call[rung.place], now)
    ]
    return free or everybody


def holder_first(business: Business, duty: list[Rung], holder: str) -> list[Rung]:
    """Those on duty after whoever has the conversation, also where that person is on no list.

    Args:
        holder: a staff id; anybody else changes nothing.
    """
    person = business.person(holder)
    if person is None:
        return duty
    has_phone = person.phone is not None
    first = Rung(place=HOLDER, person=person, texts=has_phone, calls=has_phone)
    return [first, *(rung for rung in duty if rung.person.id != holder)]


def is_reachable(business: Business, deaf: Collection[str] = ()) -> bool:
    """Some phone on the list will ring or get a text, so that it is true to say that somebody is alerted.

    Args:
        deaf: phones that get no texts, since their people texted STOP.
    """
    return any(
        rung.calls or (rung.texts and rung.person.phone not in deaf) for rung in ladder(business)
    )


def is_on(business: Business, rung: OnCall, now: datetime) -> bool:
    match rung.when:
        case "always":
            return True
        case "open":
            return hours.is_open(business, now)
        case "closed":
            return not hours.is_open(business, now)
    return any(span.start <= now < span.end for span in _spans(business, rung.when, now))


def changes_at(business: Business, rung: OnCall, now: datetime) -> datetime | None:
    """When this person goes off duty, or comes on; None: never, or not within a week or two."""
    if rung.when == "always":
        return None
    if rung.when in ("open", "closed"):
        is_open = hours.is_open(business, now)
        return hours.next_closing(business, now) if is_open else hours.next_opening(business, now)
    spans = _spans(business, rung.when, now)
    ends = (span.end for span in spans if span.start <= now < span.end)
    begins = (span.start for span in spans if span.start > now)
    moment = next(ends, None) or next(begins, None)
    return moment.astimezone(business.zone) if moment else None


def _rung(place: int, one: OnCall, person: Staff) -> Rung:
    has_phone = person.phone is not None
    return Rung(
        place=place,
        person=person,
        texts=has_phone and "sms" in one.reach,
        calls=has_phone and "call" in one.reach,
    )


def _spans(business: Business, when: str, now: datetime) -> list[Span]:
    """Those that may hold now or begin within a week, in order; they run over midnight as hours do."""
    openings = Openings(
        zone=business.zone,
        hours=_weekly(when),
        days=frozenset(WEEKDAYS),
        overrides={},
        holidays=None,
    )
    yesterday = now.astimezone(business.zone).date() - _DAY
    return [span for ahead in range(_LONG + 1) for span in openings.spans(yesterday + _DAY * ahead)]


@lru_cache(maxsize=256)
def _weekly(when: str) -> dict[Weekday, tuple[str, ...]]:
    """What is written as in "mon-wed 17:00-22:00, sat 08:00-12:00", day by day."""
    spans: dict[Weekday, tuple[str, ...]] = {}
    for part in when.split(","):
        days, span = part.split()
        for day in _days(days):
            spans[day] = (*spans.get(day, ()), span)
    return spans


def _days(words: str) -> list[Weekday]:
    """As in "fri-mon", which goes over the end of the week."""
    first, _, last = words.partition("-")
    start = _place(first)
    length = (_place(last or first) - start) % len(WEEKDAYS) + 1
    return [WEEKDAYS[(start + ahead) % len(WEEKDAYS)] for ahead in range(length)]


def _place(day: str) -> int:
    return [str(one) for one in WEEKDAYS].index(day)
