"""What has been kept for its time goes by itself: once a night for each business, a few rows at a time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from dbos import DBOSClient

from agent.business import Business
from agent.errors import BadInput, NotFound
from server.erasure import erase
from server.kept_for import Limits, limits
from server.store import audit, businesses, expired, scrubbing, threads
from server.store.audit import Entry
from server.store.tables import business as business_table
from server.wiring import Tools

AT_ONCE = 25
"""Callers of one pass: each is erased in a transaction of its own."""
ROWS_AT_ONCE = 500
BY = "the time limit"
"""Who did it, in the log."""

_NIGHT_HOUR = 2
_DAY = timedelta(days=1)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Retention:
    """Every worker does it; a second one finds nothing to do."""

    tools: Tools
    jobs: DBOSClient
    _next: dict[str, datetime] = field(default_factory=dict)
    _gone: dict[str, Counter[str]] = field(default_factory=dict)
    """Of the night that is under way, by business."""

    def look(self, now: datetime) -> int:
        """One pass over one business that is due; returns how much went, so that a large rest goes on at once."""
        business = self._due(now)
        if business is None:
            return 0
        went = self.tidy(business, now)
        if not went:
            self._next[business.slug] = _night(now, business)
        return sum(went.values())

    def tidy(self, business: Business, now: datetime) -> Counter[str]:
        """Take away a batch of what is too old; empty: nothing was left. The last batch is noted in the log."""
        went, limit = Counter[str](), limits(business.privacy, now)
        for kind, work in _WORKS.items():
            if went["callers"] < AT_ONCE:  # whose calls and photos go with them
                went[kind] = work(self, business, limit, now)
        went = +went
        sum_of_night = self._gone.setdefault(business.slug, Counter())
        sum_of_night.update(went)
        if not went and sum_of_night:
            del self._gone[business.slug]
            self._note(business, sum_of_night, now)
            scrubbing.scrub(self.tools.database)
        return went

    def _due(self, now: datetime) -> Business | None:
        with self.tools.database.connect() as connection:
            slugs = connection.scalars(sa.select(business_table.c.slug)).all()
            due = next((slug for slug in slugs if self._next.get(slug, now) <= now), None)
            return businesses.get(connection, due) if due else None

    def _note(self, business: Business, gone: Counter[str], now: datetime) -> None:
        words = f"Removed what was kept for its time: {counted(gone)}"
        log.info("retention.removed", business=business.slug, **gone)
        with self.tools.database.begin() as connection:
            entry = Entry(business=business.slug, who=BY, did="changed", what=words)
            audit.add(connection, entry, now)

    def _callers(self, business: Business, limit: Limits, now: datetime) -> int:
        """A caller who has opted out is known by a hash from then on; consent stays for its own time."""
        with self.tools.database.connect() as connection:
            idle = expired.idle(connection, business.slug, limit.texts, now, AT_ONCE)
        erased = 0
        for caller in idle:
            try:
                erase(
                    self.tools,
                    self.jobs,
                    business.slug,
                    caller,
                    now,
                    keep_consent=True,
                    scrub=False,
                )
            except (BadInput, NotFound) as error:  # a visit was booked meanwhile
                log.info("retention.stays", business=business.slug, why=type(error).__name__)
            else:
                erased += 1
        return erased

    def _texts(self, business: Business, limit: Limits, _now: datetime) -> int:
        with self.tools.database.begin() as connection:
            gone = expired.texts_of_nobody(connection, business.slug, limit.texts, ROWS_AT_ONCE)
            names = expired.threads_with_old_texts(connection, business.slug, limit.texts, AT_ONCE)
        for name in names:
            with self.tools.database.begin() as connection:
                threads.lock(connection, name)
                gone += expired.forget_beginning(connection, name, limit.texts)
        return gone

    def _photos(self, business: Business, limit: Limits, now: datetime) -> int:
        words = "A photo came with this text; its time is over, and it was deleted."
        with self.tools.database.begin() as connection:
            return expired.pictures(connection, business.slug, limit.media, now, words)

    def _voicemails(self, business: Business, limit: Limits, now: datetime) -> int:
        words = "Left a voicemail; its time is over, and it was deleted."
        with self.tools.database.begin() as connection:
            sids = expired.voicemails(connection, business.slug, limit.voicemail, now)
            expired.reword_tasks(connection, [f"voicemail:{sid}" for sid in sids], words)
        return len(sids)

    def _calls(self, business: Business, limit: Limits, now: datetime) -> int:
        with self.tools.database.begin() as connection:
            return expired.calls(connection, business.slug, limit.calls, now, ROWS_AT_ONCE)

    def _consents(self, business: Business, limit: Limits, _now: datetime) -> int:
        with self.tools.database.begin() as connection:
            return expired.consents(connection, business.slug, limit.consent, ROWS_AT_ONCE)


_WORKS: dict[str, Callable[[Retention, Business, Limits, datetime], int]] = {
    "callers": Retention._callers,
    "texts": Retention._texts,
    "photos": Retention._photos,
    "voicemails": Retention._voicemails,
    "calls": Retention._calls,
    "consent entries": Retention._consents,
}
_ONE = {
    "callers": "caller",
    "texts": "text",
    "photos": "photo",
    "voicemails": "voicemail",
    "calls": "call",
    "consent entries": "consent entry",
}


def counted(gone: Counter[str]) -> str:
    """As in "3 callers, 1 text"."""
    return ", ".join(
        f"{count} {kind if count != 1 else _ONE.get(kind, kind)}" for kind, count in gone.items()
    )


def _night(now: datetime, business: Business) -> datetime:
    """The next hour at which few work, by the wall clock of the business."""
    local = now.astimezone(business.zone)
    night = local.replace(hour=_NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return night if night > local else night + _DAY
