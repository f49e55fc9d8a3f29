"""The checkable values of a text: prices, shares, lengths of time, clock times, days, addresses, numbers.

Every finder blanks what it took, so that the next one sees only what is left.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal

from agent.rules.claims.numbers import NUMBER, WORDS, number

Kind = Literal[
    "link", "phone", "address", "price", "percent", "length", "time", "date", "number", "name"
]
Key = str | float | tuple[object, ...] | frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Value:
    kind: Kind
    key: Key
    """What is compared; its shape belongs to the kind."""
    span: str
    start: int
    """Place in the text."""
    end: int
    bound: str = ""
    """`from` ("at least", "starting at"), `to` ("up to", "within"), or empty."""
    per: str = ""
    """What a price is counted by: "hour", "person"; empty: the whole."""


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
_DAY = "|".join(_DAY_NAMES)
_MONTH = "|".join(_MONTHS)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_TO = r"\s?(?:-|\u2013|\bto\b|\bthrough\b|\bthru\b|\ba(?: las?)?\b|\bal?\b|\buntil\b|\btill?\b|\bhasta(?: las?)?\b|\band\b|\by(?: las?)?\b)\s?"
_HALF = r"(?:\s?([ap])(?:\.?\s?m\b\.?|(?<=\d[ap])\b)| (?:o'?clock )?(in the|at|de la|por la|del|de) (morning|afternoon|evening|night|manana|tarde|noche|mediodia))"
_HOUR_WORD = r"(?:1[0-2]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce)"
_HOUR = rf"(\d{{1,2}}|{WORDS})(?::(\d\d))?"
_UNIT = r"minutes?|mins?|minutos?|hours?|hrs?|horas?|days?|dias?|weeks?|semanas?|months?|mes(?:es)?|years?|yrs?|anos?"
_MINUTES = {"mi": 1, "ho": 60, "hr": 60, "d": 1440, "w": 10080, "s": 10080}
_MONTHS_LONG = {"mo": 1, "me": 1, "y": 12, "a": 12}
_FROM = r"(?:starts?(?: at| from)?|starting(?: at| from)?|from|at least|minimum(?: of)?|over|more than|above|plus de|a partir de|desde|empiezan? (?:en|desde)|al menos|por lo menos|mas de|minimo(?: de)?)"
_UP_TO = r"(?:up to|at most|under|less than|below|within|no more than|maximum(?: of)?|max(?: of)?|hasta|menos de|dentro de|maximo(?: de)?|tope de|capped at|cap of|or under)"
_PER = r"(?:\s?(?:/|per|por cada|an?(?= (?:hour|day|week|month|year|person|head|visit|foot|mile|pound|lb|guest|student|bottle|session|unit))|each|every|for each|por|al?(?= (?:hora|dia|mes|ano|persona))|la(?= hora)|cada|for the(?= first))\s?((?:further |additional |extra |first |next |after |primera |adicional )*[a-z]+))"
_NOT_COUNTED = (
    r"(?!\s?(?:%|percent|por ciento|dollars?|bucks|dolares|pounds?|lbs?|people|persons?|feet|foot|ft|miles?|gallons?|am\b\w|"
    + _UNIT
    + r"|/|:\d|\d|-\d{3}|,\d{3}|\.\d))"
)


def find_values(text: str) -> tuple[list[Value], str]:
    """The values in the order said, and the text with every one of them blanked.

    Args:
        text: folded by `fold`, so that places in it are places in what was written.
    """
    found: list[Value] = []
    for find in _FINDERS:
        for value in find(text):
            found.append(value)
            text = text[: value.start] + "\x00" * (value.end - value.start) + text[value.end :]
    found.sort(key=lambda one: one.start)
    return sorted([*found, *_ranges_of_days(found, text)], key=lambda one: one.start), text


def _ranges_of_days(found: list[Value], text: str) -> Iterator[Value]:
    """Dec 24 through Sunday, Jan 1: every day between, too."""
    named = [
        one
        for one in found
        if one.kind == "date" and isinstance(one.key, tuple) and one.key[0] in ("day", "nth")
    ]
    for first, last in pairwise(named):
        between = text[first.end : last.start]
        if not _re(
            r"[\s,\x00]*(?:-|to|through|thru|until|al?|hasta)(?: el| the)?[\s,\x00]*"
        ).fullmatch(between):
            continue
        end = last.key if last.key[0] == "day" else ("day", first.key[1], last.key[1], first.key[3])  # type: ignore[index]  # both are tuples
        key = ("days", first.key, end)
        yield Value(
            kind="date", key=key, span=text[first.start : last.end], start=first.start, end=last.end
        )


def fold(text: str) -> str:
    """Lower case without accents, sign for sign: as long as the text itself."""
    text = _ACRONYM.sub(lambda match: f"{match[0][0]}0{match[0][2]}", text)
    return text.lower().translate(_PLAIN)


_ACRONYM = re.compile(r"\b(?:SAT|SUN|MON|MAR)\b(?= [a-z]{3})")
"""The test, not the day: "SAT prep"."""


_PLAIN = str.maketrans("áéíóúüñ’‘´`–—", "aeiouun''''--")  # noqa: RUF001


def _links(text: str) -> Iterator[Value]:
    for match in _re(
        r"(?:https?://|www\.)[^\s,;)]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[a-z0-9-]{2,}(?:\.[a-z0-9-]{2,})*\.[a-z]{2,}\b(?:/[^\s,;)]*)?"
    ).finditer(text):
        said = match.group(0).rstrip(".!?")
        key = re.sub(r"^(?:https?://)?(?:www\.)?", "", said).rstrip("/")
        yield _value("link", key, text, match.start(), match.start() + len(said))


def _phones(text: str) -> Iterator[Value]:
    for match in _re(
        r"(?<![\d$.-])(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)|(?<![\d$.-])\d{3}-\d{4}(?![\d-])"
    ).finditer(text):
        digits = re.sub(r"\D", "", match.group(0))
        yield _value("phone", digits[-10:], text, match.start(), match.end())


_STREETS = {
    "st": "st street", "ave": "ave avenue", "rd": "rd road", "blvd": "blvd boulevard", "dr": "dr drive", "ln": "ln lane",
    "way": "way", "ct": "ct court", "pl": "pl place", "hwy": "hwy highway", "pkwy": "pkwy parkway", "sq": "sq square",
    "ter": "ter terrace", "cir": "cir circle",
}  # fmt: skip
_STREET = "|".join(" ".join(_STREETS.values()).split())


def _addresses(text: str) -> Iterator[Value]:
    for match in _re(
        rf"(?<![\d,.$])\b(\d{{1,5}}) ((?:[a-z0-9][\w.']* ){{1,3}}?)({_STREET})\b\.?|\b(\d{{1,5}}) (calle|avenida|av|camino) ([a-z]+)|\b(calle|avenida|av|camino)\.? ([a-z]+) (\d{{1,5}})\b"
    ).finditer(text):
        if match[1] and not re.search(r"\b(?:on|at|of|in|per|for|a|the|hours?|days?)\b", match[2]):
            kind = next(short for short, names in _STREETS.items() if match[3] in names.split())
            key = f"{match[1]} {match[2].strip()} {kind}"
        elif match[4]:
            key = f"{match[4]} {match[5][:2]} {match[6]}"
        elif match[7]:
            key = f"{match[9]} {match[7][:2]} {match[8]}"
        else:
            continue
        yield _value("address", key, text, match.start(), match.end())


def _prices(text: str) -> Iterator[Value]:
    money = rf"(?:us)?[$€£]\s?({NUMBER})|\b({NUMBER})[ -]?(?:dollars?|bucks?|usd|dolares|pesos)\b|\ba (hundred) (?:dollars|bucks)\b"
    both = rf"\b({NUMBER}) (?:and|to|or|y|a|-) (?={NUMBER} (?:dollars|bucks|dolares)\b)"
    for match in _re(both).finditer(text):
        yield _value("price", _amount(match[1]), text, match.start(1), match.end(1))
    for match in _re(money).finditer(text):
        said = next(one for one in match.groups() if one)
        yield _money(said, match, text)
        tail = _re(rf"\s?(?:-|to|a|or)\s?({NUMBER})(?![\w%])").match(text, match.end())
        if tail and text[match.start()] in "$€£" and tail[1][0].isdigit():
            end = tail.end()
            if not _re(rf"\s?(?:{_UNIT}|[ap]\.?m)\b").match(text, end):
                yield _value("price", _amount(tail[1]), text, tail.start(1), end)
    for match in _re(
        rf"\b(?:costs?|charge|charges|runs?|pay|fee (?:is|of)|price (?:is|of)|cuesta|cobramos|precio es)(?: is| you| around| about| only| just)? ({NUMBER})(?= |[.,!]|$){_NOT_COUNTED}"
    ).finditer(text):
        yield _value("price", _amount(match[1]), text, match.start(1), match.end(1))


def _money(said: str, match: re.Match[str], text: str) -> Value:
    units: set[str] = set()
    end = match.end()
    while per := _re(_PER).match(text, end):
        named = per[0].lstrip().startswith(("/", "per "))
        units.add(_counted_by(per[1]) or (per[1].split()[-1] if named else ""))
        end = per.end()
    counted = " ".join(sorted(units - {""}))
    if not counted and _re(r"\s?(?:each|apiece|a piece|cada un[oa]|c/u)\b").match(
        text, match.end()
    ):
        counted = "each"
    bound = "delta" if _is_delta(text, match) else ""
    bound = bound or _bound(text, match.start()) or _bound_after(text, match.end())
    sign = next((one for one in "€£" if one in match[0]), "")
    key = f"{sign}{_amount(said)}" if sign else _amount(said)
    return _value("price", key, text, match.start(), match.end(), per=counted, bound=bound)


def _is_delta(text: str, match: re.Match[str]) -> bool:
    """What is saved or taken off is not what is paid."""
    before = text[max(0, match.start() - 24) : match.start()]
    if _re(r"\b(?:sav(?:e|es|ing|ings)(?: of| you)?|ahorr\w+|descuento de)(?: \w+)? $").search(
        before
    ):
        return True
    return bool(
        _re(r" (?:off|less|cheaper|more than|menos|mas barat\w+|de descuento|de ahorro)\b").match(
            text, match.end()
        )
    )


def _counted_by(said: str) -> str:
    """`hour` for "an hour", "/hr", "la hora"; empty where nothing is counted."""
    words = said.split()
    units = {
        "hour": "hour", "hr": "hour", "hora": "hour", "day": "day", "dia": "day", "week": "week", "month": "month",
        "mo": "month", "mes": "month", "year": "year", "yr": "year", "ano": "year", "person": "person",
        "persona": "person", "head": "person", "guest": "person", "student": "person", "alumno": "person", "foot": "foot",
        "unit": "each", "axle": "axle", "bottle": "bottle", "session": "session", "sesion": "session", "mile": "mile", "visit": "visit", "pound": "pound",
    }  # fmt: skip
    unit = next((units[word.rstrip("s")] for word in words if word.rstrip("s") in units), "")
    if not unit:
        return ""
    if "first" in words or "primera" in words:
        return f"first {unit}"
    return unit


def _percents(text: str) -> Iterator[Value]:
    for match in _re(rf"\b({NUMBER})\s?(?:%|percent\b|por ciento\b)").finditer(text):
        yield _value("percent", number(match[1]), text, match.start(), match.end())
    for match in _re(
        r"\bhalf(?:[ -](?:off|price)|(?! (?:an |a )?(?:hour|past|day)))\b|\b(?:la )?mitad\b"
    ).finditer(text):
        if not _re(r"(?:hours?|years?|days?|months?) and an? $").search(text[: match.start()]):
            yield _value("percent", 50.0, text, match.start(), match.end())


def _lengths(text: str) -> Iterator[Value]:
    for match in _re(
        r"\b(?:(?:one|an|1) hour and a half|hour and a half|hora y media|an hour and thirty minutes)\b"
    ).finditer(text):
        yield _value("length", ("min", 90.0), text, match.start(), match.end())
    for match in _re(rf"\b({NUMBER})[ -](?:years?[ -]olds?|yr[ -]?old|yo)\b").finditer(text):
        yield _value("number", number(match[1]), text, match.start(), match.end())
        text = _blanked(text, match)
    for match in _re(rf"\b({NUMBER}|an?) days? from now\b|\ben ({NUMBER}) dias\b").finditer(text):
        said = match[1] or match[2]
        days = 1.0 if said in ("a", "an") else number(said)
        yield _value("date", ("in", int(days)), text, match.start(), match.end())
        text = _blanked(text, match)
    for match in _re(r"\b(?:half an hour|half[ -]hour|a half hour|media hora)\b").finditer(text):
        yield _value("length", ("min", 30.0), text, match.start(), match.end())
    counted = rf"\b({NUMBER}|an?|una?)(?:[ -]| and a half | full | whole | business | working | calendar | further | additional )({_UNIT})\b(?: y media| and a half)?"
    for match in _re(counted).finditer(text):
        if match[0].startswith(("a ", "an ", "una ", "un ")) and _is_rate(text, match):
            continue
        half = 0.5 if "and a half" in match[0] or "y media" in match[0] else 0.0
        amount = (1.0 if match[1] in ("a", "an", "un", "una") else number(match[1])) + half
        bound = _bound(text, match.start())
        yield _value(
            "length", _long(amount, match[2]), text, match.start(), match.end(), bound=bound
        )


def _is_rate(text: str, match: re.Match[str]) -> bool:
    """The "an hour" of "$95 an hour" says what is counted, not how long."""
    return text[: match.start()].rstrip().endswith("\x00")


def _long(amount: float, unit: str) -> tuple[str, float]:
    for start, months in _MONTHS_LONG.items():
        if unit.startswith(start) and not unit.startswith("min"):
            return ("month", amount * months)
    factor = next(value for start, value in _MINUTES.items() if unit.startswith(start))
    return ("min", amount * factor)


def _iso_times(text: str) -> Iterator[Value]:
    written = r"\b\d{4}-(\d\d)-(\d\d)t(\d\d):(\d\d)(?::\d\d)?(?:z|[+-]\d\d:?\d\d)?"
    for match in _re(written).finditer(text):
        day = ("day", int(match[1]), int(match[2]), 0)
        yield _value("date", day, text, match.start(), match.start() + 10)
        clock = (int(match[3]), int(match[4]), True)
        yield _value("time", clock, text, match.start() + 10, match.end())


def _numbered_days(text: str) -> Iterator[Value]:
    """El jueves 11 a las 2."""
    weekday = "lunes|martes|miercoles|jueves|viernes|sabado|domingo"
    for match in _re(rf"\b(?:{weekday}) (\d{{1,2}})(?= (?:a las?|con)\b)").finditer(text):
        yield _value("date", ("nth", int(match[1])), text, match.start(1), match.end())


def _ranged_times(text: str) -> Iterator[Value]:
    for match in _ranges(text):
        yield from _span_of_time(text, match)


def _spoken_times(text: str) -> Iterator[Value]:
    for match in _re(_SPOKEN).finditer(text):
        yield _spoken(match, text)


def _times_to_noon(text: str) -> Iterator[Value]:
    to_noon = rf"\b{_HOUR}{_HALF}?(?={_TO}(?:noon|mediodia|12 noon|midnight)\b)"
    for match in _re(to_noon).finditer(text):
        half = _half(match[3], match[5])
        yield _clock(text, match.start(), match.end(), match[1], match[2], half, "from")


def _marked_times(text: str) -> Iterator[Value]:
    for match in _re(rf"\b{_HOUR}(?:{_HALF}| o'?clock\b)").finditer(text):
        half = _half(match[3], match[5])
        yield _clock(text, match.start(), match.end(), match[1], match[2], half)


def _plain_times(text: str) -> Iterator[Value]:
    plain = r"\b(\d{1,2}):(\d\d)\b|\b(?:12 )?(noon|mediodia|midnight|medianoche)\b"
    for match in _re(plain).finditer(text):
        if match[3]:
            key = (12, 0, True) if match[3] in ("noon", "mediodia") else (0, 0, True)
            role = _role(text, match.start())
            yield _value("time", key, text, match.start(), match.end(), bound=role)
        else:
            yield _clock(text, match.start(), match.end(), match[1], match[2], None)


def _led_times(text: str) -> Iterator[Value]:
    """A bare hour after "at", "until" and the like."""
    lead = r"\b(?:at|(?<!one )by|from|desde|de las|until|till?|before|after|around|opens?|closes?|a las?|hasta las?|desde las?|antes de las?|despues de las?|las)\s"
    bare = rf"{lead}(?:about |around )?(\d{{1,2}}|(?<!at )once|(?!once){WORDS})\b{_NOT_COUNTED}(?!\s[a-z]+s\b)"
    for match in _re(bare).finditer(text):
        if number(match[1]) <= 12:  # noqa: PLR2004 - hours of a clock
            yield _clock(text, match.start(1), match.end(1), match[1], None, None)


_PAST = r"(?:half|(?:a )?quarter|ten|twenty|five) (?:past|after|to|till|before|of)"
_MINUTE_WORDS = r"(?:ten|fifteen|twenty|thirty|forty|forty-five|fifty)"
_SPOKEN = rf"\b(?:({_PAST}) ({_HOUR_WORD})|(?<![$\d])({_HOUR_WORD}) ({_MINUTE_WORDS})(?! ?(?:minutes?|dollars|percent|people))|({_HOUR_WORD}) (y (?:media|cuarto|quince|treinta)|menos cuarto))\b{_HALF}?"


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
        r"(?=\s*(?:$|[.,;:!?)\x00]|(?:on|and|y|except|excepto|daily|each|every|sharp|most|in|it|it's|we|with|con|los|el|de|or|"
        + _DAY
        + r"|weekdays|weekends|diario|entre)\b))"
    )
    both = rf"\b{_HOUR}{_HALF}?{_TO}{_HOUR}(?:{_HALF}|{after}){_NOT_COUNTED}"
    return [one for one in _re(both).finditer(text) if _is_range(one)]


def _is_range(match: re.Match[str]) -> bool:
    hours = (number(match[1]), number(match[6]))
    if max(hours) > 12 and ":" not in match[0]:  # noqa: PLR2004 - hours of a clock
        return False
    if _re(rf"\b(?:{_MONTH})\.? $").search(match.string[: match.start()]):
        return False
    joins = _re(r"\b(?:and|y)\b").search(match[0])
    marked = match[3] or match[8] or match[2] or match[7] or match[5] or match[10]
    return max(hours) <= 24 and not (joins and not marked)  # noqa: PLR2004 - hours of a day


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
    joined = "and" in match[0] or " y " in match[0]
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
    marked = _re(r"\.?\s?m\b\.?").match(match.string, end) if match[3] else None
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
    known = half is not None or said > 12 or said == 0  # noqa: PLR2004
    key = (said, int(minute or 0), known)
    return _value("time", key, text, start, end, bound=_role(text, start) if role is None else role)


def _role(text: str, start: int) -> str:
    """Whether the time is a beginning or an end of something."""
    lead = text[max(0, start - 22) : start]
    if _re(
        r"\b(?:until|till?|by|before|clos\w+(?: up)?(?: at)?|hasta|cerramos|cierra\w*|antes de)(?: las?| a las?)?\s*$"
    ).search(lead):
        return "to"
    if _re(
        r"\b(?:opens?|opening|from|after|since|desde|abrimos|abre\w*|starts?|starting)(?: at| las?| a las?)?\s*$"
    ).search(lead):
        return "from"
    return ""


def _dates(text: str) -> Iterator[Value]:
    year = r"(?:,? (?:de |del )?(20\d\d))?"
    written = rf"\b({_MONTH})\.? (?P<day>{_NTH})\b{year}|\b({_NTH})(?: of| de)? ({_MONTH})\b{year}|\b(\d{{4}})-(\d\d)-(\d\d)\b|(?<![\d/])(\d{{1,2}})/(\d{{1,2}})(?:/(?:20)?(\d\d))?(?![\d/])"
    for match in _re(written).finditer(text):
        yield _value("date", _month_day(match), text, match.start(), match.end())


def _runs_of_days(text: str) -> Iterator[Value]:
    to = r"(?:\s?-\s?|\s?(?:to|through|thru|a|al)\s)"
    for match in _re(rf"\b({_DAY})\b\.?{to}(?:el )?({_DAY})\b").finditer(text):
        first, last = _weekday(match[1]), _weekday(match[2])
        days = frozenset((first + step) % 7 for step in range((last - first) % 7 + 1))
        yield _value("date", days, text, match.start(), match.end())


def _sets_of_days(text: str) -> Iterator[Value]:
    for source, days in _SETS.items():
        for match in _re(source).finditer(text):
            yield _value("date", days, text, match.start(), match.end())


def _weekdays(text: str) -> Iterator[Value]:
    for match in _re(rf"\b({_DAY})\b").finditer(text):
        yield _value("date", frozenset({_weekday(match[1])}), text, match.start(), match.end())


def _days_from_now(text: str) -> Iterator[Value]:
    near = r"\b(?:(?<!same )(?<!next )(?:day after tomorrow|tomorrow|today|tonight|this (?:morning|afternoon|evening))|hoy|esta noche|pasado manana|(?<!la )manana)\b"
    for match in _re(near).finditer(text):
        yield _value("date", ("in", _days_on(match[0])), text, match.start(), match.end())


def _days_of_month(text: str) -> Iterator[Value]:
    no_floor = r"(?! (?:floor|street|ave))"
    nth = rf"\b(?:the|el) (\d{{1,2}})(?:st|nd|rd|th)?\b{no_floor}|\b(\d{{1,2}})(?:st|nd|rd|th)\b{no_floor}"
    more = r"(?<=\x00)\s?(?:and|y|&|-|to)\s?(\d{1,2})\b(?![:\d]|\s?[ap]\.?m)"
    for match in _re(more).finditer(text):
        yield _value("date", ("nth", int(match[1])), text, match.start(1), match.end())
    for match in _re(nth).finditer(text):
        yield _value("date", ("nth", int(match[1] or match[2])), text, match.start(), match.end())


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
    return next(at for at, names in enumerate(_MONTHS, 1) if _re(names).fullmatch(said))


def _weekday(said: str) -> int:
    return next(at for at, names in enumerate(_DAY_NAMES) if _re(names).fullmatch(said))


def _numbers(text: str) -> Iterator[Value]:
    """What no other finder took: counts, ZIP codes, sizes, licence numbers."""
    for match in _re(rf"\b({'|'.join(_ORDINALS)})\b|\b(\d{{1,3}})(?:st|nd|rd|th)\b").finditer(text):
        said = _ORDINALS.index(match[1]) + 3 if match[1] else int(match[2])
        yield _value("number", float(said), text, match.start(), match.end())
    for match in _re(
        rf"(?<![\w.])(?:\d[\d,]*(?:\.\d+)?k?(?=\b)|(?!one\b|once\b|un[ao]?\b|a\b){WORDS}\b)"
    ).finditer(text):
        count = match[0].rstrip(",")
        bound = _bound(text, match.start()) or _bound_after(text, match.end())
        yield _value(
            "number", number(count), text, match.start(), match.start() + len(count), bound=bound
        )


_ORDINALS = ("third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _amount(said: str) -> float:
    return round(number(said), 2)


def _bound(text: str, start: int) -> str:
    lead = text[max(0, start - 24) : start]
    if _re(rf"\b{_FROM}\s(?:only |just |about |around )?$").search(lead):
        return "from"
    return "to" if _re(rf"\b{_UP_TO}\s$").search(lead) else ""


def _bound_after(text: str, end: int) -> str:
    return (
        "from"
        if _re(
            r"\s?(?:\+|(?: \w{2,6})? ?(?:and (?:up|over|older|above)|or (?:more|older|over)|minimum|plus\b(?! )|y mas|o mas))"
        ).match(text, end)
        else ""
    )


def _blanked(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\x00" * len(match[0]) + text[match.end() :]


def _value(
    kind: Kind, key: Key, text: str, start: int, end: int, *, bound: str = "", per: str = ""
) -> Value:
    return Value(
        kind=kind, key=key, span=text[start:end], start=start, end=end, bound=bound, per=per
    )


@cache
def _re(source: str) -> re.Pattern[str]:
    return re.compile(source)


_FINDERS: tuple[Callable[[str], Iterator[Value]], ...] = (
    _links, _phones, _addresses, _prices, _percents, _lengths,
    _iso_times, _numbered_days, _ranged_times, _spoken_times, _times_to_noon, _marked_times, _plain_times, _led_times,
    _dates, _runs_of_days, _sets_of_days, _weekdays, _days_from_now, _days_of_month, _numbers,
)  # fmt: skip
