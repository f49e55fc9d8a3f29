"""What an owner's words say that a service costs at least."""

import re

_NUMBER = r"(?>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d{1,2})?+(?!\d|[.,]\d)"
"""Whole, or not at all: no part of a longer number."""
_CAP = r"(?P<cap>(?:up to|under|below|less than|at most|max(?:imum|\.)?)\s+)?"
_FREE = r"(?<![\w-])(?:free(?![\w-])|no charge\b|no cost\b)"
_MARKED = re.compile(rf"(?P<free>{_FREE})|{_CAP}\$\s*(?P<amount>{_NUMBER})", re.IGNORECASE)
_AFTER = r"\s*(?:$|[^\w\s%/]|(?:usd|dollars?|and up|each|per|flat|plus)\b)"
_BARE = re.compile(
    rf"{_CAP}(?<![\w.,/\u2013\u2014-])(?P<amount>{_NUMBER})(?:\s*(?:[-\u2013\u2014]|to)\s*(?:{_NUMBER}))?+(?={_AFTER})",
    re.IGNORECASE,
)


def least_cents(price: str | None) -> int | None:
    """The lowest amount that a price like "$149", "from $99" or "$80-120" names, in cents; "free" is 0.

    Too little is only modest, too much would be a claim: "up to $200" has no lowest amount.

    Returns:
        None: it names none, as in "call for price".
    """
    words = price or ""
    found = _MARKED.search(words) or _BARE.search(words)
    if found is None:
        return None
    if "free" in found.re.groupindex and found["free"]:
        return 0
    return None if found["cap"] else _cents(found["amount"])


def amounts(words: str) -> frozenset[int]:
    """Every amount with a $ sign that words name, in cents."""
    found = _MARKED.finditer(words)
    return frozenset(_cents(one["amount"]) for one in found if one["amount"])


def _cents(number: str) -> int:
    return round(float(number.replace(",", "")) * 100)
