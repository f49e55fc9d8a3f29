"""The figures of a business over some days: what was missed, what the first texts brought, what people kept."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.business import Business
from agent.model import MissReason, NoText
from agent.rules import lateness, prices, rates
from agent.rules.rates import Alarm, Share
from server import numbers_json
from server.call_log import FOLLOWS as CALLS_AGAIN
from server.numbers_episodes import FILTERED, Afterwards, Episode, Outcome, episodes, horizon
from server.store import figures
from server.store.escalations import Ended
from server.store.figures import CallRow, OwedRow, RaisedRow, VisitRow
from server.store.model_calls import Spent

A_WEEK = 7
_BOUND = timedelta(seconds=1)
"""The moment at which what follows ends is still part of it."""
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, kw_only=True)
class Money:
    """What booked visits are worth by the prices of now, at least."""

    visits: int
    cents: int
    """Of those with a price."""
    unpriced: int
    """Visits whose price nobody knows."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """A local day; what followed stands with the day of the missed call."""

    day: date
    missed: int
    """Calls."""
    episodes: int
    texted: int
    replied: int
    """Of the texted, within 24 hours; as in the next ones."""
    booked: int
    cents: int


@dataclass(frozen=True, kw_only=True)
class Template:
    """How one version of the first text has done."""

    template: str
    """`agent.rules.first_text.Written.template`; empty: from before versions were kept."""
    texted: int
    replied: int
    booked: int
    opted_out: int
    tried: int
    """The carrier was asked to take it."""
    filtered: int
    """It took it for spam."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Days of one kind together: only noting, or texting."""

    days: int
    missed: int
    answered_later: int
    """Missed callers who called again within a day and were answered."""
    visits: int
    """Chosen on those days, by anybody, and standing now."""

    @property
    def missed_a_day(self) -> float | None:
        return self.missed / self.days if self.days else None

    @property
    def visits_a_week(self) -> float | None:
        return self.visits * A_WEEK / self.days if self.days else None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Every figure is counted from these rows; days and hours are the business's own."""

    business: Business
    first: date
    last: date
    counted_at: datetime
    calls: Sequence[CallRow]
    """The missed calls of callers."""
    episodes: Sequence[Episode]
    callbacks: Share
    """Callbacks and promises kept, of those kept or broken."""
    raised: Sequence[RaisedRow]
    shadow: Stretch
    live: Stretch
    model: Spent

    @cached_property
    def texted(self) -> list[Episode]:
        return [one for one in self.episodes if one.texted]

    @property
    def replies(self) -> Share:
        return Share(part=sum(one.replied for one in self.texted), of=len(self.texted))

    @property
    def bookings(self) -> Share:
        """Episodes that ended in a visit."""
        return Share(part=sum(bool(one.visits) for one in self.texted), of=len(self.texted))

    @property
    def opt_outs(self) -> Share:
        return Share(part=sum(one.opted_out for one in self.texted), of=len(self.texted))

    @cached_property
    def first_text_s(self) -> list[float]:
        """Of each text that was not held on purpose: seconds from the missed call."""
        return [one for episode in self.texted if (one := episode.first_text_s) is not None]

    @cached_property
    def money(self) -> Money:
        return worth(self.business, self.texted)

    @property
    def cents_per_missed_call(self) -> float | None:
        return self.money.cents / len(self.calls) if self.calls else None

    @property
    def outcomes(self) -> dict[Outcome, int]:
        found = Counter(one.outcome for one in self.episodes)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def by_delay(self) -> dict[str, int]:
        """How long the first reply took; those of the texted alone."""
        after = [one.reply_after for one in self.texted if one.reply_after is not None]
        found = Counter(rates.delay(one) for one in after)
        return {name: found[name] for name in (*dict(rates.DELAYS), rates.LATER)}

    @property
    def by_reason(self) -> dict[str, int]:
        """The most frequent first."""
        found = Counter(one.reason or str(MissReason.UNKNOWN) for one in self.calls)
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    @cached_property
    def by_weekday_hour(self) -> list[list[int]]:
        """Missed calls: seven days from Monday on, 24 hours each."""
        found = Counter((at.weekday(), at.hour) for at in self._local)
        return [[found[day, hour] for hour in range(24)] for day in range(A_WEEK)]

    @cached_property
    def days(self) -> list[Day]:
        missed = Counter(at.date() for at in self._local)
        by_day = _grouped(self.episodes, self.day_of)
        count = (self.last - self.first).days + 1
        every = (self.first + timedelta(days=ahead) for ahead in range(count))
        return [_day(self.business, one, missed[one], by_day.get(one, [])) for one in every]

    @property
    def templates(self) -> list[Template]:
        """Those that were sent, the most used first."""
        tried = _grouped(
            (one for one in self.episodes if one.tried), lambda one: one.call.template or ""
        )
        found = [_template(name, those) for name, those in tried.items()]
        return sorted(found, key=lambda one: (-one.texted, one.template))

    @property
    def accepted_s(self) -> list[float]:
        """From the first alert until somebody took it."""
        return [
            (one.ended_at - one.began_at).total_seconds()
            for one in self.raised
            if one.ended == Ended.TAKEN and one.ended_at
        ]

    @property
    def never_accepted(self) -> Share:
        never = sum(one.ended == Ended.NOBODY for one in self.raised)
        return Share(part=never, of=never + len(self.accepted_s))

    @property
    def alarms(self) -> list[Alarm]:
        return rates.alarms(self.first_text_s, self.opt_outs)

    def day_of(self, episode: Episode) -> date:
        return episode.call.at.astimezone(self.business.zone).date()

    @cached_property
    def _local(self) -> list[datetime]:
        return [one.at.astimezone(self.business.zone) for one in self.calls]


