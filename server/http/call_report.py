"""A week of calls to hand on: in one sentence, by the hour, and as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi.responses import Response

from agent.business import Business
from agent.rules import callers
from server.call_log import Sums
from server.http.call_views import row
from server.http.spreadsheet import download
from server.store.logged_calls import Logged

_HEAD = (
    "date", "time", "caller", "outcome", "why_missed", "duration", "came_to", "text", "voicemail", "looked_urgent", "answered_later",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Missed calls of one hour of one weekday."""

    day: int
    """0: Monday."""
    hour: int
    count: int


def headline(sums: Sums, when: str) -> str:
    """A week in one sentence; `when` as in "this week"."""
    if not sums.calls:
        return f"Nobody called {when}."
    if not sums.missed:
        return f"You missed none of {_calls(sums.calls)} {when}."
    parts = [f"You missed {_calls(sums.missed)} {when}"]
    if sums.noted:
        parts.append(f"{sums.noted} would have got a text within seconds")
    if sums.texted or not sums.noted:
        parts.append(f"{sums.texted or 'none'} got a text")
    parts.append(f"{sums.urgent or 'none'} looked urgent")
    return "; ".join(parts) + "."


def span(first: date) -> str:
    """Nov 16 to 22, 2026; Nov 30 to Dec 6, 2026."""
    last = first + timedelta(days=6)
    end = f"{last.day}" if last.month == first.month else f"{last:%b} {last.day}"
    return f"{first:%b} {first.day} to {end}, {last.year}"


def cells(calls: Sequence[Logged], business: Business) -> list[Cell]:
    """The hours in which calls were missed, in the order of the week."""
    local = [call.at.astimezone(business.zone) for call in calls if call.missed]
    counted = Counter((at.weekday(), at.hour) for at in local)
    return [Cell(day=day, hour=hour, count=n) for (day, hour), n in sorted(counted.items())]


def clock_of(hour: int) -> str:
    """8 AM."""
    return f"{datetime(2024, 1, 1, hour):%-I %p}"  # noqa: DTZ001 - a wall clock of no day


def table(name: str, calls: Sequence[Logged], zone: ZoneInfo) -> Response:
    """A CSV file, in the order given; times of the business."""
    return download(name, _HEAD, (_line(call, zone) for call in calls))


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count:,} calls"


def _line(call: Logged, zone: ZoneInfo) -> list[str]:
    at, shown = call.at.astimezone(zone), row(call, zone)
    who = "" if callers.is_withheld(call.caller) else call.caller
    yes = "yes" if call.answered_later else ""
    said = (shown.body, call.transcript, shown.urgent)
    return [
        f"{at:%Y-%m-%d}", f"{at:%H:%M:%S}", who, shown.outcome.lower(), shown.why, shown.long, shown.came, *said, yes,
    ]  # fmt: skip
