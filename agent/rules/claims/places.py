"""Links, phone numbers and addresses in a text."""

import re
from collections.abc import Iterator

from agent.rules.claims.value import (
    Value,
    pattern,
    value_at,
)


def links(text: str) -> Iterator[Value]:
    for match in pattern(
        r"(?:https?://|www\.)[^\s,;)]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b[a-z0-9-]{2,}(?:\.[a-z0-9-]{2,})*\.[a-z]{2,}\b(?:/[^\s,;)]*)?"
    ).finditer(text):
        said = match.group(0).rstrip(".!?")
        key = re.sub(r"^(?:https?://)?(?:www\.)?", "", said).rstrip("/")
        yield value_at("link", key, text, match.start(), match.start() + len(said))


def phones(text: str) -> Iterator[Value]:
    for match in pattern(
        r"(?<![\d$.-])(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}(?!\d)|(?<![\d$.-])\d{3}-\d{4}(?![\d-])"
    ).finditer(text):
        digits = re.sub(r"\D", "", match.group(0))
        yield value_at("phone", digits[-10:], text, match.start(), match.end())


_STREETS = {
    "st": "st street", "ave": "ave avenue", "rd": "rd road", "blvd": "blvd boulevard", "dr": "dr drive", "ln": "ln lane",
    "way": "way", "ct": "ct court", "pl": "pl place", "hwy": "hwy highway", "pkwy": "pkwy parkway", "sq": "sq square",
    "ter": "ter terrace", "cir": "cir circle",
}  # fmt: skip
_STREET = "|".join(" ".join(_STREETS.values()).split())


def addresses(text: str) -> Iterator[Value]:
    for match in pattern(
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
        yield value_at("address", key, text, match.start(), match.end())
