"""Clock times in a text."""

import re
from collections.abc import Iterator

from agent.rules.claims.days import DAY, MONTH
from agent.rules.claims.numbers import WORDS, number
from agent.rules.claims.value import (
    NOT_COUNTED,
    Value,
    pattern,
    value_at,
)

TO = r"\s?(?:-|\u2013|\bto\b|\bthrough\b|\bthru\b|\ba(?: las?)?\b|\bal?\b|\buntil\b|\btill?\b|\bhasta(?: las?)?\b|\band\b|\by(?: las?)?\b)\s?"
HALF = r"(?:\s?([ap])(?:\.?\s?m\b\.?|(?<=\d[ap])\b)| (?:o'?clock )?(in the|at|de la|por la|del|de) (morning|afternoon|evening|night|manana|tarde|noche|mediodia))"
_HOUR_WORD = r"(?:1[0-2]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)"
HOUR = rf"(\d{{1,2}}|{WORDS})(?::(\d\d))?"
_PAST = r"(?:half|(?:a )?quarter|ten|twenty|five) (?:past|after|to|till|before|of)"
_MINUTE_WORDS = r"(?:ten|fifteen|twenty|thirty|forty|forty-five|fifty)"
_SPOKEN = rf"\b(?:({_PAST}) ({_HOUR_WORD})|(?<![$\d])({_HOUR_WORD}) ({_MINUTE_WORDS})(?! ?(?:minutes?|dollars|percent|people))|({_HOUR_WORD}) (y (?:media|cuarto|quince|treinta)|menos cuarto))\b{HALF}?"


def iso_times(text: str) -> Iterator[Value]:
    written = r"\b\d{4}-(\d\d)-(\d\d)t(\d\d):(\d\d)(?::\d\d)?(?:z|[+-]\d\d:?\d\d)?"
    for match in pattern(written).finditer(text):
        day = ("day", int(match[1]), int(match[2]), 0)
        yield value_at("date", day, text, match.start(), match.start() + 10)
        clock = (int(match[3]), int(match[4]), True)
        yield value_at("time", clock, text, match.start() + 10, match.end())


def numbered_days(text: str) -> Iterator[Value]:
    """El jueves 11 a las 2."""
    weekday = "lunes|martes|miercoles|jueves|viernes|sabado|domingo"
    for match in pattern(rf"\b(?:{weekday}) (\d{{1,2}})(?= (?:a las?|con)\b)").finditer(text):
        yield value_at("date", ("nth", int(match[1])), text, match.start(1), match.end())


def ranged_times(text: str) -> Iterator[Value]:
    for match in _ranges(text):
        yield from _span_of_time(text, match)


def spoken_times(text: str) -> Iterator[Value]:
    for match in pattern(_SPOKEN).finditer(text):
        yield _spoken(match, text)


def times_to_noon(text: str) -> Iterator[Value]:
    to_noon = rf"\b{HOUR}{HALF}?(?={TO}(?:noon|mediodia|12 noon|midnight)\b)"
    for match in pattern(to_noon).finditer(text):
        half = _half(match[3], match[5])
        yield _clock(text, match.start(), match.end(), match[1], match[2], half, "from")


def marked_times(text: str) -> Iterator[Value]:
    for match in pattern(rf"\b{HOUR}(?:{HALF}| o'?clock\b)").finditer(text):
        half = _half(match[3], match[5])
        yield _clock(text, match.start(), match.end(), match[1], match[2], half)


def plain_times(text: str) -> Iterator[Value]:
    plain = r"\b(\d{1,2}):(\d\d)\b|\b(?:12 )?(noon|mediodia|midnight|medianoche)\b"
    for match in pattern(plain).finditer(text):
        if match[3]:
            key = (12, 0, True) if match[3] in ("noon", "mediodia") else (0, 0, True)
            role = _role(text, match.start())
            yield value_at("time", key, text, match.start(), match.end(), bound=role)
        else:
            yield _clock(text, match.start(), match.end(), match[1], match[2], None)


def led_times(text: str) -> Iterator[Value]:
    """A bare hour after "at", "until" and the like."""
    lead = r"\b(?:at|(?<!one )by|from|desde|de las|until|till?|before|after|around|opens?|closes?|a las?|hasta las?|desde las?|antes de las?|despues de las?|las)\s"
    bare = rf"{lead}(?:about |around )?(\d{{1,2}}|(?<!at )once|(?!once){WORDS})\b{NOT_COUNTED}(?!\s(?!(?:as|this|is|was|his|its|us|yes|plus|unless|always|mondays|tuesdays|wednesdays|thursdays|fridays|saturdays|sundays|weekdays|weekends)\b)[a-z]+s\b)"
    for match in pattern(bare).finditer(text):
        if number(match[1]) <= 12:  # noqa: PLR2004 - hours of a clock
            yield _clock(text, match.start(1), match.end(1), match[1], None, None)


