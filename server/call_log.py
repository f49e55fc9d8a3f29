"""A business's calls week by week: what each came to, which looked urgent, and the sums."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from agent.business import Business
from agent.model import NoText, Urgency
from agent.rules import callers, urgency
from agent.rules.urgency import SOUNDS
from server.store import logged_calls
from server.store.logged_calls import Logged, Said

RINGS_AGAIN = timedelta(minutes=15)
"""Who calls again so soon cannot wait."""
FOLLOWS = timedelta(hours=24)
"""What a caller does so long after a missed call belongs to it."""

UNDELIVERED, UNDECIDED = "undelivered", "undecided"
"""Why a missed call has no text, beside `NoText`: the carrier could not bring it; nothing is decided yet."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """What a stretch of time came to."""

    calls: int
    missed: int
    texted: int
    """Their text left, or is about to."""
    noted: int
    """Would have got one, had sending been on."""
    untexted: tuple[tuple[str, int], ...]
    """Why there was no text (`untexted`), and how often; the most frequent first."""
    answered_later: int
    urgent: int

    @property
    def share(self) -> int:
        """Missed calls in percent of all."""
        return round(100 * self.missed / self.calls) if self.calls else 0

    @property
    def without_text(self) -> int:
        return sum(count for _, count in self.untexted)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def week(connection: sa.Connection, business: Business, first: date) -> list[Logged]:
    """The calls of the week that begins on this Monday, at midnight of the business; newest first."""
    since, until = _midnight(first, business.zone), _midnight(first + timedelta(7), business.zone)
    rows = logged_calls.between(connection, business.slug, since, until + FOLLOWS)
    said = logged_calls.written_between(connection, business.slug, since, until + FOLLOWS)
    by_caller: dict[str, list[Logged]] = {}
    for one in rows:
        by_caller.setdefault(one.caller, []).append(one)
    return [
        _understood(one, by_caller[one.caller], said.get(one.thread or "", []))
        for one in reversed(rows)
        if one.at < until
    ]


def sums(calls: Sequence[Logged]) -> Sums:
    theirs = [one for one in calls if not one.is_ours and one.decision != NoText.STAFF]
    missed = [one for one in theirs if one.missed]
    why = Counter(untexted(one) for one in missed if one.came == "none")
    return Sums(
        calls=len(theirs),
        missed=len(missed),
        texted=sum(one.came == "texted" for one in missed),
        noted=sum(one.came == "shadow" for one in missed),
        untexted=tuple(why.most_common()),
        answered_later=sum(one.answered_later for one in theirs),
        urgent=sum(bool(one.urgent) for one in missed),
    )


def untexted(call: Logged) -> str:
    """Why no text left: `NoText`, `UNDELIVERED` or `UNDECIDED`."""
    if call.text_status in ("failed", "undelivered"):
        return UNDELIVERED
    if call.decision in (None, "first text", "held"):
        return NoText.NOT_SENT if call.text_status else UNDECIDED
    return str(call.decision)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _understood(one: Logged, calls: Sequence[Logged], texts: Sequence[Said]) -> Logged:
    """With what its caller did afterwards; who withholds the number is nobody that is known."""
    if not one.missed:
        return replace(one, answered_later=one.outcome == "answered" and one.decision is not None)
    is_known = not callers.is_withheld(one.caller)
    soon = [call for call in calls if is_known and one.at < call.at <= one.at + FOLLOWS]
    return replace(
        one,
        urgent=", ".join(dict.fromkeys([*_heard(one, texts), *_rang_again(one, soon)])),
        answered_later=any(call.outcome == "answered" for call in soon),
    )


def _heard(one: Logged, texts: Sequence[Said]) -> Iterator[str]:
    """A missed emergency is worse than a false alarm: one sign is enough."""
    said = [("text", body) for at, body in texts if one.at <= at < one.at + FOLLOWS]
    for where, words in [("voicemail", one.transcript), *said]:
        read = urgency.read(words)
        if read.urgency is not Urgency.ROUTINE:
            yield f"{where}: {read.reason or SOUNDS[read.urgency]}"


def _rang_again(one: Logged, soon: Sequence[Logged]) -> Iterator[str]:
    theirs = [call.at for call in soon if not call.is_ours]
    if theirs and theirs[0] <= one.at + RINGS_AGAIN:
        minutes = int((theirs[0] - one.at).total_seconds() // 60)
        yield f"rang again after {minutes} min" if minutes else "rang again at once"
