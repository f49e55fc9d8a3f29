"""An appointment as the calendar object that the owner sees: little, private, in UTC, nobody invited."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component, Event

from agent.business import Business, Service
from agent.model import Appointment, Hold

_PRODUCT = "-//Ringback//Ringback//EN"
_HOLD = "X-RINGBACK-HOLD"
UNNAMED = "Appointment"
"""What an event is called where not even the service may be told."""
_OF_CALLER = ("description", "url", "comment", "contact")
"""Beside its title, what of an event leads to its caller, or was noted of them."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How an appointment's event stands in the calendar, where its owner may have changed it."""

    start: datetime
    duration_min: int
    is_cancelled: bool
    repeats: bool


def event_text(
    appointment: Appointment,
    business: Business,
    *,
    caller_name: str,
    link: str,
    now: datetime,
    uid: str = "",
) -> str:
    """One appointment as iCalendar text.

    No ORGANIZER or ATTENDEE: servers would mail people. UTC, because a zone's name needs a definition
    that not every server knows and cannot tell the two 1:30s of an autumn night apart.

    Args:
        caller_name: as the caller gave it, or empty.
        link: to the conversation; it needs a login.
        uid: the appointment's id, unless it moves to another calendar: some servers never take a UID again.
    """
    service = business.service(appointment.service)
    event = Event()
    event.add("uid", uid or appointment.id)
    _at(event, appointment.start, appointment.duration_min, now)
    event.add("summary", summary(appointment, business, caller_name))
    event.add("description", link)
    event.add("url", link)
    event.add("class", "PRIVATE")
    event.add("x-appt-id", appointment.id)
    for name, minutes in _buffers(service):
        event.add(name, str(minutes))
    return _whole(event)


def moved_text(text: str, start: datetime, duration_min: int, now: datetime) -> str:
    """The same event at another time: SEQUENCE grows (RFC 5545, 3.8.7.4), everything else stays as its owner has it.

    Raises:
        ValueError: it has no appointment of ours, or repeats by now.
    """
    calendar = Calendar.from_ical(text)
    event = _own(calendar)
    if event is None or _repeats(calendar, event):
        raise ValueError("this is no single appointment")
    revision = int(event.get("sequence", 0)) + 1
    for name in ("dtstart", "dtend", "duration", "dtstamp", "last-modified", "sequence"):
        event.pop(name, None)
    _at(event, start, duration_min, now)
    event.add("last-modified", now.astimezone(UTC))
    event.add("sequence", revision)
    moved: str = calendar.to_ical().decode()
    return moved


def faceless_text(text: str, title: str, now: datetime) -> str | None:
    """The same event with nothing of its caller: the time stays as it was; None: there is nothing to take out.

    Args:
        title: what it is called from then on.
    """
    calendar = Calendar.from_ical(text)
    events = [one for one in calendar.walk("VEVENT") if _tells(one, title)]
    for event in events:
        for name in ("summary", *_OF_CALLER, "dtstamp"):
            event.pop(name, None)
        event.add("summary", title)
        event.add("dtstamp", now.astimezone(UTC))
    faceless: str = calendar.to_ical().decode()
    return faceless if events else None


def hold_text(slot: Hold, business: Business, now: datetime) -> str:
    """A time on offer, for an owner who wants to see it: tentative, and nothing of the caller."""
    event = Event()
    event.add("uid", f"hold-{slot.id}")
    _at(event, slot.start, slot.duration_min, now)
    what = UNNAMED if business.privacy.health else business.service_name(slot.service)
    event.add("summary", f"Offered: {what}")
    event.add("class", "PRIVATE")
    event.add("status", "TENTATIVE")
    event.add(_HOLD, slot.id)
    return _whole(event)


def is_hold(text: str) -> bool:
    """A time on offer, shown to the owner; our own claims say whether it is still held."""
    return _HOLD in text


def standing(text: str, zone: ZoneInfo) -> Standing | None:
    """How our appointment stands in an object; None: it is not ours, or cannot be read.

    Args:
        zone: the business's, for whole days and floating times.
    """
    try:
        calendar = Calendar.from_ical(text)
        event = _own(calendar)
        if event is None:
            return None
        start, end = _moment(event.start, zone), _moment(event.end, zone)
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    return Standing(
        start=start,
        duration_min=max(0, round((end - start) / timedelta(minutes=1))),
        is_cancelled=str(event.get("status", "")).upper() == "CANCELLED",
        repeats=_repeats(calendar, event),
    )


def summary(appointment: Appointment, business: Business, caller_name: str) -> str:
    """What whoever shares the calendar may read: the service, a first name and an initial; less where health is told."""
    names = caller_name.split()
    if business.privacy.health:
        what, who = UNNAMED, " ".join(f"{name[0].upper()}." for name in names)
    else:
        what = business.service_name(appointment.service)
        who = " ".join([*names[:1], *(f"{name[0].upper()}." for name in names[1:][-1:])])
    return f"{what} - {who}" if who else what


def appointment_id(text: str) -> str | None:
    """The appointment that an object was written for; None when it is not ours, or cannot be read."""
    try:
        event = _own(Calendar.from_ical(text))
    except ValueError:
        return None
    return str(event["x-appt-id"]) if event is not None else None


def _own(calendar: Component) -> Event | None:
    """The event that one of our appointments was written as."""
    events = (one for one in calendar.walk("VEVENT") if isinstance(one, Event))
    return next((event for event in events if event.get("x-appt-id")), None)


def _tells(event: Component, title: str) -> bool:
    return event.get("summary") != title or any(event.get(name) for name in _OF_CALLER)


def _repeats(calendar: Component, event: Event) -> bool:
    return len(calendar.walk("VEVENT")) > 1 or bool(event.get("rrule") or event.get("rdate"))


def _at(event: Event, start: datetime, duration_min: int, now: datetime) -> None:
    begins = start.astimezone(UTC)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=duration_min))


def _moment(value: date, zone: ZoneInfo) -> datetime:
    """A whole day begins at midnight of the business; a floating time is its wall time."""
    at = value if isinstance(value, datetime) else datetime.combine(value, time())
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _whole(event: Event) -> str:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text


def _buffers(service: Service | None) -> list[tuple[str, int]]:
    if service is None:
        return []
    both = (
        ("x-appt-buffer-before", service.buffer_before_min),
        ("x-appt-buffer-after", service.buffer_min),
    )
    return [(name, minutes) for name, minutes in both if minutes]
