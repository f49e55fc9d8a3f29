"""Days named by their weekday: "monday", "next tue", "fri the 27th"; sat and sun only where they stand as days."""

import re
from datetime import date, timedelta
from functools import partial

from agent.rules.times.calendar import WEEKDAYS, coming, monday_of, upcoming_of_month
from agent.rules.times.scan import Found, Scan
from agent.rules.times.words import day_form, no_things, number, one_of, value_of

_SOON = 12
"""Beside a weekday, a bare number up to here is an hour: "fri 10"."""


def find_weekdays(scan: Scan, today: date) -> None:
    weekday = rf"(?P<weekday>{one_of('weekdays')})\b\.?"
    named = partial(_weekday, today)
    week = r"(?P<week>this|next|coming|esta|proxima) +(?:week|semana)"
    scan.take(
        rf"\b{weekday}[, ]+(?:the +|el +)?(?P<day>{day_form()})(?! *(?:[ap]\.?m|[:.]\d|o ?'?clock|-|to |or )){no_things()}",
        partial(_weekday_and_day, today),
    )
    scan.take(rf"\b{week} +(?:on +)?{weekday}", named)
    scan.take(rf"\b{weekday} *(?:,|of|in|de)? *(?:la +)?{week}", named)
    scan.take(rf"\b{weekday} +de +la +(?P<week>semana +que +(?:viene|entra))", named)
    scan.take(
        rf"\b(?:the +)?{weekday} +(?P<which>after +next|que +viene|que +entra|proximo|siguiente)",
        named,
    )
    scan.take(
        rf"\b(?:el +)?(?P<which>this +upcoming|this +coming|this|next|coming|upcoming|following|nxt|proximo|este) +{weekday}",
        named,
    )
    scan.take(rf"\b{weekday}(?P<plural>s?)\b", partial(_bare_weekday, today))


def _weekday_and_day(today: date, match: re.Match[str]) -> Found | None:
    """Fri the 27th: the next month in which both fit; the date alone where none soon does."""
    day = number(match["day"])
    if match["day"].isdigit() and day <= _SOON and not re.search(r"\b(?:the|el) +\d+$", match[0]):
        return None
    weekday = WEEKDAYS.index(value_of("weekdays")[match["weekday"]])
    found = upcoming_of_month(today, day, weekday) or upcoming_of_month(today, day)
    return Found(day=found) if found else None


def _bare_weekday(today: date, match: re.Match[str]) -> Found | None:
    """Mondays are a habit and no day; "sat", "sun" and their like are words too."""
    word = match["weekday"]
    before, after = match.string[: match.start()], match.string[match.end() :]
    if (match["plural"] and word.endswith("day")) or not _stands_as_weekday(word, before, after):
        return None
    return _weekday(today, match)


def _stands_as_weekday(word: str, before: str, after: str) -> bool:
    if word in ("wed", "mon", "fri", "lun"):
        return not re.search(r"\bgot $", before)
    if word not in ("sat", "sun"):
        return True
    if word == "sun" and re.match(
        r" +(?:is|was|will|only|in)\b(?! +(?:good|fine|ok|okay|best|great|better|open|free))", after
    ):
        return False
    led = re.search(
        r"(?:^|\b(?:on|this|next|or|and|by|before|after|until|til|till|for|is|about|say|to|el|thru|every|[DCP]+)|\d ?[ap]\.?m\.?|[-,.&/(!?;:])\s*$",
        before,
    )
    followed = re.match(
        r"\s*(?:$|[-,.&/)!?;:DCP\d@\n]|(?:at|or|and|the|in|works?|would|is|morning|afternoon|evening|after|before|around|between|from|please|pls|thru|to|a|por|if|only|will|w|ok|okay|good|free|open|available|possible|best|better|instead|then|but|for)\b)",
        after,
    )
    return bool(led and followed and not re.search(r"\bthe\s*$", before))


def _weekday(today: date, match: re.Match[str]) -> Found:
    said = match.groupdict()
    weekday = WEEKDAYS.index(value_of("weekdays")[said["weekday"]])
    which, week = said.get("which") or "", said.get("week") or ""
    if week or which in ("next", "nxt"):
        ahead = 0 if week in ("this", "esta") else 7
        return Found(day=monday_of(today) + timedelta(days=ahead + weekday), weekday=True)
    if which.startswith(("following", "after")):
        return Found(day=coming(today, weekday) + timedelta(days=7), weekday=True)
    if which in ("this", "este") and weekday == today.weekday():
        return Found(day=today, weekday=True)
    return Found(day=coming(today, weekday), weekday=True)
