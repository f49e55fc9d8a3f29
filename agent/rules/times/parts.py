"""Which parts of a day does a text name? "In the morning", "tonight", "first thing"."""

import re
from datetime import date, timedelta
from functools import partial

from agent.rules.times.scan import Found, Scan
from agent.rules.times.words import one_of, value_of

_NARROW = r"(?:(?:early|late|later|mid|middle of the|first thing(?: in the)?|primera hora(?: de la)?)[ -]+)?"
_LEAD = r"(?:\b(?:in|during|at|por|en|de|a|on|sometime)\s+)?(?:(?:the|la|el)\s+)?"
_PHRASES = (
    (r"\b(?:first|1st) +thing\b(?: +in +the +morning)?|\ba primera hora\b", "morning"),
    (r"\bbefore +(?:lunch|work|school)\b", "morning"),
    (r"\b(?:by |at )?(?:the )?(?:end of (?:the )?(?:business )?day|close of business|cob)\b", "afternoon"),
    (r"\b(?:after +(?:lunch|work|school)|despues (?:de comer|del almuerzo))\b", "afternoon"),
)  # fmt: skip


def find_parts(scan: Scan, today: date) -> None:
    part = rf"(?P<part>{one_of('part_words')})\b"
    scan.take(
        rf"\b{_NARROW}(?P<which>this|esta|later this|next)\s+{_NARROW}{part}",
        partial(_of_today, today),
    )
    scan.take(
        r"\b(?:2 ?nite|2night|to ?nite|tonight|esta noche)",
        lambda _: Found(day=today, parts=("night",)),
    )
    for source, meant in _PHRASES:
        scan.take(source, partial(_phrase, meant))
    scan.take(rf"{_LEAD}{_NARROW}{part}", _part)
    scan.take(rf"\bla +{_NARROW}manana\b", partial(_phrase, "morning"))
    scan.take(
        r"\bin +the +(?P<half>[ap])\.?m\b\.?|(?<=D )(?P<half2>[ap])m\b|^(?P<half3>[ap])m\b(?= +(?:works|is|please)|$)",
        _half,
    )
    scan.take(r"(?<=P or )(?P<half>[ap])m\b", _half)


def _of_today(today: date, match: re.Match[str]) -> Found | None:
    """This morning; "next morning" is tomorrow's."""
    word = " ".join(match["part"].split())
    if word == "lunch":
        return None
    day = today + timedelta(days=1 if match["which"] == "next" else 0)
    return Found(day=day, parts=(value_of("part_words")[word],))


def _phrase(part: str, _: re.Match[str]) -> Found:
    return Found(parts=(part,))


def _part(match: re.Match[str]) -> Found | None:
    word, before = " ".join(match["part"].split()), match.string[: match.start("part")]
    if re.search(r"\bmid ?$", before) and value_of("part_words")[word] == "night":
        return None
    if word == "lunch" and not _is_time(match, before):
        return None
    return Found(parts=(value_of("part_words")[word],))


def _is_time(match: re.Match[str], before: str) -> bool:
    """Lunch as a time of day, not as a meal."""
    if re.match(r" +(?:booking|reservation|together|table|break)", match.string[match.end() :]):
        return False
    return bool(re.search(r"(?:\b(?:at|during|around|over|for|by)|D)\s*$", before))


def _half(match: re.Match[str]) -> Found:
    half = next(said for said in match.groups() if said)
    return Found(parts=("morning" if half == "a" else "afternoon",))
