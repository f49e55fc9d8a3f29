"""Which wall clock the people of a telephone number live by, as far as its digits tell."""

import phonenumbers
from phonenumbers import timezone

COMMON: tuple[tuple[str, str], ...] = (
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Arizona (no daylight saving time)"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Puerto Rico"),
)
"""The zones of the United States as people call them, from east to west."""


def zone_of(number: str) -> str | None:
    """The IANA zone of an E.164 number; None: its digits do not tell, as of toll-free numbers."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    found = timezone.time_zones_for_number(parsed)
    known = [one for one in found if one != timezone.UNKNOWN_TIMEZONE]
    return known[0] if len(known) == 1 else None


def title(zone: str) -> str:
    """Mountain for America/Denver; a zone without such a name keeps its own."""
    return dict(COMMON).get(zone, zone.rpartition("/")[2].replace("_", " "))
