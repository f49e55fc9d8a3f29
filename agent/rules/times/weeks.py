"""Spans of days that have a name: "this weekend", "early next week", "end of the month"."""

import re
from datetime import date, timedelta
from functools import partial

from agent.rules.times.calendar import last_of_month, monday_of, months_on
from agent.rules.times.scan import Found, Scan
from agent.rules.times.words import EDGES, day_form, edge_days, number


def find_weeks_and_months(scan: Scan, today: date) -> None:
    day = rf"(?P<day>{day_form()})"
    week = r"(?P<which>this|next|current|the|coming|esta|proxima|nxt) +(?:week|wk|semana)\b"
    scan.take(
        r"\b(?:on +|for +)?(?:the +)?(?:(?P<which>this|next|coming|este|proximo) +)?(?:week[ -]?end|wkend|wknd|fin +de +semana)\b(?! +of +)(?P<after> +que +viene| +after +next)?",
        partial(_weekend, today),
    )
    scan.take(
        rf"\b(?:(?P<edge>{EDGES}|start of|first part of|later|rest of) +)?(?:around )?(?:the +)?{week}(?P<after> +que +(?:viene|entra))?",
        partial(_week, today),
    )
    scan.take(r"\b(?P<edge>end of|mid) *-?week\b", partial(_week, today))
    scan.take(r"\b(?:the +)?week +(?P<twice>after +next)\b", partial(_week, today))
    scan.take(r"\b(?:la +)?semana +(?P<after>que +(?:viene|entra))", partial(_week, today))
    scan.take(
        rf"(?<![\w:.$/-])(?:(?:on|the|el|dia|for the)\s+)?{day}(?: +day)?,? +(?:of +)?(?:the +|de +)?(?P<which>this|next|current|este|the) +(?:month|mes)",
        partial(_day_of_named_month, today),
    )
    scan.take(
        rf"\b(?:(?P<edge>{EDGES}) +)?(?:the +)?(?P<which>this|next|the|coming|el proximo|este)[ -]+(?:month|mes)\b",
        partial(_month, today),
    )


def _weekend(today: date, match: re.Match[str]) -> Found | None:
    """A weekend in general is no day."""
    if re.search(r"\b(?:an?|one|every|long|un)\s*$", match.string[: match.start()]):
        return None
    after = match["after"] or ""
    weeks = (
        2 if after.endswith("next") else 1 if after or match["which"] in ("next", "proximo") else 0
    )
    saturday = monday_of(today) + timedelta(days=5, weeks=weeks)
    return Found(day=max(saturday, today), day_end=saturday + timedelta(days=1))


def _week(today: date, match: re.Match[str]) -> Found | None:
    said = match.groupdict()
    which, edge = said.get("which") or "", said.get("edge") or ""
    if which == "the" and not edge:
        return None
    following = which in ("next", "nxt", "coming", "proxima") or bool(said.get("after"))
    monday = monday_of(today) + timedelta(weeks=2 if said.get("twice") else 1 if following else 0)
    first, last = _weekdays_of(edge)
    start = max(today, monday + timedelta(days=first))
    return Found(day=start, day_end=max(start, monday + timedelta(days=last)))


def _weekdays_of(edge: str) -> tuple[int, int]:
    """The weekdays that the beginning, middle or end of a week may mean."""
    if edge.startswith(("early", "beginning", "start", "first", "principios")):
        return 0, 2
    if edge.startswith(("mid", "media")):
        return 1, 3
    return (3, 4) if edge in ("late", "end of", "finales de") else (0, 6)


def _month(today: date, match: re.Match[str]) -> Found | None:
    edge, which = match["edge"], match["which"]
    if which == "the" and not edge:
        return None
    first = months_on(today.replace(day=1), 0 if which in ("this", "the", "este") else 1)
    start, end = edge_days(edge, last_of_month(first.year, first.month))
    return Found(
        day=max(today, first.replace(day=start)), day_end=max(today, first.replace(day=end))
    )


def _day_of_named_month(today: date, match: re.Match[str]) -> Found:
    first = months_on(today.replace(day=1), 1 if match["which"] == "next" else 0)
    return Found(day=first.replace(day=number(match["day"])))
