"""The fixed first text after a missed call."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent.business import Business
from agent.rules import allowed, filling, hours, must_say, packs, phone
from agent.rules.promises import promise_in
from agent.rules.segments import plain
from agent.rules.sentences import sentences

LONGEST = 1600
"""Signs that a carrier takes in one text (Twilio error 21617)."""

_THE_CALL = re.compile(r"\bmissed (?:your call|you)\b|\b(?:your call|su llamada)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Call:
    """The call that a text is about, and what is known when the text leaves."""

    called_at: datetime
    language: str
    """One of the business's."""
    first_name: str = ""
    free_at: datetime | None = None
    told_as: str | None = None
    sent_at: datetime | None = None

    @property
    def now(self) -> datetime:
        return self.sent_at or self.called_at

    @property
    def written(self) -> str:
        """The language of our own words."""
        return self.language if self.language in packs.LANGUAGES else packs.LANGUAGES[0]


@dataclass(frozen=True, kw_only=True)
class Written:
    """A first text, and what it was made of."""

    words: str
    template: str
    """Its version: whose template, which of them, the language, a fingerprint; `own first_text en 1a2b3c4d`."""


def render(business: Business, called_at: datetime, **more: Any) -> str:
    """The words of `write`."""
    return write(business, called_at, **more).words


def write(
    business: Business,
    called_at: datetime,
    *,
    language: str | None = "en",
    first_name: str = "",
    free_at: datetime | None = None,
    told_as: str | None = None,
    sent_at: datetime | None = None,
) -> Written:
    """The first text for a call missed at that moment: the owner's own words, else the pack's.

    The name, the opt-out line and a health office's emergency line are always there, whatever the owner wrote; what
    sells is not, nor a link that is not allowed.

    Args:
        language: the caller's; where the business does not speak it, its first. Own words are in the first.
        free_at: when whoever is busy is free again; None: unknown, then the text says what the opening hours say.
        told_as: E.164 of the number dialled, where the text has to name it.
        sent_at: when the text leaves, if it was held until the opening: then it says when the call was.
    """
    call = _Call(
        called_at=called_at,
        language=_language(business, language),
        first_name=filling.first_name(first_name),
        free_at=free_at,
        told_as=told_as,
        sent_at=sent_at,
    )
    own, ours = _templates(business, call)
    text = _said(business, own, call) if own else ""
    if 0 < len(text) <= LONGEST and allowed.may_leave(business, text):
        return Written(words=text, template=_version("own", own, call, business))
    whose = packs.name(business.industry)
    return Written(
        words=_said(business, ours, call), template=_version(whose, ours, call, business)
    )


def called_back(business: Business, called_at: datetime, language: str | None = "en") -> str:
    """The first text where a person has tried to call back and nobody took it."""
    call = _Call(called_at=called_at, language=_language(business, language))
    return _said(business, packs.template(business.industry, "called_back", call.written), call)


def promised(business: Business, called_at: datetime, body: str) -> datetime | None:
    """The opening at which a text says that a person is back; None: it says no such thing, or the business is open."""
    if hours.is_open(business, called_at):
        return None
    words = (hours.expect(business, called_at, language) for language in packs.LANGUAGES)
    says = any(one in body for one in words) or any(promise_in(one) for one in sentences(body))
    return hours.next_opening(business, called_at) if says else None


def needs_free_time(business: Business, called_at: datetime) -> bool:
    """The text for a call at that moment says when whoever is busy is free again."""
    call = _Call(called_at=called_at, language=_language(business, None))
    own, ours = _templates(business, call)
    return filling.uses(own or ours, "free_at")


def as_sent(business: Business, template: str, values: Mapping[str, str], language: str) -> str:
    """A template with its values and with all that the text must say, in plain signs where those say the same."""
    filled = plain(_printable(filling.fill(template, values)))
    return plain(must_say.completed(business, filled, language))


def _version(whose: str, template: str, call: _Call, business: Business) -> str:
    fingerprint = hashlib.sha256(template.encode()).hexdigest()[:8]
    return f"{whose} {_name(business, call)} {call.written} {fingerprint}"


def _name(business: Business, call: _Call) -> packs.TextName:
    return "first_text" if hours.is_open(business, call.now) else "after_hours_text"


def _templates(business: Business, call: _Call) -> tuple[str, str]:
    """The owner's own, empty where there is none that may leave, and the pack's."""
    name = _name(business, call)
    own = business.first_text if name == "first_text" else business.after_hours_text
    if call.language != _language(business, None):
        own = None
    ours = packs.template(business.industry, name, call.written)
    return allowed.kept(business, own) if own else "", ours


def _language(business: Business, wanted: str | None) -> str:
    spoken = [one.lower()[:2] for one in business.languages] or [packs.LANGUAGES[0]]
    return wanted if wanted in spoken else spoken[0]


def _said(business: Business, template: str, call: _Call) -> str:
    names_time = filling.uses(template, "call_time")
    text = as_sent(business, template, _values(business, call), call.written)
    when = "" if names_time or not call.sent_at else _when(business, call)
    number = phone.spoken(call.told_as) if call.told_as else ""
    return _about(text, "" if number in text else number, when, call.written)


def _values(business: Business, call: _Call) -> dict[str, str]:
    expect = hours.expect(business, call.now, call.written)
    is_known = call.free_at and call.free_at > call.now and hours.is_open(business, call.free_at)
    free = call.free_at if is_known else None
    when = _when(business, call)
    timed = {
        "expect": expect,
        "free_at": hours.ahead(business, free, call.now, call.written) if free else expect,
    }
    return {
        **timed,
        **{filling.AT + name: words for name, words in timed.items()},
        "business": business.name,
        "call_time": re.sub(r"^(?:at|a las?) ", "", when),
        filling.AT + "call_time": when,
        "first_name": call.first_name,
        "booking_link": business.links.booking or "",
    }


def _when(business: Business, call: _Call) -> str:
    return hours.ago(business, call.called_at, call.now, call.written)


def _about(text: str, number: str, when: str, language: str) -> str:
    """The text with the number that was dialled and the time of the call, where it has to say them."""
    if not number and not when:
        return text
    joined = must_say.lines(language)
    to = joined["to"].format(number=number) if number else ""
    at = (
        joined["of"].format(when=when).replace("de el ", "del ").replace("de a ", "de ")
        if when
        else ""
    )
    if not _THE_CALL.search(text):
        called = f"{joined['called']}{joined['called_to'].format(number=number) if number else ''}"
        return must_say.after_the_first(text, f"{called}{' ' + when if when else ''}.")
    return _THE_CALL.sub(lambda found: f"{found[0]}{to}{at}", text, count=1)


def _printable(text: str) -> str:
    return "".join(sign for sign in text if unicodedata.category(sign) not in {"Cc", "Cs"})
