"""Words that are a time of day wherever they stand: "3:30", "half past 3", "in 2 hours"; and spans of times."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial

from agent.rules.times.clock import (
    HALF,
    HOUR,
    MINUTE,
    NOON,
    OCLOCK,
    TIME,
    TO_HOUR,
    agreed,
    clock,
    past_or_to,
)
from agent.rules.times.scan import Clock, Found, Scan
from agent.rules.times.wishes import is_moved
from agent.rules.times.words import around, no_count, number, one_of

FREE = r"(?<![\w$#:/.-])"
"""Not the tail of another number or word."""
PART = r"(?: *,?(?P<part>P+))?"
_TO = r" *(?:-+|to|thru|through|until|till|til|and|&|a|hasta|y) *"
_UNIT = r"(?P<unit>hours?|hrs?|hr|h|horas?|min(?:ute)?s?|minutos?)\b"
_SPANISH_HOUR = (
    r"(?:las|la) +(?P<hour>\d\d?|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)\b"
)
_WAYS_ROUND = ("quarter", "a quarter", "half", "ten", "five", "twenty")


def find_offsets(scan: Scan, now: datetime) -> None:
    count = rf"(?P<half>half an? +|media +)?(?P<count>\d{{1,3}}|{one_of('numbers')})?(?P<plus> and a half)? *{_UNIT}"
    scan.take(
        rf"\b(?P<lead>within|in|dentro de|en) +(?:about +|around +|like +)?{count}(?P<more> and a half| y media)?(?: +from now)?",
        partial(_in, now),
    )
    scan.take(rf"\b(?P<lead>){count}(?P<more>) +(?:from now|later|out|hence)\b", partial(_in, now))


def find_now(scan: Scan, now: datetime) -> None:
    """From now until friday; after all the rest, for it needs its end."""
    scan.take(
        r"\b(?:from|between) +now +(?:until|till|til|to|and) +(?:the |at )?(?P<end>[CD]+)",
        partial(_from_now, scan, now),
    )


def find_times(scan: Scan) -> None:
    """Words that are a time wherever they stand, and spans."""
    time = partial(time_in, scan)
    span = rf"(?P<a>{TIME})(?: *(?P<part_a>P+))?{_TO}(?:las? )?(?P<b>{TIME})(?![\w/%]|[:.]\d|-\d){no_count()}(?: *(?P<part_b>P+))?"
    spoken = rf"(?:\d\d?(?:[. ]?[0-5]\d)?|{HOUR}(?:[ -]{MINUTE})?)"
    spanish = rf"(?P<t>{_SPANISH_HOUR}(?:[:.](?P<digits>[0-5]\d)| +(?P<way>y|menos) +(?P<minute>media|cuarto|cinco|diez|veinte|veinticinco|\d\d?)\b)?(?: +en punto)?)"
    scan.take(
        rf"{FREE}(?P<minute>{TO_HOUR}) (?P<way>past|to|after|of|till|til|before) (?P<hour>{HOUR})\b(?![:.]\d){OCLOCK}?(?: ?(?P<half>{HALF}))?{PART}",
        partial(_past_or_to, scan),
    )
    scan.take(
        rf"{FREE}(?P<cue>\b(?:from|de|desde|{around('between')})\s+(?:las? )?)?{span}",
        partial(_span, scan),
    )
    scan.take(rf"{FREE}(?P<t>{NOON}\b)", time)
    scan.take(
        rf"{FREE}(?P<t>(?:1\d|2[0-3]|0\d)h\b|\d\d?[:h] ?[0-5]\d(?!\d|:\d\d\d)(?::\d\d)?(?: ?ish\b)?(?: ?{HALF}|[ap]\b)?){PART}",
        time,
    )
    scan.take(
        rf"(?<![\w$#:/-])(?<!\d[.])(?P<t>{spoken}{OCLOCK}?(?: ?ish)?(?: ?{HALF}| ?p\b(?! *\d))(?! *-? *\d)){PART}",
        time,
    )
    scan.take(rf"{FREE}(?P<t>{HOUR}(?:{OCLOCK}|(?: |-)?ish\b)(?: ?{HALF})?){PART}", time)
    scan.take(rf"\b{spanish}(?: *(?P<half>{HALF}))?{PART}", partial(_spanish, scan))


def time_in(scan: Scan, match: re.Match[str]) -> Found:
    return Found(clock=clock(match["t"], parts_in(scan, match, "part")))


def parts_in(scan: Scan, match: re.Match[str], group: str) -> tuple[str, ...]:
    if group not in match.re.groupindex or not match[group]:
        return ()
    piece = scan.piece_at(match.start(group))
    return piece.parts if piece else ()


def _past_or_to(scan: Scan, match: re.Match[str]) -> Found | None:
    """Quarter to 5; "5 to 7" is a span unless a cue says that it is one time."""
    words, way = match["minute"], match["way"]
    minute = number(words)
    if (
        way not in ("past", "to")
        and words not in _WAYS_ROUND
        and not (way in ("till", "til") and minute in (15, 20, 25))
    ):
        return None
    if way == "to" and not _is_before_hour(minute, match):
        return None
    back = way in ("to", "of", "till", "til", "before")
    half = (match["half"] or "")[:1]
    parts = parts_in(scan, match, "part")
    return Found(
        clock=past_or_to(number(match["hour"]), minute, "to" if back else "past", half, parts)
    )


def _is_before_hour(minute: int, match: re.Match[str]) -> bool:
    before = match.string[: match.start()]
    if re.search(r"\b(?:from|between) +$", before):
        return False
    if minute in (5, 10):
        return bool(
            re.search(
                r"(?:(?:\b(?:at|since|around|about|by|for|is|was|it|before|after)|@)\s+|^\W*)$",
                before,
            )
        )
    return minute % 5 == 0 or "min" in match[0]


def _spanish(scan: Scan, match: re.Match[str]) -> Found | None:
    hour = number(match["hour"])
    if match["t"].startswith("la ") and hour != 1:
        return None
    minute = number(match["digits"] or match["minute"] or "0")
    half, parts = (match["half"] or "")[:1], parts_in(scan, match, "part")
    return Found(
        clock=past_or_to(hour, minute, "to" if match["way"] == "menos" else "past", half, parts)
    )


def _span(scan: Scan, match: re.Match[str]) -> Found | None:
    joined = match.string[match.end("part_a" if match["part_a"] else "a") : match.start("b")]
    if match["a"] == "0" or not (
        match["cue"] or (_is_span(match) and not re.search(r"and|&|y|\ba\b", joined))
    ):
        return None
    first, last = (clock(match[one], parts_in(scan, match, f"part_{one}")) for one in ("a", "b"))
    if re.search("to|thru", joined) and is_moved(f"{match.string[: match.start()]} to "):
        return Found(clock=last)
    return Found(clock=agreed(first, last), clock_end=last)


def _is_span(match: re.Match[str]) -> bool:
    """Two numbers are times where one is written as a time, a day or its part stands by, or nothing else is said."""
    text, words = match.string, match[0]
    if re.search(rf"\d[:h]\d\d|{HALF}|\d[ap]\b|noon|clock|past|quarter", words):
        return True
    before, after = text[: match.start()], text[match.end() :]
    beside = re.search(r"[DP][ ,]*(?:at |on |for |from )?$", before) or re.match(
        r"[ ,]*(?:on |this |in the )?[DP]", after
    )
    alone = re.fullmatch(r"[C\d:\s,&-]*(?:(?:or|and|to|o|y|a)[C\d:\s,&-]*)*", text.strip(" .!?"))
    return "." not in match["a"] and bool(beside or alone or "P" in words)


def _in(now: datetime, match: re.Match[str]) -> Found | None:
    """In two hours; reckoned in real time, so that a clock change in between counts."""
    if not (match["count"] or match["half"]):
        return None
    hours = (
        0.5
        if match["half"]
        else number(match["count"]) + (0.5 if match["plus"] or match["more"] else 0)
    )
    away = timedelta(minutes=hours) if match["unit"].startswith("m") else timedelta(hours=hours)
    then = (now.astimezone(UTC) + away).astimezone(now.tzinfo)
    if match["lead"] == "within":
        return Found(day=now.date(), clock=_wall(now), clock_end=_wall(then))
    return Found(day=then.date(), clock=_wall(then))


def _from_now(scan: Scan, now: datetime, match: re.Match[str]) -> Found | None:
    end = scan.piece_at(match.start("end"))
    if end is None:
        return None
    if end.day:
        return Found(day=now.date(), day_end=end.day)
    return Found(day=now.date(), clock=_wall(now), clock_end=end.clock)


def _wall(moment: datetime) -> Clock:
    return Clock(hour=moment.hour, minute=moment.minute, half="24")
