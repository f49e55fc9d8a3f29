"""Two made-up businesses, each in its own zone, with prices in all spellings, and one that nobody has ever called."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agent.business import Business
from evals.metrics_check.moments import clock_changes, midnight

FIRST, LAST = date(2026, 2, 15), date(2026, 11, 20)
"""Local days on which calls come: the clocks change twice in every zone here."""
_ZONES = ("Australia/Lord_Howe", "America/Santiago", "Europe/Berlin", "America/New_York")
"""Half an hour, at midnight, and as everybody knows it."""
_PRICES = (
    "$149", "from $99", "$80-120", "$80 - $120", "$1,650", "from $1,650", "$129 for the first hour",
    "$89.50", "call for price", None, "", "free", "$0", "120", "120-180", "USD 75", "75 USD", "$ 60",
    "45 min: $70", "$99/hr", "$1,250.00 and up", "2 hours, $95", "depends on the size", "Free estimate",
    "up to $200", "No charge", "first visit free, then $80", "10% off", "80 to 120", "toll-free call",
)  # fmt: skip
TEMPLATES = ("own first_text en 1a2b3c4d", "plumbing first_text en 5e6f7a8b", None)
"""The versions of first texts; older rows name none."""


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One of the businesses."""

    slug: str
    zone: ZoneInfo
    phone: str
    staff: dict[str, str]
    """Id -> phone."""
    blocked: str
    services: tuple[str, ...]
    """Ids; the last is no longer in the profile."""
    holds: bool
    """First texts of the night wait for the morning."""
    shadow: tuple[tuple[datetime, datetime], ...]
    """When nothing was sent."""
    profile: dict[str, Any]

    def is_shadow(self, at: datetime) -> bool:
        return any(first <= at < last for first, last in self.shadow)

    def thread(self, caller: str) -> str:
        return f"{self.slug}:{caller}"


def shops(chance: random.Random) -> tuple[Shop, Shop]:
    denver = _shop("alder-creek", ZoneInfo("America/Denver"), "+1303555", holds=False)
    other = ZoneInfo(chance.choice(_ZONES))
    return denver, _shop("north-fork", other, "+1212555", holds=True)


def quiet_shop() -> Shop:
    """Nobody calls it."""
    return _shop("still-pond", ZoneInfo("America/Chicago"), "+1312555", holds=False)


def _shop(slug: str, zone: ZoneInfo, prefix: str, *, holds: bool) -> Shop:
    phone, staff = f"{prefix}0140", {"mia": f"{prefix}0141", "sam": f"{prefix}0142"}
    blocked = f"{prefix}0149"
    changed = clock_changes(zone, FIRST, LAST)[-1]
    noon = timedelta(hours=12)
    return Shop(
        slug=slug,
        zone=zone,
        phone=phone,
        staff=staff,
        blocked=blocked,
        services=(*(f"service-{place}" for place in range(len(_PRICES))), "given-up"),
        holds=holds,
        shadow=(
            (midnight(FIRST, zone), midnight(FIRST + timedelta(days=14), zone) + noon),
            (midnight(changed, zone) - noon, midnight(changed, zone) + noon),
        ),
        profile=_profile(slug, zone, phone, staff, blocked, holds=holds),
    )


def _profile(
    slug: str, zone: ZoneInfo, phone: str, staff: dict[str, str], blocked: str, *, holds: bool
) -> dict[str, Any]:
    business = Business.model_validate(
        {
            "slug": slug,
            "name": slug.title(),
            "industry": "plumbing",
            "timezone": zone.key,
            "phone": phone,
            "hours": {"mon": ["08:00-17:00"]},
            "staff": [{"id": name, "name": name.title(), "phone": staff[name]} for name in staff],
            "calendars": [{"id": "van"}],
            "services": [
                {
                    "id": f"service-{place}",
                    "name": f"Service {place}",
                    "duration_min": 60,
                    "price": price,
                    "calendars": ["van"],
                }
                for place, price in enumerate(_PRICES)
            ],
            "calls": {"blocked": [blocked]},
            "texting": {"after_hours": "hold" if holds else "send"},
        }
    )
    return business.model_dump(mode="json")
