"""Episodes: one missed call that opened each, what belongs to it, and what came of it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from agent.rules import callers, rates
from server.call_log import FOLLOWS as CALLS_AGAIN
from server.store.figures import CallRow, VisitRow

_LEFT = ("accepted", "sent", "delivered")
_TRIED = (*_LEFT, "failed", "undelivered")
FILTERED = "30007"
"""The carrier's code for what it took for spam."""


class Outcome(StrEnum):
    """What came of an episode; the first of these that holds."""

    BOOKED = "booked"
    CALLBACK = "callback"  # a person is to phone
    OPTED_OUT = "opted out"
    REPLIED = "replied"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One missed call and what followed; moments are UTC."""

    call: CallRow
    missed: int
    """Calls, the one that opened it included."""
    left: datetime | None
    """When its first text left; None: it has not."""
    replied_at: datetime | None
    """The caller first wrote."""
    visits: tuple[VisitRow, ...]
    """Booked, and standing now."""
    opted_out: bool
    asked_for_a_call: bool
    answered_later: bool
    """The caller called again within a day, and a person took it."""

    @property
    def texted(self) -> bool:
        return self.left is not None

    @property
    def tried(self) -> bool:
        """Its first text left, or the carrier would not have it."""
        return self.left is not None or self.call.status in _TRIED

    @property
    def reply_after(self) -> timedelta | None:
        """From the first text to the first reply."""
        return self.replied_at - self.left if self.left and self.replied_at else None

    @property
    def replied(self) -> bool:
        """Within a day of the first text."""
        after = self.reply_after
        return after is not None and after <= rates.REPLIES_WITHIN

    @property
    def first_text_s(self) -> float | None:
        """From the missed call to its text; None: there is none, or it was held on purpose."""
        if self.left is None or self.call.held:
            return None
        return max((self.left - (self.call.settled_at or self.call.at)).total_seconds(), 0.0)

    @property
    def outcome(self) -> Outcome:
        if self.visits:
            return Outcome.BOOKED
        if self.asked_for_a_call:
            return Outcome.CALLBACK
        if self.opted_out:
            return Outcome.OPTED_OUT
        return Outcome.REPLIED if self.replied_at else Outcome.NOTHING


@dataclass(frozen=True, kw_only=True)
class Afterwards:
    """What callers and people did from the first missed call on, each in order of time."""

    later: Sequence[CallRow] = ()
    """Missed calls after those that are looked at."""
    written: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    """By thread, as the next two."""
    booked: Mapping[str, Sequence[VisitRow]] = field(default_factory=dict)
    callbacks: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    opted_out: Mapping[str, Sequence[datetime]] = field(default_factory=dict)
    """By caller, as the next."""
    answered: Mapping[str, Sequence[datetime]] = field(default_factory=dict)


def left_at(call: CallRow) -> datetime | None:
    """When its first text left; None: it has not."""
    has_left = call.status in _LEFT or (call.status == "sending" and call.text_sid)
    return call.sending_at if has_left else None


def horizon(calls: Iterable[CallRow], until: datetime) -> datetime:
    """Nothing later than this belongs to these calls."""
    return max((left_at(one) or one.at for one in calls), default=until) + rates.FOLLOWS


def episodes(calls: Sequence[CallRow], known: Iterable[str], after: Afterwards) -> list[Episode]:
    """Every episode that one of these calls opened, in their order.

    Args:
        calls: missed ones, oldest first.
        known: threads with a missed call before these.
    """
    threads = _threaded([*calls, *after.later], known)
    return [
        _episode(one, threads.missed[one.sid], threads.ends.get(one.sid), after)
        for one in calls
        if one.sid in threads.missed
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Threaded:
    missed: dict[str, int]
    """By the call that opened an episode: how many calls belong to it."""
    ends: dict[str, datetime]
    """When the same thread's next episode begins, as far as is known."""


def _threaded(calls: Iterable[CallRow], known: Iterable[str]) -> _Threaded:
    missed: dict[str, int] = {}
    ends: dict[str, datetime] = {}
    last: dict[str, str] = {}
    seen = set(known)
    for one in calls:
        name = one.thread
        if one.goes_on and name in seen and not _is_withheld(one):
            if name in last:
                missed[last[name]] += 1
            continue
        missed[one.sid] = 1
        if name is not None:
            if name in last:
                ends[last[name]] = one.at
            seen.add(name)
            last[name] = one.sid
    return _Threaded(missed=missed, ends=ends)


def _episode(call: CallRow, missed: int, until: datetime | None, after: Afterwards) -> Episode:
    name, left = call.thread or "", left_at(call)
    since = left or call.at
    visits = [one for one in after.booked.get(name, ()) if _is_in(one.created_at, since, until)]
    return Episode(
        call=call,
        missed=missed,
        left=left,
        replied_at=_next(after.written.get(name, ()), since, until),
        visits=tuple(visits),
        opted_out=_next(after.opted_out.get(call.caller, ()), since, until) is not None,
        asked_for_a_call=_next(after.callbacks.get(name, ()), since, until) is not None,
        answered_later=not _is_withheld(call)
        and _answered(after.answered.get(call.caller, ()), call.at),
    )


def _is_in(at: datetime, since: datetime, until: datetime | None) -> bool:
    return since <= at <= since + rates.FOLLOWS and (until is None or at < until)


def _next(moments: Sequence[datetime], since: datetime, until: datetime | None) -> datetime | None:
    """The first that belongs to an episode."""
    first = bisect_left(moments, since)
    found = moments[first] if first < len(moments) else None
    return found if found and _is_in(found, since, until) else None


def _answered(moments: Sequence[datetime], missed_at: datetime) -> bool:
    place = bisect_right(moments, missed_at)
    return place < len(moments) and moments[place] <= missed_at + CALLS_AGAIN


def _is_withheld(call: CallRow) -> bool:
    return callers.is_withheld(call.caller)
