"""Writes iCalendar objects for tests."""

DAY = "20261124"  # a Tuesday; New York is at -05:00


def obj(*parts):
    """One calendar object."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *parts, "END:VCALENDAR", ""]
    return "\r\n".join(lines)


def event(*lines, uid="u1", name="VEVENT"):
    return "\r\n".join([f"BEGIN:{name}", f"UID:{uid}", *lines, f"END:{name}"])


def at(clock, day=DAY, zone="America/New_York", prop="DTSTART"):
    return f"{prop};TZID={zone}:{day}T{clock.replace(':', '')}00"


def lasting(start, end, *lines, day=DAY, **more):
    """An event with both ends in New York on one day."""
    return event(at(start, day), at(end, day, prop="DTEND"), *lines, **more)


def single(start, end, *lines, **more):
    return obj(lasting(start, end, *lines, **more))


def zone_part(tzid, *observances):
    return "\r\n".join(["BEGIN:VTIMEZONE", f"TZID:{tzid}", *observances, "END:VTIMEZONE"])


def observance(name, start, before, after, *lines):
    body = [f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", *lines]
    return "\r\n".join([f"BEGIN:{name}", *body, f"END:{name}"])
