"""Which times are free: opening hours, less what is busy, held or beyond the rules of booking."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, product
from zoneinfo import ZoneInfo

from agent.business import WEEKDAYS, Business, Service, Weekday
from agent.rules.busy import Policy, Span, busy, merged
from agent.rules.openings import Openings, WeeklyHours, opening_hours

_DAY = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A person, room or van that an appointment takes."""

    calendars: tuple[str, ...]
    """Busy in one of them is busy."""
    hours: WeeklyHours | None = None
    """None: the business's."""
    days: frozenset[Weekday] = frozenset(WEEKDAYS)
    """Never on other days, not even on a date with hours of its own."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """How one service may be booked."""

    zone: ZoneInfo
    hours: WeeklyHours
    overrides: Mapping[date, Sequence[str]] = field(default_factory=dict)
    """Dates with hours of their own, in place of weekly hours and holidays; none: closed."""
    holidays: tuple[str, str | None] | None = None
    """Country and part of it; closed on its public holidays."""
    duration_min: int
    step_min: int
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    min_notice_min: int = 0
    horizon_days: int
    max_per_day: int | None = None
    """Appointments that start on a date, for each resource."""
    resources: Mapping[str, Resource]
    need: Sequence[Sequence[str]] = ()
    """One of each group, all at once; empty: any one resource."""
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        unknown = set(chain.from_iterable(self.need)) - set(self.resources)
        if unknown:
            raise ValueError(f"need names {', '.join(sorted(unknown))}, which is no resource")
        if self.step_min <= 0 or self.duration_min <= 0:
            raise ValueError("step_min and duration_min must be greater than 0")

    @property
    def groups(self) -> Sequence[Sequence[str]]:
        return self.need or (tuple(self.resources),)

    def openings(self, name: str) -> Openings:
        resource = self.resources[name]
        return Openings(
            zone=self.zone,
            hours=self.hours if resource.hours is None else resource.hours,
            days=resource.days,
            overrides=self.overrides,
            holidays=self.holidays,
        )

    @property
    def step(self) -> timedelta:
        return timedelta(minutes=self.step_min)

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_min)

    @property
    def before(self) -> timedelta:
        return timedelta(minutes=self.buffer_before_min)

    @property
    def after(self) -> timedelta:
        return timedelta(minutes=self.buffer_after_min)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A time that is reserved in a resource, with the buffers that it was reserved with."""

    resource: str
    start: datetime
    end: datetime
    key: str
    """Whose it is: the asker's own does not stand in the asker's way."""
    expires: datetime


@dataclass(frozen=True, kw_only=True)
class Free:
    """A time that can be offered."""

    start: datetime
    """With the business's offset."""
    resources: tuple[str, ...]
    """Those that can serve it, in order of their names."""


def rules_of(business: Business, service: Service) -> Rules:
    """The profile in the words of availability; a calendar is a resource."""
    named = {*service.calendars} if not service.need else {*chain.from_iterable(service.need)}
    booking, policy, opened = business.booking, business.policy, opening_hours(business)
    return Rules(
        zone=opened.zone,
        hours=opened.hours,
        overrides=opened.overrides,
        holidays=opened.holidays,
        duration_min=service.duration_min,
        step_min=booking.slot_step_min,
        buffer_before_min=service.buffer_before_min,
        buffer_after_min=service.buffer_min,
        min_notice_min=booking.lead_time_min,
        horizon_days=booking.horizon_days,
        max_per_day=booking.daily_limit,
        resources={
            one.id: Resource(calendars=(one.id,), hours=one.hours, days=frozenset(one.days))
            for one in business.calendars
            if one.id in named
        },
        need=service.need,
        policy=Policy(
            tentative=policy.tentative, all_day=policy.all_day, owner_emails=policy.owner_emails
        ),
    )


def is_open(rules: Rules, start: datetime) -> bool:
    """By opening hours, closures and holidays alone, the service could begin then."""
    end = start + rules.duration
    able = {name for name in rules.resources if rules.openings(name).covers(start, end)}
    return bool(_serving(rules.groups, able, able))


def open_hours(rules: Rules, first: date, last: date) -> tuple[Span, ...]:
    """When somebody who serves is open on these local dates, whether or not the service would fit in before closing."""
    return merged(
        span
        for name in rules.resources
        for ahead in range(-1, (last - first).days + 1)  # the evening before may run into the first
        for span in rules.openings(name).spans(first + timedelta(days=ahead))
    )


