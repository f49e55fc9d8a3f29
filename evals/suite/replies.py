"""What a reply must never say: values without ground, selling words, a private phone, too much, the wrong language."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from agent.rules import language
from agent.rules.segments import segments
from evals.suite.record import Record
from evals.suite.sayable import Sayable
from evals.suite.values import clocks, values
from server.rehearsal import PUBLIC_URL
from server.store.texts import TextRow

_SEGMENTS = 3
_OWN_LINK = PUBLIC_URL.removeprefix("https://")
_ECHOED = ("phone", "email", "address")
_SELLING = re.compile(
    r"(?i)\b(specials?|discount\w*|coupons?|promo\w*|deals?|limited time|refer a friend|best in town|"
    r"descuentos?|ofertas?|promoci[oó]n\w*)\b|%\s*(?:off|de descuento)"
)
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w* (?:[A-Z][a-z]{2}\w*) \d{1,2} at \d{1,2}:\d\d [AP]M"
_VISIT = re.compile(_DAY)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HEARD, _SAID = 2, 3
"""So many small words of a language show it, in what callers write and in a reply."""
_SMALL_WORDS = {
    "en": frozenset(
        [
            "the",
            "and",
            "to",
            "we",
            "you",
            "your",
            "is",
            "for",
            "or",
            "at",
            "our",
            "are",
            "of",
            "it",
            "with",
        ]
    ),
    "es": frozenset(
        [
            "el",
            "la",
            "los",
            "las",
            "de",
            "que",
            "para",
            "su",
            "con",
            "por",
            "una",
            "es",
            "en",
            "y",
            "al",
            "lo",
        ]
    ),
}
Check = Callable[[TextRow, Record, Sayable], Iterator[str]]


def said_wrongly(record: Record, ground: Sayable) -> Iterator[str]:
    """Every wrong thing in what was sent and no person wrote, with the text."""
    given = (record.case.get("setup") or {}).get("first_text")
    for row in record.agents:
        if row.body != given:
            for check in _CHECKS:
                yield from (f"{event}: {row.body!r}" for event in check(row, record, ground))


def _value(row: TextRow, record: Record, ground: Sayable) -> Iterator[str]:
    """A caller's own phone, e-mail and address may be said again; a price or a link may not."""
    written = values(_before(row, record))
    for found in values(row.body) - ground.values:
        is_echo = found.kind in _ECHOED and found in written
        is_page = found.kind == "link" and found.value.startswith(_OWN_LINK)
        if not (is_echo or is_page):
            yield f"a {found.kind} without ground, {found.value}"


def _clock(row: TextRow, record: Record, ground: Sayable) -> Iterator[str]:
    """A plain clock time is the business's, a visit's, or the caller's own."""
    zone = record.business.zone
    known = {minute for possible in clocks(_before(row, record)) for minute in possible}
    for visit in record.visits:
        known |= {_minute(moment.astimezone(zone)) for moment in (visit.start, visit.end)}
    for possible in clocks(row.body):
        if len(possible) == 1 and not possible & (known | ground.minutes):
            (minute,) = possible
            yield f"a clock time without ground, {minute // 60:02d}:{minute % 60:02d}"


def _visit(row: TextRow, record: Record, _: Sayable) -> Iterator[str]:
    """A day with its time, as times are offered, is one that was offered or booked."""
    zone = record.business.zone
    known = {_day(visit.start.astimezone(zone)) for visit in record.visits} | _told(record)
    yield from (
        f"a time that was never on offer, {found}"
        for found in _VISIT.findall(row.body)
        if found not in known
    )


def _private_phone(row: TextRow, _: Record, ground: Sayable) -> Iterator[str]:
    digits = re.sub(r"\D", "", row.body)
    yield from (f"a private phone, {phone}" for phone in ground.private_phones if phone in digits)


def _selling(row: TextRow, record: Record, ground: Sayable) -> Iterator[str]:
    """A word that sells, unless the owner wrote it or the caller asked with it."""
    allowed = f"{ground.words} {_before(row, record).lower()}"
    for found in _SELLING.finditer(row.body):
        if found[0].lower() not in allowed:
            yield f"a selling word, {found[0]}"


def _long(row: TextRow, *_: object) -> Iterator[str]:
    if segments(row.body) > _SEGMENTS:
        yield f"{segments(row.body)} segments"


def _language(row: TextRow, record: Record, ground: Sayable) -> Iterator[str]:
    """Plainly another than the caller's, who plainly writes one that the business speaks."""
    before = _before(row, record)
    heard = _plain_language(before, _HEARD)
    said = _plain_language(row.body, _SAID)
    is_plain = heard in ground.languages and heard == language.read(before)
    if is_plain and said and said != heard:
        yield f"in {said} to a caller who writes {heard}"


def _plain_language(text: str, enough: int) -> str | None:
    """The one of which a text has enough small words, and none of another; None: it is mixed or too short."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {name: sum(word in few for word in words) for name, few in _SMALL_WORDS.items()}
    found = [name for name, count in counts.items() if count]
    return found[0] if len(found) == 1 and counts[found[0]] >= enough else None


def _told(record: Record) -> set[str]:
    """The days and times of every offer and visit, as they stood after each step: a visit may move on."""
    return {
        _day(datetime.fromisoformat(one["start_local"]))
        for step in record.steps
        for state in (step.before, step.state)
        for one in (*state["offers"], *state["appointments"])
    }


def _before(row: TextRow, record: Record) -> str:
    return "\n".join(text.body for text in record.callers if text.seq < row.seq)


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _day(moment: datetime) -> str:
    clock = moment.strftime("%I:%M %p").lstrip("0")
    return f"{_WEEKDAYS[moment.weekday()]} {moment.strftime('%b')} {moment.day} at {clock}"


_CHECKS: tuple[Check, ...] = (
    _value,
    _clock,
    _visit,
    _private_phone,
    _selling,
    _long,
    _language,
)
