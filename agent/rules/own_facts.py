"""What the business's profile itself answers: hours, address, the price of a service."""

from datetime import date, datetime
from itertools import groupby

from agent.business import WEEKDAYS, Business
from agent.data import rule_data
from agent.model import Evidence, Intent, Reading
from agent.rules import services
from agent.rules.hours import clock_words
from agent.rules.normal import first_match, normal
from agent.rules.openings import opening_hours
from agent.rules.phrases import phrase, words_of


def facts(business: Business, reading: Reading, text: str, now: datetime) -> list[Evidence]:
    """Each as a sentence in the caller's language, said by the profile; empty: it does not answer this."""
    found = [_price(business, reading, text, now), _hours(business, reading, text, now)]
    if business.address and _asks("address", text):
        found.append(_say("address", business, now, reading.language, address=business.address))
    return [
        Evidence(id=f"profile-{place}", kind="profile", text=words)
        for place, words in enumerate(found)
        if words
    ]


def asks_enough(text: str) -> bool:
    """Is there anything more to tell?"""
    return _asks("enough", text)


def _price(business: Business, reading: Reading, text: str, now: datetime) -> str:
    """In health mode a text never names the service that it is about."""
    named = services.named(business, text)
    if Intent.PRICE_REQUEST not in reading.intents or len(named) != 1 or business.privacy.health:
        return ""
    service = named[0]
    said = {"service": service.name, "price": service.price}
    return _say("price", business, now, reading.language, **said) if service.price else ""


def _hours(business: Business, reading: Reading, text: str, now: datetime) -> str:
    if not _asks("hours", text):
        return ""
    wish = reading.when
    if wish and wish.date and not wish.date_end:
        return _on(business, date.fromisoformat(wish.date), now, reading.language)
    if first_match([r"\b(now|today|right now|hoy|ahora|ahorita)\b"], normal(text)):
        return _on(business, now.astimezone(business.zone).date(), now, reading.language)
    return _week(business, now, reading.language)


def _on(business: Business, day: date, now: datetime, language: str) -> str:
    names = words_of(language)["times"]
    told = f"{names['days'][day.weekday()]} {names['months'][day.month - 1]} {day.day}"
    spans = _spans(business, day)
    name = "open_on" if spans else "closed_on"
    return _say(name, business, now, language, day=told, hours=spans)


def _week(business: Business, now: datetime, language: str) -> str:
    """The week as it is by default, days with the same hours together."""
    names = words_of(language)["times"]["days"]
    week = [
        (spans, name) for spans, name in zip(map(business.hours.get, WEEKDAYS), names, strict=True)
    ]
    told = [
        f"{'-'.join(dict.fromkeys((days[0], days[-1])))} {', '.join(map(_clocks, spans))}"
        for spans, days in (
            (spans, [name for _, name in run])
            for spans, run in groupby(week, key=lambda day: day[0])
        )
        if spans
    ]
    return _say("open_week", business, now, language, hours="; ".join(told)) if told else ""


def _clocks(span: str) -> str:
    """08:00-17:00 as people write it."""
    ends = (datetime.strptime(end.replace("24:", "00:"), "%H:%M") for end in span.split("-"))  # noqa: DTZ007 - a time of day
    return "-".join(map(clock_words, ends))


def _spans(business: Business, day: date) -> str:
    spans = opening_hours(business).spans(day)
    local = [
        (one.start.astimezone(business.zone), one.end.astimezone(business.zone)) for one in spans
    ]
    return ", ".join(f"{clock_words(start)}-{clock_words(end)}" for start, end in local)


def _asks(what: str, text: str) -> bool:
    return first_match(rule_data("facts")["asks"][what], normal(text)) is not None


def _say(name: str, business: Business, now: datetime, language: str, **said: object) -> str:
    return phrase(name, business, now, language, **said)
