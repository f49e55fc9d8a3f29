"""Words that a business's facts make: what a caller hears when nobody can come to the phone, and what a website says of texts.

Both tell callers that a text comes, of what kind, and how to stop (47 CFR 64.1200(a)(10)). Not legal advice.
"""

import hashlib

from agent.business import Business
from agent.data import rule_data
from agent.rules import packs

_ID_LENGTH = 12


def greeting(business: Business, language: str | None = None, *, text_comes: bool = True) -> str:
    """What is said before a voicemail's tone, or before the call ends.

    Args:
        language: None: the business's first; one without words of ours: English.
        text_comes: the caller is to get one.
    """
    words = _words(business, language)
    comes = text_comes and business.texting.mode == "live"
    parts = [
        words["emergency"] if packs.is_health(business) else "",
        words["nobody"],
        words["text"] if comes else "",
        words["record"] if business.calls.voicemail.enabled else words["goodbye"],
    ]
    return " ".join(part for part in parts if part).format(business=business.name)


def heard(business: Business, *, text_comes: bool = True) -> str:
    """The owner's own greeting, else the one that is made."""
    return business.calls.voicemail.greeting or greeting(business, text_comes=text_comes)


def greeting_id(business: Business) -> str:
    """Names the words that a caller heard, to be kept with the consent: other words, another id."""
    return hashlib.sha256(heard(business).encode()).hexdigest()[:_ID_LENGTH]


def for_website(business: Business, language: str | None = None) -> str:
    """What stands beside a phone number or under a form: who texts, about what, how often, what it costs, how to stop."""
    return _words(business, language)["website"].format(business=business.name)


def _words(business: Business, language: str | None) -> dict[str, str]:
    wanted = (language or next(iter(business.languages), packs.LANGUAGES[0])).lower()[:2]
    known: dict[str, dict[str, str]] = rule_data("wording")
    return known[wanted if wanted in packs.LANGUAGES else packs.LANGUAGES[0]]
