"""Which times of day does a text name? What is plainly a time first, then numbers that their neighbours make one."""

import re
from datetime import datetime
from functools import partial

from agent.rules.times.clock import HOUR, MINUTE, clock
from agent.rules.times.dictated import find_dictated
from agent.rules.times.scan import Found, Scan
from agent.rules.times.times import (
    FREE,
    PART,
    find_now,
    find_offsets,
    find_times,
    parts_in,
    time_in,
)
from agent.rules.times.wishes import is_moved
from agent.rules.times.words import no_count

_BARE = rf"(?<![\w$#.:/-]){HOUR}(?![\d%])"
"""An hour and nothing more: a time only beside something that makes it one."""
_LONGEST_LIST = 3
_COMPACT = r"(?:1\d|2[0-3]|0?\d)[0-5]\d"
_CUE = r"(?:\b(?:at|around|arnd|approx|by|after|before|b4|until|till|til|(?:later|earlier|sooner) than)\b|@|~)"
_WEAK_CUE = r"\b(?:about|past(?= \d)|from|like|make it|how about|what about|said|actually|i meant?|starting|between|anytime|time|either(?= \d)|or maybe)\b"
_ENDS = r"(?=\s*(?:$|[?!,;)\n]|\.(?!\d)|[DP]|(?:works?|is|would|please|pls|if|or|and|not|then|instead|on|ok|okay|for|in|good|thanks)\b))"


def find_clocks(scan: Scan, now: datetime, *, asked_for_time: bool) -> None:
    """Take every time of day; `asked_for_time`: the text answers "what time?", so that "3" is one."""
    find_offsets(scan, now)
    find_dictated(scan)
    find_times(scan)
    _find_beside_parts(scan)
    _find_after_cues(scan)
    _find_beside_days(scan)
    if asked_for_time:
        scan.take(
            rf"^\W*(?P<t>{_BARE})(?=\W*(?:$|(?:or|o|and|y|works?|is|would|please|pls|por)\b|[-,/]))",
            partial(time_in, scan),
        )
    for _ in range(_LONGEST_LIST):
        _find_listed(scan)
    find_now(scan, now)


def _find_listed(scan: Scan) -> None:
    """The neighbours of a time in a list: "10, 11 or 2pm"."""
    time = partial(time_in, scan)
    scan.take(rf"(?P<t>{_BARE})(?= *(?:,|or|o|and|y|/) *C)", time)
    joined = r"C+(?: +works?)?(?: +or| +o|,| *&| *and| y)+ *(?:at |a )?(?:las )?"
    scan.take(rf"{joined}(?P<t>{_BARE}\b{no_count()})", time)


def _find_beside_parts(scan: Scan) -> None:
    """7 in the evening, evening 7."""
    scan.take(
        rf"{FREE}(?P<t>{HOUR}(?:[ .-]?{MINUTE})?)(?= *,? *P){PART}", partial(_before_part, scan)
    )
    scan.take(
        rf"P+[ ,]*(?:at |around |about |@ ?)?(?P<t>{_BARE}(?:[ .:]?{MINUTE})?\b{no_count()})",
        partial(time_in, scan),
    )


def _find_after_cues(scan: Scan) -> None:
    """At 7, by 1030; weaker words only where nothing follows that could be counted."""
    time = partial(time_in, scan)
    scan.take(rf"{_CUE} *(?P<t>{_BARE}[ .-]{MINUTE}\b{no_count()})", time)
    scan.take(rf"{_CUE} *(?P<t>{_COMPACT}\b{no_count()})", partial(_compact, scan))
    scan.take(rf"{_CUE} *(?P<t>{_BARE}\b{no_count()}(?! *- *\d))", time)
    scan.take(
        rf"{_WEAK_CUE} *(?P<t>(?:{_BARE}|(?!(?:19|20)\d\d\b)\d\d?[:.]?[0-5]\d)\b){_ENDS}", time
    )
    scan.take(rf"{FREE}(?P<t>\d\d?[ap]\b)(?= *(?:-|to|D))", time)
    scan.take(rf"(?:{_CUE}|D) *(?P<t>\d\d?[ap]\b)", time)


def _find_beside_days(scan: Scan) -> None:
    """Friday 2, 8 tonight; and numbers that are all the text says of a time: "1530", "3 works"."""
    time = partial(time_in, scan)
    scan.take(rf"(?:^|\b(?:do|about|say|or|and)\b|[,.!?]) *(?P<t>{_BARE})(?= +D)", time)
    scan.take(rf"{FREE}(?P<t>{_BARE})(?= +(?P<day>D+))", partial(_before_day, scan))
    scan.take(rf"{FREE}(?P<t>{_COMPACT})(?= +D)", partial(_compact, scan))
    scan.take(rf"D[ ,]*(?P<t>{_BARE}){_ENDS}", time)
    scan.take(rf"D[ ,]*(?P<t>{_BARE}[ .-]{MINUTE}|{_COMPACT}){_ENDS}", time)
    scan.take(
        r"^\W*(?:ok |sure |yes |yeah )?(?P<t>(?:1\d|2[0-3]|0?[1-9])[0-5][05])(?= *(?:$|[.!?,]|is (?:fine|good|ok|great|perfect)|works|please|pls|would))",
        partial(_compact, scan),
    )
    scan.take(
        rf"\b(?P<lead>to|do|does|say|slot at|doing) +(?P<t>{_BARE})(?= *(?:$|[?!,]|\.(?!\d)|works?\b|instead\b|[DP]))",
        partial(_asked, scan),
    )
    scan.take(
        rf"{FREE}(?P<t>{_BARE})(?= +(?:or|o|and) +(?:later|after|earlier|before|sooner)\b)", time
    )
    scan.take(
        rf"(?<![\w$#:/.,-])(?P<t>(?!one){_BARE})(?= +(?:works?|is (?:fine|good|perfect|great|ok|okay)|would (?:work|be)|sounds good)\b)",
        partial(_alone, scan),
    )


def _before_part(scan: Scan, match: re.Match[str]) -> Found | None:
    """Not the number in front of a part that has its own: "a table for one at afternoon 12:30"."""
    after = match.string[match.end() :]
    if re.match(r"[ ,]*(?:at )?[\dC]", after) or match[0].startswith("0 "):
        return None
    return time_in(scan, match)


def _compact(scan: Scan, match: re.Match[str]) -> Found | None:
    """At 1030; not the number of a house: "at 1030 Pine"."""
    after = scan.text[match.end() : match.end() + 3]
    if re.match(" [A-Z][a-z]", after) and match.string[match.end() + 1] not in "DP":
        return None
    return time_in(scan, match)


def _before_day(scan: Scan, match: re.Match[str]) -> Found | None:
    """8 tonight; "2 tomorrow" may be a number of things."""
    parts = parts_in(scan, match, "day")
    return Found(clock=clock(match["t"], parts)) if parts else None


def _asked(scan: Scan, match: re.Match[str]) -> Found | None:
    """Can you do 4; "to 4" only of a visit that is moved."""
    if match["lead"] == "to" and not is_moved(match.string[: match.start("t")]):
        return None
    return time_in(scan, match)


def _alone(scan: Scan, match: re.Match[str]) -> Found | None:
    """4 would be better, where nothing else says a time; a text that begins with it may choose from a menu."""
    return (
        None
        if match.start() == 0 or any(one.clock for one in scan.pieces)
        else time_in(scan, match)
    )
