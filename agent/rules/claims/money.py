"""Prices and percentages in a text."""

import re
from collections.abc import Iterator

from agent.rules.claims.numbers import NUMBER, number
from agent.rules.claims.value import (
    NOT_COUNTED,
    UNIT,
    Value,
    bound_after,
    bound_of,
    pattern,
    value_at,
)

_COUNTED_BY = r"(?:a|an|per|each|por|al|la) (?:hour|day|week|month|year|person|visit|session|hora|dia|mes|ano|persona|night|noche|dozen)\b"
_PER = r"(?:\s?(?:/|per|por cada|an?(?= (?:hour|day|week|month|year|person|head|visit|foot|mile|pound|lb|guest|student|bottle|session|unit))|each|every|for each|por|al?(?= (?:hora|dia|mes|ano|persona))|la(?= hora)|cada|for the(?= first))\s?((?:further |additional |extra |first |next |after |primera |adicional )*[a-z]+))"


def prices(text: str) -> Iterator[Value]:
    money = rf"(?:us)?[$€£]\s?({NUMBER})|\b({NUMBER})[ -]?(?:dollars?|bucks?|usd|dolares|pesos)\b|\ba (hundred) (?:dollars|bucks)\b"
    both = rf"\b({NUMBER}) (?:and|to|or|y|a|-) (?={NUMBER} (?:dollars|bucks|dolares)\b)"
    for match in pattern(both).finditer(text):
        yield value_at("price", amount(match[1]), text, match.start(1), match.end(1))
    for match in pattern(money).finditer(text):
        said = next(one for one in match.groups() if one)
        yield _money(said, match, text)
        tail = pattern(rf"\s?(?:-|to|a|or)\s?({NUMBER})(?![\w%])").match(text, match.end())
        if tail and text[match.start()] in "$€£" and tail[1][0].isdigit():
            end = tail.end()
            if not pattern(rf"\s?(?:{UNIT}|[ap]\.?m)\b").match(text, end):
                yield value_at("price", amount(tail[1]), text, tail.start(1), end)


def counted_prices(text: str) -> Iterator[Value]:
    """The "140 a month" and the "plus 32" of a text that speaks of money."""
    for match in pattern(rf"(?<![\d$.,:/-])\b(\d{{2,4}}) (?={_COUNTED_BY})").finditer(text):
        yield _money(match[1], match, text)
    if "\x00" in text or "$" in text:
        for match in pattern(
            r"\b(?:plus|minus|that's|at|menos)\s(\d{1,4}(?:\.\d\d)?)(?= plus| minus|[.,;]?$|[,;] | each| apiece| off)"
        ).finditer(text):
            yield value_at("price", amount(match[1]), text, match.start(1), match.end(1))


def charged_prices(text: str) -> Iterator[Value]:
    """A bare number that is said to be charged."""
    for match in pattern(
        rf"\b(?:costs?|charge|charges|runs?|pay|fee (?:is|of)|price (?:is|of)|cuesta|cobramos|precio es)(?: is| you| around| about| only| just)? ({NUMBER})(?= |[.,!]|$){NOT_COUNTED}"
    ).finditer(text):
        yield value_at("price", amount(match[1]), text, match.start(1), match.end(1))


def _money(said: str, match: re.Match[str], text: str) -> Value:
    units: set[str] = set()
    end = match.end()
    while per := pattern(_PER).match(text, end):
        named = per[0].lstrip().startswith(("/", "per "))
        units.add(_counted_by(per[1]) or (per[1].split()[-1] if named else ""))
        end = per.end()
    counted = " ".join(sorted(units - {""}))
    if not counted and pattern(r"\s?(?:each|apiece|a piece|cada un[oa]|c/u)\b").match(
        text, match.end()
    ):
        counted = "each"
    bound = "delta" if _is_delta(text, match) else ""
    bound = bound or bound_of(text, match.start()) or bound_after(text, match.end())
    sign = next((one for one in "€£" if one in match[0]), "")
    key = f"{sign}{amount(said)}" if sign else amount(said)
    return value_at("price", key, text, match.start(), match.end(), per=counted, bound=bound)


def _is_delta(text: str, match: re.Match[str]) -> bool:
    """What is saved or taken off is not what is paid."""
    before = text[max(0, match.start() - 24) : match.start()]
    if pattern(r"\b(?:sav(?:e|es|ing|ings)(?: of| you)?|ahorr\w+|descuento de)(?: \w+)? $").search(
        before
    ):
        return True
    return bool(
        pattern(
            r" (?:off|less|cheaper|more than|menos|mas barat\w+|de descuento|de ahorro)\b"
        ).match(text, match.end())
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


def amount(said: str) -> float:
    return round(number(said), 2)


def percents(text: str) -> Iterator[Value]:
    for match in pattern(rf"\b({NUMBER})\s?(?:%|percent\b|por ciento\b)").finditer(text):
        yield value_at("percent", number(match[1]), text, match.start(), match.end())
    for match in pattern(r"\ba quarter (?:off|of (?:that|it|the))\b").finditer(text):
        yield value_at("percent", 25.0, text, match.start(), match.end())
    for match in pattern(
        r"\bhalf(?:[ -](?:off|price)|(?! (?:an |a )?(?:hour|past|day)))\b|\b(?:la )?mitad\b"
    ).finditer(text):
        if not pattern(r"(?:hours?|years?|days?|months?) and an? $").search(text[: match.start()]):
            yield value_at("percent", 50.0, text, match.start(), match.end())
