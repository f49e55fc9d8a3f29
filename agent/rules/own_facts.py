"""What the business's profile itself answers: hours, address, the price of a service."""

from datetime import date, datetime
from itertools import groupby

from agent.business import WEEKDAYS, Business, Service
from agent.data import rule_data
from agent.model import Evidence, Intent, Reading
from agent.rules import services
from agent.rules.hours import clock_words, is_open, next_opening
from agent.rules.normal import first_match, normal
from agent.rules.openings import opening_hours
from agent.rules.phrases import phrase, slot_words, words_of
from agent.rules.stems import telling


def facts(
    business: Business,
    reading: Reading,
    text: str,
    now: datetime,
    about: Service | None = None,
) -> list[Evidence]:
    """Each as a sentence in the caller's language, said by the profile; empty: it does not answer this.

    Args:
        about: the service talked about, where the text names none.
    """
    found = [_price(business, reading, text, now, about), _hours(business, reading, text, now)]
    found.append(_area(business, reading, text, now))
    if _asks("services", text) and business.services:
        names = ", ".join(service.name for service in business.services)
        found.append(phrase("services", business, now, reading.language, services=names))
    if business.address and _asks("address", text):
        found.append(phrase("address", business, now, reading.language, address=business.address))
    return [
        Evidence(id=f"profile-{place}", kind="profile", text=words)
        for place, words in enumerate(found)
        if words
    ]


def asks_enough(text: str) -> bool:
    """Is there anything more to tell?"""
    return _asks("enough", text)


def outside_area(business: Business, reading: Reading) -> bool:
    """The caller's ZIP is none of those that the business serves."""
    served, given = business.service_area.zips, reading.details.get("zip")
    return bool(served and given) and given not in served


def _area(business: Business, reading: Reading, text: str, now: datetime) -> str:
    given = reading.details.get("zip")
    if not business.service_area.zips or not given:
        return ""
    if outside_area(business, reading):
        return phrase("outside_area", business, now, reading.language, zip=given)
    asks = "?" in text or Intent.QUESTION in reading.intents
    return phrase("in_area", business, now, reading.language, zip=given) if asks else ""


def _price(
    business: Business, reading: Reading, text: str, now: datetime, about: Service | None
) -> str:
    """In health mode a text never names the service that it is about."""
    if Intent.PRICE_REQUEST not in reading.intents:
        return ""
    named = services.named(business, text)
    if not named and about and not telling(text):
        named = [about]  # "how much is it"; who names another thing asks for that
    if len(named) != 1 or _asks("other_money", text) or services.is_part_of_a_name(named[0], text):
        return ""
    service, name = named[0], "price_alone" if business.privacy.health else "price"
    said = {"service": service.name, "price": service.price}
    return phrase(name, business, now, reading.language, **said) if service.price else ""


def _hours(business: Business, reading: Reading, text: str, now: datetime) -> str:
    if not _asks("hours", text):
        return ""
    wish = reading.when
    if wish and wish.date and not wish.date_end:
        return _on(business, date.fromisoformat(wish.date), now, reading.language)
    today = now.astimezone(business.zone).date()
    if _asks("at_this_moment", text) and not is_open(business, now):
        return _closed_now(business, now, reading.language)
    if _asks("today", text) or _differs(business, today):
        return _on(business, today, now, reading.language)
    if _asks("some_holiday", text):
        return ""
    return _week(business, now, reading.language)


def _closed_now(business: Business, now: datetime, language: str) -> str:
    opening = next_opening(business, now)
    if opening is None:
        return ""
    return phrase("closed_now", business, now, language, opening=slot_words(opening, language))


def _differs(business: Business, day: date) -> bool:
    """The day has other hours than its weekday."""
    usual = ", ".join(map(_clocks, business.hours.get(WEEKDAYS[day.weekday()], ())))
    return _spans(business, day) != usual


def _on(business: Business, day: date, now: datetime, language: str) -> str:
    names = words_of(language)["times"]
    told = f"{names['days'][day.weekday()]} {names['months'][day.month - 1]} {day.day}"
    spans = _spans(business, day)
    name = "open_on" if spans else "closed_on"
    return phrase(name, business, now, language, day=told, hours=spans)


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
    return phrase("open_week", business, now, language, hours="; ".join(told)) if told else ""


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
