"""Days and dates in a text."""

import re
from collections.abc import Iterator

from agent.rules.claims.value import (
    Value,
    pattern,
    value_at,
)

_CUT_SHORT = r"(?=\.? ?(?:\d|-|a ))"
_DAY_NAMES = (
    rf"mon(?:day)?s?|lunes|lun{_CUT_SHORT}", rf"tue(?:s|sday)?s?|martes|mar{_CUT_SHORT}",
    rf"wed(?:s|nesday|nesdays)?|miercoles|mie{_CUT_SHORT}", rf"thu(?:r|rs|rsday|rsdays)?|jueves|jue{_CUT_SHORT}",
    rf"fri(?:day)?s?|viernes|vie{_CUT_SHORT}", rf"sat(?:urday)?s?|sabados?|sab{_CUT_SHORT}",
    rf"sun(?:day)?s?|domingos?|dom{_CUT_SHORT}",
)  # fmt: skip
_MONTHS = (
    "jan(?:uary)?|enero|ene", "feb(?:ruary)?|febrero", "mar(?:ch)?|marzo", "apr(?:il)?|abril|abr", "may|mayo",
    "june?|junio", "july?|julio", "aug(?:ust)?|agosto|ago", "sept?(?:ember)?|septiembre", "oct(?:ober)?|octubre",
    "nov(?:ember)?|noviembre", "dec(?:ember)?|diciembre|dic",
)  # fmt: skip
DAY = "|".join(_DAY_NAMES)
MONTH = "|".join(_MONTHS)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"


def dates(text: str) -> Iterator[Value]:
    year = r"(?:,? (?:de |del )?(20\d\d))?"
    written = rf"\b({MONTH})\.? (?P<day>{_NTH})\b{year}|\b({_NTH})(?: of| de)? ({MONTH})\b{year}|\b(\d{{4}})-(\d\d)-(\d\d)\b|(?<![\d/])(\d{{1,2}})/(\d{{1,2}})(?:/(?:20)?(\d\d))?(?![\d/])"
    for match in pattern(written).finditer(text):
        yield value_at("date", _month_day(match), text, match.start(), match.end())


def runs_of_days(text: str) -> Iterator[Value]:
    to = r"(?:\s?-\s?|\s?(?:to|through|thru|a|al)\s)"
    for match in pattern(rf"\b({DAY})\b\.?{to}(?:el )?({DAY})\b").finditer(text):
        first, last = weekday(match[1]), weekday(match[2])
        days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
        yield value_at("date", days, text, match.start(), match.end())


def sets_of_days(text: str) -> Iterator[Value]:
    for source, days in _SETS.items():
        for match in pattern(source).finditer(text):
            yield value_at("date", days, text, match.start(), match.end())


def weekdays(text: str) -> Iterator[Value]:
    for match in pattern(rf"\b({DAY})\b").finditer(text):
        yield value_at("date", frozenset({weekday(match[1])}), text, match.start(), match.end())


def days_from_now(text: str) -> Iterator[Value]:
    near = r"\b(?:(?<!same )(?<!next )(?:day after tomorrow|tomorrow|today|tonight|this (?:morning|afternoon|evening))|hoy|esta noche|pasado manana|(?<!la )manana)\b"
    for match in pattern(near).finditer(text):
        yield value_at("date", ("in", _days_on(match[0])), text, match.start(), match.end())


def days_of_month(text: str) -> Iterator[Value]:
    no_floor = r"(?! (?:floor|street|ave))"
    nth = rf"\b(?:the|el) (\d{{1,2}})(?:st|nd|rd|th)?\b{no_floor}|\b(\d{{1,2}})(?:st|nd|rd|th)\b{no_floor}"
    more = r"(?<=\x00)\s?(?:and|y|&|-|to)\s?(\d{1,2})\b(?![:\d]|\s?[ap]\.?m)"
    for match in pattern(more).finditer(text):
        yield value_at("date", ("nth", int(match[1])), text, match.start(1), match.end())
    for match in pattern(nth).finditer(text):
        yield value_at("date", ("nth", int(match[1] or match[2])), text, match.start(), match.end())


_SETS = {
    r"\b(?:m-f|weekdays?|entre semana|business days|working days|dias laborables)\b": frozenset(range(5)),
    r"\b(?:weekends?|fines? de semana)\b": frozenset({5, 6}),
    r"\b(?:every ?day|daily|seven days a week|7 days a week|all week|todos los dias|diario|a diario)\b": frozenset(range(7)),
}  # fmt: skip


def _days_on(said: str) -> int:
    if said in ("day after tomorrow", "pasado manana"):
        return 2
    return 1 if said in ("tomorrow", "manana") else 0


def _month_day(match: re.Match[str]) -> tuple[str, int, int, int]:
    """("day", month, day, year); year 0 where it is not said."""
    if match[1]:
        return ("day", _month(match[1]), _first_digits(match[2]), int(match[3] or 0))
    if match[5]:
        return ("day", _month(match[5]), _first_digits(match[4]), int(match[6] or 0))
    if match[7]:
        return ("day", int(match[8]), int(match[9]), int(match[7]))
    return ("day", int(match[10]), int(match[11]), 2000 + int(match[12]) if match[12] else 0)


def _first_digits(said: str) -> int:
    return int(re.sub(r"\D", "", said))


def _month(said: str) -> int:
    return next(at for at, names in enumerate(_MONTHS, 1) if pattern(names).fullmatch(said))


def weekday(said: str) -> int:
    return next(at for at, names in enumerate(_DAY_NAMES) if pattern(names).fullmatch(said))
