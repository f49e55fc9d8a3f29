"""Web addresses in a text: which hosts, and which of them may stand there."""

import re

from agent.business import Business

_LINK = re.compile(
    r"(?:https?://|www\.)[^\s,;)]+"
    r"|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|info|biz|shop|site|app|link|online|store|xyz|top|test|example|[a-z]{2})\b(?:[/:?#][^\s,;)]*)?"
)
SHORTENERS = frozenset(
    {
        "bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rb.gy", "cutt.ly",
        "shorturl.at", "rebrand.ly", "t.ly", "tiny.cc", "bl.ink", "s.id", "lnkd.in", "v.gd", "shorte.st",
    }
)  # fmt: skip
"""Carriers filter them: nobody sees where they lead."""


def hosts(text: str) -> list[str]:
    """The hosts of the links in a text, small letters, without `www.`."""
    return [_host(link) for link in _LINK.findall(text)]


def allowed(business: Business) -> frozenset[str]:
    """The hosts that the owner has named for texts."""
    return frozenset({*hosts(business.links.booking or ""), *business.links.hosts})


def _host(link: str) -> str:
    """Of the address that a browser would open, whatever name stands before an @."""
    whole = re.sub(r"^https?://", "", link.lower())
    place = re.split(r"[/?#]", whole, maxsplit=1)[0].rpartition("@")[2]
    return place.partition(":")[0].removeprefix("www.").rstrip(".")