def report(
    connection: sa.Connection, business: Business, first: date, last: date, *, now: datetime
) -> Report:
    """Count the local days from the first to the last, both included.

    Args:
        now: a promise that is due by then is broken; days after it do not count as days.
    """
    slug, zone = business.slug, business.zone
    since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    calls = figures.missed(connection, slug, since, until)
    known = figures.known_before(connection, slug, since, until)
    found = episodes(calls, known, _afterwards(connection, slug, calls, since, until))
    shadow, live = _stretches(connection, business, found, calls, first, last, now)
    return Report(
        business=business,
        first=first,
        last=last,
        counted_at=now,
        calls=calls,
        episodes=found,
        callbacks=_kept(figures.owed(connection, slug, since, until), now),
        raised=figures.raised(connection, slug, since, until),
        shadow=shadow,
        live=live,
        model=figures.model(connection, slug, since, until),
    )


def as_json(report: Report) -> dict[str, Any]:
    """The figures under the names of the API; money in cents, shares 0..1 or null, moments ISO 8601 in UTC."""
    return numbers_json.of(report)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """In UTC, where a day later is 24 hours later."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def worth(business: Business, found: Iterable[Episode]) -> Money:
    """What the visits of these episodes bring in at least."""
    known = {one.id: prices.least_cents(one.price) for one in business.services}
    amounts = [known.get(visit.service) for one in found for visit in one.visits]
    priced = [one for one in amounts if one is not None]
    return Money(visits=len(amounts), cents=sum(priced), unpriced=len(amounts) - len(priced))


def _afterwards(
    connection: sa.Connection,
    business: str,
    calls: Sequence[CallRow],
    since: datetime,
    until: datetime,
) -> Afterwards:
    if not calls:
        return Afterwards()
    end = horizon(calls, until) + _BOUND
    texts = figures.written(connection, business, since, end)
    booked = _grouped(figures.booked(connection, business, since, end), lambda one: one.thread)
    return Afterwards(
        later=figures.missed(connection, business, until, end),
        written=_by_whom(texts),
        booked=booked,
        callbacks=_by_whom(figures.callbacks(connection, business, since, end)),
        opted_out=_by_whom(figures.opted_out(connection, business, since, end)),
        answered=_by_whom(
            figures.answered(connection, business, since, until + CALLS_AGAIN + _BOUND)
        ),
    )


def _stretches(
    connection: sa.Connection,
    business: Business,
    found: Sequence[Episode],
    calls: Sequence[CallRow],
    first: date,
    last: date,
    now: datetime,
) -> tuple[Stretch, Stretch]:
    """The days on which calls were only noted, and those on which callers were texted."""
    zone = business.zone
    noted = {_date(one.call.at, zone) for one in found if one.call.decision == NoText.SHADOW}
    since, until = midnight(first, zone), midnight(last + timedelta(days=1), zone)
    visits = figures.booked(connection, business.slug, since, until)
    began = figures.first_call(connection, business.slug)
    begin = max(_date(began, zone), first) if began else last + timedelta(days=1)
    count = (min(last, _date(now, zone)) - begin).days + 1
    live = {begin + timedelta(days=ahead) for ahead in range(count)} - noted
    return _stretch(noted, found, calls, visits, zone), _stretch(live, found, calls, visits, zone)


def _stretch(
    days: set[date],
    found: Iterable[Episode],
    calls: Iterable[CallRow],
    visits: Iterable[VisitRow],
    zone: ZoneInfo,
) -> Stretch:
    again = (one for one in found if one.answered_later)
    return Stretch(
        days=len(days),
        missed=sum(_date(one.at, zone) in days for one in calls),
        answered_later=sum(_date(one.call.at, zone) in days for one in again),
        visits=sum(_date(one.created_at, zone) in days for one in visits),
    )


def _kept(owed: Iterable[OwedRow], now: datetime) -> Share:
    """What is done without having been due to a time says nothing."""
    kept = broken = 0
    for one in owed:
        kept += one.kept is True
        broken += one.kept is False or (one.is_open and lateness.is_late(one.due_at, now))
    return Share(part=kept, of=kept + broken)


def _day(business: Business, day: date, missed: int, found: Sequence[Episode]) -> Day:
    texted = [one for one in found if one.texted]
    return Day(
        day=day,
        missed=missed,
        episodes=len(found),
        texted=len(texted),
        replied=sum(one.replied for one in texted),
        booked=sum(bool(one.visits) for one in texted),
        cents=worth(business, texted).cents,
    )


def _template(name: str, tried: Sequence[Episode]) -> Template:
    texted = [one for one in tried if one.texted]
    return Template(
        template=name,
        texted=len(texted),
        replied=sum(one.replied for one in texted),
        booked=sum(bool(one.visits) for one in texted),
        opted_out=sum(one.opted_out for one in texted),
        tried=len(tried),
        filtered=sum(one.call.error_code == FILTERED for one in tried),
    )


def _date(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _grouped(rows: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = defaultdict(list)
    for one in rows:
        found[key(one)].append(one)
    return found


def _by_whom(rows: Iterable[tuple[str, datetime]]) -> dict[str, list[datetime]]:
    found: dict[str, list[datetime]] = defaultdict(list)
    for who, at in rows:
        found[who].append(at)
    return found
