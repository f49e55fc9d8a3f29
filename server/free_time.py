"""When is whoever is busy now free again, by the calendars as they were last read?"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from agent.business import Business
from agent.rules import busy, hours
from server.store import mirror
from server.store.mirror import Place

_AHEAD = timedelta(hours=12)
_BREATH = timedelta(minutes=10)
"""A shorter gap between two visits is no free time."""


def free_again(connection: sa.Connection, business: Business, now: datetime) -> datetime | None:
    """The end of what goes on now in every calendar, today and in opening hours; None: somebody is free, or it is not known.

    No calendar is asked: a first text waits for nobody.
    """
    ends = [_free_at(connection, business, one.id, now) for one in business.calendars]
    known = [end for end in ends if end is not None]
    if not ends or len(known) < len(ends):
        return None
    end = min(known)
    same_day = end.astimezone(business.zone).date() == now.astimezone(business.zone).date()
    return end if same_day and hours.is_open(business, end) else None


def _free_at(
    connection: sa.Connection, business: Business, calendar: str, now: datetime
) -> datetime | None:
    """None: nothing goes on in this calendar."""
    place = Place(business=business.slug, calendar=calendar)
    until = now + _AHEAD
    found = busy.busy(
        mirror.texts(connection, place, now, until),
        now,
        until,
        business.zone,
        busy.Policy(**business.policy.model_dump()),
    )
    end: datetime | None = None
    for span in found.spans:
        if span.start - (end or now) > _BREATH or (end is None and span.start > now):
            break
        end = span.end
    return end
