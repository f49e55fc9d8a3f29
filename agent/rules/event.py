"""An appointment as the calendar object that the owner sees: little, private, in UTC, nobody invited."""

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from agent.business import Business, Service
from agent.model import Appointment

_PRODUCT = "-//Ringback//Ringback//EN"


def event_text(
    appointment: Appointment, business: Business, *, caller_name: str, link: str, now: datetime
) -> str:
    """One appointment as iCalendar text.

    No ORGANIZER or ATTENDEE: servers would mail people. UTC, because a zone's name needs a definition
    that not every server knows and cannot tell the two 1:30s of an autumn night apart.

    Args:
        caller_name: as the caller gave it, or empty.
        link: to the conversation; it needs a login.
    """
    service = business.service(appointment.service)
    start = appointment.start.astimezone(UTC)
    event = Event()
    event.add("uid", appointment.id)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(minutes=appointment.duration_min))
    event.add("summary", summary(appointment, business, caller_name))
    event.add("description", link)
    event.add("url", link)
    event.add("class", "PRIVATE")
    event.add("x-appt-id", appointment.id)
    for name, minutes in _buffers(service):
        event.add(name, str(minutes))
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text


def summary(appointment: Appointment, business: Business, caller_name: str) -> str:
    """What whoever shares the calendar may read: the service, a first name and an initial; less where health is told."""
    names = caller_name.split()
    if business.privacy.health:
        what, who = "Appointment", " ".join(f"{name[0].upper()}." for name in names)
    else:
        what = business.service_name(appointment.service)
        who = " ".join([*names[:1], *(f"{name[0].upper()}." for name in names[1:][-1:])])
    return f"{what} - {who}" if who else what


def appointment_id(text: str) -> str | None:
    """The appointment that an object was written for; None when it is not ours, or cannot be read."""
    try:
        events = Calendar.from_ical(text).walk("VEVENT")
    except ValueError:
        return None
    for event in events:
        if found := event.get("x-appt-id"):
            return str(found)
    return None


def _buffers(service: Service | None) -> list[tuple[str, int]]:
    if service is None:
        return []
    both = (
        ("x-appt-buffer-before", service.buffer_before_min),
        ("x-appt-buffer-after", service.buffer_min),
    )
    return [(name, minutes) for name, minutes in both if minutes]
