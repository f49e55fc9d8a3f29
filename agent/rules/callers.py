"""Who calls: a number that a text can reach, one that it cannot, a machine?

A text to a machine costs a cent, a person who is taken for one is a lost customer: so only clear signs count,
and where a person may be waiting after all, somebody is asked to look.
"""

from dataclasses import dataclass

import phonenumbers

from agent.business import Business
from agent.model import NoText
from agent.rules import phone
from agent.rules.phone import spoken

SHOPS_AT_MOST = 2
"""A person who needs help calls another shop or two; a machine goes through the list."""

_WORDS = {
    "anonymous", "restricted", "blocked", "unknown", "unavailable", "private", "withheld", "asserted",
}  # fmt: skip
_ON_KEYS = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_WITHHELD = {
    "",
    "+464",
    "+7378742883",
    "+8566696",
    *_WORDS,
    *(f"+{word.translate(_ON_KEYS)}" for word in _WORDS),
}
"""Words and, as Twilio writes them, the words on a phone's keys: +266696687 is ANONYMOUS."""
_MACHINES = {
    phonenumbers.PhoneNumberType.TOLL_FREE: "a toll-free number",
    phonenumbers.PhoneNumberType.PREMIUM_RATE: "a premium number",
    phonenumbers.PhoneNumberType.SHARED_COST: "a shared-cost number",
    phonenumbers.PhoneNumberType.UAN: "a company's service number",
}
_NORTH_AMERICA = ("US", "PR", "VI", "GU", "AS", "MP", "CA")


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What the carrier and earlier calls say of a caller."""

    spoofed: bool = False
    """The phone company found that the number shown is not the caller's (STIR/SHAKEN validation failed)."""
    shows_dialled: bool = False
    """The phone company shows the number that was dialled instead of the caller's."""
    shops: int = 1
    """How many businesses of this installation the number has called within ten minutes."""
    rang_s: float | None = None
    """How long it rang; None: not known."""


def number_of(caller: str | None) -> str | None:
    """E.164; None: withheld or no number at all."""
    return None if is_withheld(caller) else phone.normalised(caller)


def is_withheld(caller: str | None) -> bool:
    return (caller or "").strip().lower() in _WITHHELD


def refused(
    business: Business, caller: str | None, signs: Signs
) -> tuple[NoText, str | None] | None:
    """Why this caller gets no text whatever else is known, with what a person should do; None: nothing against it."""
    number = number_of(caller)
    if is_withheld(caller):
        return NoText.WITHHELD, " from a withheld number: nobody can be texted or called back."
    if number is None:
        return NoText.INVALID, f"; {caller!r} is no number that can be texted: please look."
    if number in business.numbers or signs.shows_dialled:
        words = "; the phone company shows your own number instead of the caller's: ask it to pass on the caller's."
        return NoText.OWN_NUMBER, words
    if number in {person.phone for person in business.staff}:
        return NoText.STAFF, None
    if any(_fits(number, pattern) for pattern in business.calls.blocked):
        return NoText.BLOCKED, None
    if sign := _machine(number, signs):
        return NoText.ROBOCALL, f" from {spoken(number)}, perhaps a machine ({sign}): please look."
    if not _is_served(business, number):
        return NoText.COUNTRY, f" from {spoken(number)}, a country that is not texted: phone back."
    return None


def nobody(business: Business, caller: str | None) -> NoText | None:
    """Staff, or a number that the owner has blocked: nobody who waits for anything."""
    found = refused(business, caller, Signs())
    return found[0] if found and found[0] in (NoText.STAFF, NoText.BLOCKED) else None


def hung_up_at_once(business: Business, signs: Signs) -> bool:
    return signs.rang_s is not None and signs.rang_s < business.calls.min_ring_s


def _fits(number: str, pattern: str) -> bool:
    return number.startswith(pattern[:-1]) if pattern.endswith("*") else number == pattern


def _machine(number: str, signs: Signs) -> str | None:
    if signs.spoofed:
        return "the phone company says that the number is not the caller's own"
    if signs.shops > SHOPS_AT_MOST:
        return f"it called {signs.shops} businesses within ten minutes"
    return _MACHINES.get(phonenumbers.number_type(phonenumbers.parse(number)))


def _is_served(business: Business, number: str) -> bool:
    """A number of no place that is known goes by its country code; the carrier knows better."""
    theirs, ours = phonenumbers.parse(number), phonenumbers.parse(business.phone)
    served = business.texting.countries or _around(ours)
    region = phonenumbers.region_code_for_number(theirs)
    if region is not None:
        return region in served
    return theirs.country_code in {phonenumbers.country_code_for_region(one) for one in served}


def _around(ours: phonenumbers.PhoneNumber) -> tuple[str, ...]:
    own = phonenumbers.region_code_for_country_code(ours.country_code or 0)
    return _NORTH_AMERICA if own in _NORTH_AMERICA else (own,)