def starts(rules: Rules, first: date, last: date) -> list[datetime]:
    """Every start (local) that the opening hours make on these local dates, free or not."""
    return [
        at.astimezone(rules.zone)
        for name in rules.resources
        for at in rules.openings(name).starts(rules.duration, rules.step, first, last)
    ]


def free_slots(
    rules: Rules,
    objects: Mapping[str, Sequence[str]],
    holds: Sequence[Taken],
    *,
    now: datetime,
    first: date,
    last: date,
    hold_key: str = "",
) -> list[Free]:
    """Every time at which the service could begin on the local dates from first to last, in order.

    Args:
        objects: iCalendar text of each calendar, at least all that touches these dates; a calendar that is missing
            could not be read, and its resource offers nothing.
        holds: of everyone; those that have expired do not count.
        hold_key: the asker's own.
    """
    earliest = now + timedelta(minutes=rules.min_notice_min)
    first = max(first, earliest.astimezone(rules.zone).date())
    last = min(last, now.astimezone(rules.zone).date() + timedelta(days=rules.horizon_days))
    if first > last:
        return []
    live = [one for one in holds if one.expires > now and not (hold_key and one.key == hold_key)]
    plans = _plans(rules, objects, live, first, last)
    starts = sorted(set(chain.from_iterable(plan.grid for plan in plans.values())))
    return [
        Free(start=start.astimezone(rules.zone), resources=serving)
        for start in starts
        if start >= earliest and (serving := _able(rules, plans, start))
    ]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """One resource on the dates asked for."""

    grid: frozenset[datetime]
    """Starts (UTC) that its opening hours make."""
    busy: tuple[Span, ...]
    """In order, disjoint."""
    appointments: Mapping[date, int]
    """How many begin on a date; none where it is missing."""

    def is_free(self, start: datetime, end: datetime) -> bool:
        """Only the last that begins before the end can reach into it."""
        place = bisect_left(self.busy, end, key=lambda span: span.start)
        return place == 0 or self.busy[place - 1].end <= start


def _plans(
    rules: Rules,
    objects: Mapping[str, Sequence[str]],
    holds: Sequence[Taken],
    first: date,
    last: date,
) -> dict[str, _Plan]:
    """Of every resource all of whose calendars could be read."""
    return {
        name: _plan(rules, name, objects, holds, first, last)
        for name, one in rules.resources.items()
        if all(calendar in objects for calendar in one.calendars)
    }


def _plan(
    rules: Rules,
    name: str,
    objects: Mapping[str, Sequence[str]],
    holds: Sequence[Taken],
    first: date,
    last: date,
) -> _Plan:
    resource = rules.resources[name]
    texts = list(chain.from_iterable(objects[calendar] for calendar in resource.calendars))
    start = datetime.combine(first, time(), rules.zone).astimezone(UTC) - _DAY - rules.before
    end = datetime.combine(last, time(), rules.zone).astimezone(UTC) + 2 * _DAY
    found = busy(texts, start, end + rules.duration + rules.after, rules.zone, rules.policy)
    held = [
        Span(start=one.start, end=one.end)
        for one in holds
        if one.resource == name and one.start < one.end
    ]
    return _Plan(
        grid=frozenset(rules.openings(name).starts(rules.duration, rules.step, first, last)),
        busy=merged([*found.spans, *held]),
        appointments=Counter(at.astimezone(rules.zone).date() for at in found.appointments),
    )


def _able(rules: Rules, plans: Mapping[str, _Plan], start: datetime) -> tuple[str, ...]:
    """Who can serve a start, in order of name; empty when the need is not met.

    The start must be in the hours' steps of one who serves; the others of a need only have to be open and free.
    """
    end, day = start + rules.duration, start.astimezone(rules.zone).date()
    free = [
        name
        for name, plan in plans.items()
        if plan.is_free(start - rules.before, end + rules.after)
        and (rules.max_per_day is None or plan.appointments.get(day, 0) < rules.max_per_day)
    ]
    begins = {name for name in free if start in plans[name].grid}
    joins = {
        name for name in free if len(rules.groups) > 1 and rules.openings(name).covers(start, end)
    }
    return tuple(sorted(_serving(rules.groups, begins | joins, begins)))


def _serving(groups: Sequence[Sequence[str]], able: set[str], begins: set[str]) -> set[str]:
    """All who are part of a full set: one of each group, nobody twice, at least one of whom begins then."""
    choices = [[name for name in group if name in able] for group in groups]
    full = (one for one in product(*choices) if len(set(one)) == len(one) and begins & set(one))
    return set(chain.from_iterable(full))
