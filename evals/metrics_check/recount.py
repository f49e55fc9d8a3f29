"""The figures of a period, counted slowly from raw rows: plain loops, and no rule of the product.

What each figure means is written beside it; the product's own reckoning is in `server.numbers`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from evals.metrics_check.moments import days_of
from server.store import tables

Row = dict[str, Any]
_JOINS = ("already texted", "in conversation", "person has the thread")
_DAY, _AT_MOST = timedelta(hours=24), timedelta(days=14)
_TABLES = (
    "call", "text", "consent", "appointment", "task", "escalation", "escalation_step", "model_call",
)  # fmt: skip


@dataclass(kw_only=True)
class Episode:
    """One missed call and what followed, until the same caller's next one."""

    opener: Row
    until: datetime | None
    """The next one's call; None: there is none."""
    first_text: Row | None = None
    texts: list[Row] = field(default_factory=list[Row])
    visits: list[Row] = field(default_factory=list[Row])
    callbacks: list[Row] = field(default_factory=list[Row])
    opt_outs: list[Row] = field(default_factory=list[Row])

    @property
    def texted(self) -> bool:
        """The first text has left: the carrier took it, and has not said that it came to nothing."""
        text = self.first_text
        if text is None:
            return False
        if text["status"] == "sending":
            return text["sid"] is not None
        return text["status"] in ("accepted", "sent", "delivered")

    @property
    def begin(self) -> datetime:
        """What comes from then on belongs to it: the first text's leaving, or the call."""
        at: datetime = (
            self.first_text["sending_at"] if self.texted and self.first_text else self.opener["at"]
        )
        return at

    @property
    def replied_after(self) -> timedelta | None:
        """How long the caller took to write back."""
        return min((row["at"] - self.begin for row in self.texts), default=None)

    @property
    def replied(self) -> bool:
        return self.replied_after is not None and self.replied_after <= _DAY

    @property
    def outcome(self) -> str:
        if self.visits:
            return "booked"
        if self.callbacks:
            return "callback"
        if self.opt_outs:
            return "opted out"
        return "replied" if self.texts else "nothing"

    def holds(self, at: datetime) -> bool:
        is_before_next = self.until is None or at < self.until
        return self.begin <= at <= self.begin + _AT_MOST and is_before_next


@dataclass(kw_only=True)
class Recount:
    """Every row of one business, and the figures of a period."""

    rows: dict[str, list[Row]]
    zone: ZoneInfo
    prices: dict[str, str | None]
    """Service -> as it is written in the profile now."""
    now: datetime
    episodes: list[Episode]
    """Of all time."""

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def in_period(self, at: datetime, first: date, last: date) -> bool:
        return first <= self.day(at) <= last

    @cached_property
    def missed_by_day(self) -> dict[date, list[Row]]:
        found: dict[date, list[Row]] = {}
        for row in filter(is_missed, self.rows["call"]):
            found.setdefault(self.day(row["at"]), []).append(row)
        return found

    @cached_property
    def by_day(self) -> dict[date, list[Episode]]:
        found: dict[date, list[Episode]] = {}
        for one in self.episodes:
            found.setdefault(self.day(one.opener["at"]), []).append(one)
        return found

    @cached_property
    def calls_of(self) -> dict[str, list[Row]]:
        """By their callers."""
        return grouped(self.rows["call"], "caller")

    def missed(self, first: date, last: date) -> list[Row]:
        return [row for day in days_of(first, last) for row in self.missed_by_day.get(day, [])]

    def of(self, first: date, last: date) -> list[Episode]:
        return [one for day in days_of(first, last) for one in self.by_day.get(day, [])]


def read(connection: sa.Connection, business: str, now: datetime) -> Recount:
    rows = {name: list(_all(connection, name)) for name in _TABLES}
    profiles = {row["slug"]: row["profile"] for row in _all(connection, "business")}
    steps = rows.pop("escalation_step")
    mine = {name: [row for row in rows[name] if row["business"] == business] for name in rows}
    mine["escalation_step"] = steps
    profile = profiles[business]
    return Recount(
        rows=mine,
        zone=ZoneInfo(profile["timezone"]),
        prices={service["id"]: service["price"] for service in profile["services"]},
        now=now,
        episodes=list(_episodes(mine, business)),
    )


def is_missed(call: Row) -> bool:
    """By a caller: tests, our own calls, staff and blocked numbers count nowhere."""
    return (
        call["outcome"] == "missed"
        and not call["is_test"]
        and not str(call["raw"].get("Direction", "")).startswith("outbound")
        and call["decision"] not in ("staff", "blocked")
    )


def _all(connection: sa.Connection, name: str) -> Iterator[Row]:
    for row in connection.execute(sa.select(tables.metadata.tables[name])):
        yield dict(row._mapping)


def _episodes(rows: dict[str, list[Row]], business: str) -> Iterator[Episode]:
    first_texts = {row["key"]: row for row in rows["text"] if row["key"].startswith("first:")}
    by_thread: dict[str, dict[str, list[Row]]] = {
        name: grouped(rows[name], "thread") for name in ("text", "appointment", "task")
    }
    consents = grouped(rows["consent"], "caller")
    for thread, calls in grouped(list(filter(is_missed, rows["call"])), "thread").items():
        if thread in ("", f"{business}:withheld"):  # nobody that is known: nothing follows
            yield from (Episode(opener=call, until=None) for call in calls)
            continue
        openers = list(_openers(calls, first_texts))
        for place, opener in enumerate(openers):
            is_last = place + 1 == len(openers)
            one = Episode(
                opener=opener,
                until=None if is_last else openers[place + 1]["at"],
                first_text=first_texts.get(f"first:{opener['sid']}"),
            )
            _gather(one, {name: by_thread[name].get(thread, []) for name in by_thread})
            _gather_opt_outs(one, consents.get(thread.removeprefix(f"{business}:"), []))
            yield one


def grouped(rows: Sequence[Row], by: str) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[by] or "", []).append(row)
    return groups


def _openers(calls: Sequence[Row], first_texts: dict[str, Row]) -> Iterator[Row]:
    """The calls that begin an episode; the others go on with the one before."""
    for place, call in enumerate(sorted(calls, key=lambda row: (row["at"], row["sid"]))):
        goes_on = call["decision"] in _JOINS and f"first:{call['sid']}" not in first_texts
        if place == 0 or not goes_on:
            yield call


def _gather(one: Episode, rows: dict[str, list[Row]]) -> None:
    for row in rows["text"]:
        if row["author"] == "caller" and one.holds(row["at"]):
            one.texts.append(row)
    for row in rows["appointment"]:
        if row["state"] == "booked" and one.holds(row["created_at"]):
            one.visits.append(row)
    for row in rows["task"]:
        if row["kind"] == "callback" and one.holds(row["created_at"]):
            one.callbacks.append(row)


def _gather_opt_outs(one: Episode, consents: Sequence[Row]) -> None:
    for row in consents:
        if row["change"] == "opt_out" and one.holds(row["at"]):
            one.opt_outs.append(row)
