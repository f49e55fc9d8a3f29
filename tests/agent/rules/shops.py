"""A small business for tests of what is written in its name."""

from datetime import datetime
from zoneinfo import ZoneInfo

from agent.business import WEEKDAYS, Business

DENVER = ZoneInfo("America/Denver")
NAME_OF_20 = "Alder Creek Plumbing"
OPEN = datetime(2026, 11, 16, 15, 42, tzinfo=DENVER)  # a Monday
CLOSED = datetime(2026, 11, 20, 21, 42, tzinfo=DENVER)  # the Friday after
OPENING = datetime(2026, 11, 23, 8, tzinfo=DENVER)


def shop(**more):
    return Business.model_validate(
        {
            "slug": "alder-creek", "name": NAME_OF_20, "industry": "plumbing", "timezone": "America/Denver",
            "phone": "+13035550140", "languages": ["en", "es"], "hours": {day: ["08:00-17:00"] for day in WEEKDAYS[:5]},
            "calendars": [], "services": [],
        } | more
    )  # fmt: skip
