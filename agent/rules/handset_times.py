"""Until when a person is busy, as they text it: "3", "3:30pm", "tomorrow 8am", "2h", "half past 3", "las 5 de la tarde"."""

import re
from datetime import UTC, datetime, time, timedelta
from functools import cache

LONGEST = timedelta(hours=24)
"""Of a duration."""
_SURELY = timedelta(hours=20)
"""A plain clock time that lies further ahead has rather just passed."""
_NIGHT_ENDS = 6
_HALF_DAY, _NOON = 12, time(12)

_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "una": 1, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
    "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12,
}  # fmt: skip
_WEEKDAYS = ("mon|lun", "tue|mar", "wed|mie", "thu|jue", "fri|vie", "sat|sab", "sun|dom")
_DAY = r"(?P<day>(?:tomorrow|tomorow|tmrw|tmw|manana)|(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mie|jue|vie|sab|dom)[a-z]*)"
_HALF = r"(?P<half>am?|pm?|a\.m\.?|p\.m\.?|o ?clock|de la (?:tarde|noche|manana)|in the (?:morning|afternoon|evening))"
_CLOCK = (
    r"(?P<named>noon|midday|mediodia|midnight|medianoche)"
    r"|(?:(?P<past>half past)? ?(?P<hour>\d{1,2}|[a-z]+?)(?::?(?P<minute>\d\d))?"
    rf"(?: ?{_HALF})?)"
)
_AT = r"(?:at |by |on |a |@ ?)?(?:las? )?"
_TIME = (
    rf"(?:(?:on |el )?{_DAY} ?,? )?{_AT}(?:{_CLOCK})(?: (?:on )?{_DAY.replace('day', 'later')})?"
)
_LONG = r"(?:for |in |por |unos |en )?(?P<many>\d+(?:\.\d)?|half an?|an?|una?|[a-z]+) ?(?P<unit>h|hrs?|hours?|horas?|m|mins?|minutes?|minutos?)"


def until(words: str, now: datetime) -> datetime | None:
    """The moment that folded words name, in the zone of `now`; None: none, a past one, or not certainly one.

    A bare hour is the next such hour of the clock, and none if that would be between midnight and six:
    too short a "busy" costs one alert too many, too long a one misses an emergency.
    """
    if found := re.fullmatch(_LONG, words):
        return _after(found["many"], found["unit"], now)
    found = re.fullmatch(_TIME, words)
    if found is None or (found["day"] and found["later"]):
        return None
    moment = _at(found, now)
    return moment.astimezone(now.tzinfo) if moment else None


def number(word: str) -> int | None:
    """Of digits or of a number in letters up to twelve."""
    return int(word) if word.isdecimal() else _NUMBERS.get(word)


def _after(many: str, unit: str, now: datetime) -> datetime | None:
    halves = {"half a": 0.5, "half an": 0.5, "a": 1, "an": 1, "un": 1, "una": 1}
    count = halves.get(many) or (float(many) if many[0].isdecimal() else _NUMBERS.get(many))
    if not count:
        return None
    length = timedelta(hours=count) if unit[0] == "h" else timedelta(minutes=count)
    if length > LONGEST:
        return None
    return (now.astimezone(UTC) + length).astimezone(now.tzinfo)


def _at(found: re.Match[str], now: datetime) -> datetime | None:
    day = found["day"] or found["later"]
    clock, is_certain = _clock(found)
    if clock is None:
        return None
    if day:
        return _on_day(day, clock, now) if is_certain else None
    if not is_certain:
        return _next_hour(clock, now)
    today = _moment(now, 0, clock)
    if today > now:
        return today
    written_24h = not found["named"] and not found["half"]
    later = _moment(now, 1, clock)
    too_far = later - now > _SURELY and clock != _NOON
    return None if written_24h or too_far else later


def _clock(found: re.Match[str]) -> tuple[time | None, bool]:
    """The wall time, and whether it is certainly that half of the day."""
    if named := found["named"]:
        return (_NOON if named in ("noon", "midday", "mediodia") else time(0)), True
    hour, minute = number(found["hour"]), int(found["minute"] or 0)
    half = found["half"] or ""
    if hour is None or hour > 23 or minute > 59 or (found["past"] and found["minute"]):  # noqa: PLR2004 - a clock's own bounds
        return None, False
    minute = 30 if found["past"] else minute
    is_morning = half in ("a", "am", "a.m", "a.m.", "de la manana", "in the morning")
    if half and not half.endswith("clock"):
        if not 1 <= hour <= _HALF_DAY:
            return None, False
        return time(hour % _HALF_DAY + (0 if is_morning else _HALF_DAY), minute), True
    is_24h = hour > _HALF_DAY or hour == 0 or found["hour"].startswith("0")
    return time(hour, minute), is_24h


def _next_hour(clock: time, now: datetime) -> datetime | None:
    either = (clock.replace(hour=clock.hour % _HALF_DAY + half) for half in (0, _HALF_DAY))
    moments = [_moment(now, days, one) for one in either for days in (0, 1)]
    found = min(one for one in moments if one > now)
    return found if found.astimezone(now.tzinfo).hour >= _NIGHT_ENDS else None


def _on_day(day: str, clock: time, now: datetime) -> datetime | None:
    wanted = _weekday(day)
    if wanted is None:
        return _moment(now, 1, clock)
    days = (wanted - now.weekday()) % 7
    moment = _moment(now, days, clock)
    return moment if moment > now else _moment(now, days + 7, clock)


@cache
def _weekday(day: str) -> int | None:
    """Monday is 0; None: tomorrow."""
    if day.startswith(("tom", "tm", "manana")):
        return None
    return next(place for place, names in enumerate(_WEEKDAYS) if day[:3] in names.split("|"))


def _moment(now: datetime, days: int, clock: time) -> datetime:
    """A wall time some days from today, in UTC: moments of one zone compare by their clocks, which go back in fall.

    One that the clocks show twice is the first that lies ahead; one that they skip is the moment they would have shown it.
    """
    local = datetime.combine(now.date() + timedelta(days=days), clock, tzinfo=now.tzinfo)
    first, second = (local.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    return second if first <= now < second else first
