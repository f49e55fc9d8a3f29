"""A visit as its caller may keep it in a calendar of their own: the business's words, nothing of the caller."""

from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from agent.business import Business
from agent.model import Appointment
from agent.rules.phone import spoken

_PRODUCT = "-//Ringback//Ringback//EN"
_STAMP = "%Y%m%dT%H%M%SZ"


def invite_text(
    appointment: Appointment, business: Business, *, revision: int, cancelled: bool, now: datetime
) -> str:
    """One visit as iCalendar text that a phone adds, changes or takes out again.

    No ORGANIZER or ATTENDEE: nobody is to be answered. The UID is not that of the business's own event, so
    that whoever has both calendars in one program keeps both.

    Args:
        revision: grows whenever the visit moves; a program follows the highest that it has seen.
    """
    start, end = _span(appointment)
    event = Event()
    event.add("uid", f"{appointment.id}@ringback")
    event.add("dtstamp", now.astimezone(UTC))
    # The end of a visit has to outdo its last revision (RFC 5546, 2.1.4).
    event.add("sequence", revision + cancelled)
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", invite_title(appointment, business))
    event.add("description", _contact(business))
    if where := place(business):
        event.add("location", where)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event)
    text: str = calendar.to_ical().decode()
    return text


def google_fields(appointment: Appointment, business: Business) -> dict[str, str]:
    """The query of Google Calendar's page for a new event."""
    start, end = _span(appointment)
    fields = {
        "action": "TEMPLATE",
        "text": invite_title(appointment, business),
        "dates": f"{start:{_STAMP}}/{end:{_STAMP}}",
        "details": _contact(business),
    }
    where = place(business)
    return fields | {"location": where} if where else fields


def invite_title(appointment: Appointment, business: Business) -> str:
    return f"{visit_name(appointment.service, business)} at {business.name}"


def visit_name(service: str, business: Business) -> str:
    """What a visit may be called on a page or a phone that others see; the service tells of health where that is treated."""
    return "Appointment" if business.privacy.health else business.service_name(service)


def place(business: Business) -> str | None:
    """Where the caller has to be; None: not known, or the business comes to its callers (it serves an area)."""
    return None if business.service_area.zips else business.address


def _contact(business: Business) -> str:
    return f"To change or cancel, text {business.name} at {spoken(business.phone)}."


def _span(appointment: Appointment) -> tuple[datetime, datetime]:
    """In UTC, which knows the two 1:30s of an autumn night apart."""
    start = appointment.start.astimezone(UTC)
    return start, start + timedelta(minutes=appointment.duration_min)
