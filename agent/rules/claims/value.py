"""A checkable value in a text, and what all finders of values share."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

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


def fold(text: str) -> str:
    """Lower case without accents, sign for sign: as long as the text itself."""
    text = _ACRONYM.sub(lambda match: f"{match[0][0]}0{match[0][2]}", text)
    return text.lower().translate(_PLAIN)


_ACRONYM = re.compile(r"\b(?:SAT|SUN|MON|MAR)\b(?= [a-z]{3})")
"""The test, not the day: "SAT prep"."""
_PLAIN = str.maketrans("áéíóúüñ’‘´`–—", "aeiouun''''--")  # noqa: RUF001
UNIT = r"minutes?|mins?|minutos?|hours?|hrs?|horas?|days?|dias?|weeks?|semanas?|months?|mes(?:es)?|years?|yrs?|anos?"
NOT_COUNTED = (
    r"(?!\s?(?:%|percent|por ciento|dollars?|bucks|dolares|pounds?|lbs?|people|persons?|feet|foot|ft|miles?|gallons?|am\b\w|"
    + rf"(?:{UNIT})\b"
    + r"|/|:\d|\d|-\d{3}|,\d{3}|\.\d))"
)
_FROM = r"(?:starts?(?: at| from)?|starting(?: at| from)?|from|at least|minimum(?: of)?|over|more than|above|plus de|a partir de|desde|empiezan? (?:en|desde)|al menos|por lo menos|mas de|minimo(?: de)?)"
_UP_TO = r"(?:up to|at most|under|less than|below|within|no more than|maximum(?: of)?|max(?: of)?|hasta|menos de|dentro de|maximo(?: de)?|tope de|capped at|cap of|or under)"


def value_at(
    kind: Kind, key: Key, text: str, start: int, end: int, *, bound: str = "", per: str = ""
) -> Value:
    return Value(
        kind=kind, key=key, span=text[start:end], start=start, end=end, bound=bound, per=per
    )


def bound_of(text: str, start: int) -> str:
    lead = text[max(0, start - 24) : start]
    if pattern(rf"\b{_FROM}\s(?:only |just |about |around )?$").search(lead):
        return "from"
    return "to" if pattern(rf"\b{_UP_TO}\s$").search(lead) else ""


def bound_after(text: str, end: int) -> str:
    return (
        "from"
        if pattern(
            r"\s?(?:\+|plus\b(?! )|(?: \w{2,6})? ?(?:and (?:up|over|older|above)|or (?:more|older|over)|minimum|y mas|o mas|en adelante))"
        ).match(text, end)
        else ""
    )


def without(text: str, match: re.Match[str]) -> str:
    return text[: match.start()] + "\x00" * len(match[0]) + text[match.end() :]


@cache
def pattern(source: str) -> re.Pattern[str]:
    return re.compile(source)
