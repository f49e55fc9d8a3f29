"""Which days a page of figures is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, get_args

from fastapi import Query

from agent.business import Business
from server.call_log import monday
from server.numbers_words import span

Name = Literal["4-weeks", "this-week", "last-week", "own"]

NAMES: Mapping[Name, str] = {
    "4-weeks": "Last 4 weeks",
    "this-week": "This week",
    "last-week": "Last week",
    "own": "Your dates",
}
MOST = timedelta(days=366)
_EARLIEST = date(2020, 1, 1)
_A_WEEK = timedelta(days=7)

Asked = Annotated[str, Query(max_length=20)]


@dataclass(frozen=True, kw_only=True)
class Period:
    """Local days of the business, both included."""

    name: Name
    first: date
    last: date
    problem: str = ""
    """What is wrong with the dates that were asked for; empty: nothing."""

    @property
    def words(self) -> str:
        return span(self.first, self.last)

    @property
    def query(self) -> str:
        """The same period for another address."""
        return f"period=own&first={self.first}&last={self.last}"


def chosen(business: Business, name: str, first: str, last: str, now: datetime) -> Period:
    """The days that are asked for; what makes no sense is said, and the last four weeks stand in its place."""
    today = now.astimezone(business.zone).date()
    this = monday(today)
    known = {
        "this-week": Period(name="this-week", first=this, last=today),
        "last-week": Period(name="last-week", first=this - _A_WEEK, last=this - timedelta(days=1)),
        "4-weeks": Period(name="4-weeks", first=today - timedelta(days=27), last=today),
    }
    if name == "own" or (first and last and name not in get_args(Name)):
        return _own(first, last, today) or _four_weeks(today, _problem(first, last))
    return known.get(name, known["4-weeks"])


def _own(first: str, last: str, today: date) -> Period | None:
    begin, end = _date(first), _date(last)
    if begin is None or end is None or end < begin or end - begin > MOST:
        return None
    if begin > today or begin < _EARLIEST:
        return None
    return Period(name="own", first=begin, last=min(end, today))


def _four_weeks(today: date, problem: str) -> Period:
    return Period(name="own", first=today - timedelta(days=27), last=today, problem=problem)


def _problem(first: str, last: str) -> str:
    begin, end = _date(first), _date(last)
    if begin is None or end is None:
        return "Choose a first and a last day. These are the last 4 weeks."
    if end < begin:
        return "The first day comes after the last one. These are the last 4 weeks."
    if end - begin > MOST:
        return "That is more than a year at once. These are the last 4 weeks."
    return "Choose days that lie in the past. These are the last 4 weeks."


def _date(words: str) -> date | None:
    try:
        return date.fromisoformat(words)
    except ValueError:
        return None
