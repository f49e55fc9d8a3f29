"""Times of day as phones write down what was spoken: "the too o'clock", "four thirty", "10 30"."""

import re

from agent.rules.times.clock import HALF, HOUR, OCLOCK, clock
from agent.rules.times.scan import Found, Scan
from agent.rules.times.words import around, no_count, one_of, value_of

_MINUTE = r"(?:fifteen|thirty|forty[ -]five)"
_DIGITS = r"(?:1[0-2]|0?[1-9]) [0-5][05]"
_AGREES = (
    r"(?:(?:ok|okay|yes|yeah|yep|sure|si|hi|hey|thanks|perfect|is|how about|what about)[ ,.!]*)*"
)
_SLOT = r"(?: +(?:one|slot|appointment|appt|time|spot))?"
_ENDS = r"(?=\s*(?:$|[?!,;.)\n]|[DP]|(?:works?|is|would|please|pls|if|or|and|then|instead|on|ok|okay|for|in|good|fine|sounds|thanks|ty)\b))"


def find_dictated(scan: Scan) -> None:
    """Take hours that the phone took for other words, and hours and minutes in two words where a time belongs."""
    heard = rf"(?P<heard>{one_of('heard')})"
    spoken = rf"(?:{HOUR}[ -]{_MINUTE}|{_DIGITS})\b{no_count()}(?: ?{HALF})?"
    scan.take(rf"\b{heard}{OCLOCK}\b", _heard)
    scan.take(
        rf"(?:\b(?:at|around|about) |@ ?){heard}[ -](?P<minute>{_MINUTE})\b{no_count()}", _heard
    )
    scan.take(rf"^\W*{_AGREES}(?:the +)?(?P<t>{spoken}){_SLOT}{_ENDS}", _spoken)
    scan.take(rf"\b{around('chooses')} +(?P<t>{spoken}){_SLOT}{_ENDS}", _spoken)


def _heard(match: re.Match[str]) -> Found:
    hour, minute = value_of("heard")[match["heard"]], match.groupdict().get("minute")
    return Found(clock=clock(f"{hour} {minute or '00'}"))


def _spoken(match: re.Match[str]) -> Found:
    return Found(clock=clock(match["t"]))
