"""Days in other languages than English and Spanish: `dateparser` translates the one word, nothing else is asked of it."""

from datetime import date, datetime
from functools import cache

from agent.data import rule_data
from agent.rules.times.scan import Found, Scan

_FIRST_IDEOGRAPH = 0x2E80


def find_days_elsewhere(scan: Scan, now: datetime) -> None:
    """Take the first day that a word of another language names."""
    text = scan.text.lower()
    for language, word in _words():
        place = text.find(word)
        if place >= 0 and _stands_alone(text, place, place + len(word)):
            if day := _day(word, language, now):
                scan.add(Found(day=day), place, min(place + len(word), len(scan.said)))
            return


@cache
def _words() -> tuple[tuple[str, str], ...]:
    """(language, word), longest word first."""
    pairs = [
        (language, word)
        for language, words in rule_data("when")["elsewhere"].items()
        for word in words
    ]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[1])))


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Not a part of a longer word; scripts without spaces have no such parts."""
    if ord(text[start]) >= _FIRST_IDEOGRAPH:
        return True
    return not (
        text[:start][-1:].isalnum() or text[end:][:1].isalnum() or text[:start].endswith("guten ")
    )


def _day(word: str, language: str, now: datetime) -> date | None:
    import dateparser  # noqa: PLC0415 - a quarter of a second that few texts need

    settings = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "future"}
    found = dateparser.parse(word, languages=[language], settings=settings)
    return found.date() if found else None