def _spoken(match: re.Match[str], text: str) -> Value:
    """Half past five, six thirty, las nueve y media, a quarter to nine."""
    lead, after, hour, minute, hora, parte = match.group(1, 2, 3, 4, 5, 6)
    clock = int(number(after or hour or hora))
    if lead:
        minutes = {"half": 30, "quarter": 15, "ten": 10, "twenty": 20, "five": 5}
        said = next(value for word, value in minutes.items() if word in lead)
        minute_at = said if lead.endswith(("past", "after")) else 60 - said
    elif minute:
        minute_at = int(number(minute))
    else:
        minute_at = 45 if "menos" in parte else 30 if parte.endswith(("media", "treinta")) else 15
    if (lead and not lead.endswith(("past", "after"))) or (parte and "menos" in parte):
        clock = (clock - 1) % 12 or 12
    return _clock(
        text, match.start(), match.end(), str(clock), str(minute_at), _half(match[7], match[9])
    )


def _ranges(text: str) -> list[re.Match[str]]:
    after = (
        r"(?=\s*(?:$|[.,;:!?)\x00]|(?:on|and|y|except|excepto|daily|each|every|sharp|most|in|it|it's|we|with|tomorrow|today|tonight|this|that|if|but|so|for|manana|hoy|con|los|el|de|or|"
        + DAY
        + r"|weekdays|weekends|diario|entre)\b))"
    )
    both = rf"\b{HOUR}{HALF}?{TO}{HOUR}(?:{HALF}|{after}){NOT_COUNTED}"
    return [one for one in pattern(both).finditer(text) if _is_range(one)]


def _is_range(match: re.Match[str]) -> bool:
    hours = (number(match[1]), number(match[6]))
    if max(hours) > 12 and ":" not in match[0]:  # noqa: PLR2004 - hours of a clock
        dated = pattern(rf"\b(?:{DAY})\b[a-z ,]*$").search(match.string[: match.start()])
        return bool(dated) and max(hours) <= 24  # noqa: PLR2004 - hours of a day
    if pattern(rf"\b(?:{MONTH})\.? $").search(match.string[: match.start()]):
        return False
    joins = not _is_between(match) and pattern(r"\b(?:and|y)\b").search(match[0])
    marked = match[3] or match[8] or match[2] or match[7] or match[5] or match[10]
    return max(hours) <= 24 and not (joins and not marked)  # noqa: PLR2004 - hours of a day


def _is_between(match: re.Match[str]) -> bool:
    return bool(pattern(r"\b(?:between|entre)(?: las?)? $").search(match.string[: match.start()]))


def _span_of_time(text: str, match: re.Match[str]) -> Iterator[Value]:
    first = _half(match[3], match[5])
    last = _half(match[8], match[10])
    start, end = int(number(match[1])), int(number(match[6]))
    if first is None and start <= 12:  # noqa: PLR2004
        if last is True and start < end != 12 and start < 7:  # noqa: PLR2004
            first = True
        elif last is not None or start >= 6:  # noqa: PLR2004 - shops open in the morning
            first = False if last is not None or start != 12 else None  # noqa: PLR2004
    if last is None and end <= 12:  # noqa: PLR2004
        last = True if end <= start or end == 12 or (first is False and end < 7) else None  # noqa: PLR2004
    joined = bool(pattern(r"\b(?:and|y)\b").search(match[0])) and not _is_between(match)
    yield _clock(
        text,
        match.start(),
        match.start() + len(_first_half(match)),
        match[1],
        match[2],
        first,
        "" if joined else "from",
    )
    yield _clock(
        text, match.start(6), match.end(), match[6], match[7], last, "" if joined else "to"
    )


def _first_half(match: re.Match[str]) -> str:
    """The beginning of a range, with its "am"."""
    end = max(match.end(place) for place in (1, 2, 3, 5) if match[place])
    marked = pattern(r"\.?\s?m\b\.?").match(match.string, end) if match[3] else None
    return match.string[match.start() : marked.end() if marked else end]


def _half(sign: str | None, part: str | None) -> bool | None:
    """Whether the second half of the day is said; None: neither is."""
    if sign:
        return sign == "p"
    return part not in ("morning", "manana") if part else None


def _clock(
    text: str,
    start: int,
    end: int,
    hour: str,
    minute: str | None,
    half: bool | None,
    role: str | None = None,
) -> Value:
    """A time as (hour, minute, known): `known` says that the hour is of 24."""
    said = int(number(hour))
    if half is not None and said <= 12:  # noqa: PLR2004
        said = said % 12 + (12 if half else 0)
    if said == 12 and pattern(r"\bnight|\bnoche").search(text[start:end]):  # noqa: PLR2004 - midnight
        said = 0
    known = half is not None or said > 12 or said == 0  # noqa: PLR2004
    key = (said, int(minute or 0), known)
    return value_at(
        "time", key, text, start, end, bound=_role(text, start) if role is None else role
    )


def _role(text: str, start: int) -> str:
    """Whether the time is a beginning or an end of something."""
    lead = text[max(0, start - 22) : start]
    if pattern(
        r"\b(?:until|till?|by|before|clos\w+(?: up)?(?: at)?|hasta|cerramos|cierra\w*|antes de)(?: las?| a las?)?\s*$"
    ).search(lead):
        return "to"
    if pattern(
        r"\b(?:opens?|opening|from|after|since|desde|abrimos|abre\w*|starts?|starting)(?: at| las?| a las?)?\s*$"
    ).search(lead):
        return "from"
    return ""
