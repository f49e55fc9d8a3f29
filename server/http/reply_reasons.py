"""Why the agent answered as it did, in words that whoever owns the shop can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from agent.business import Business
from agent.model import Intent, TimeWish, Urgency
from agent.rules import callbacks
from server.http import model_words

_INTENTS = {
    Intent.QUESTION: "a question",
    Intent.PRICE_REQUEST: "a question about a price",
    Intent.BOOK: "wants a visit",
    Intent.RESCHEDULE: "wants to move a visit",
    Intent.CANCEL_APPOINTMENT: "wants to cancel a visit",
    Intent.CONFIRM: "a yes",
    Intent.DECLINE: "a no",
    Intent.CHOOSE_SLOT: "picks a time",
    Intent.REQUEST_CALLBACK: "wants a call back",
    Intent.REQUEST_HUMAN: "asks for a person",
    Intent.GIVE_DETAILS: "gives details",
    Intent.PHOTO_REFERENCE: "speaks of a photo",
    Intent.STATUS_OF_TECHNICIAN: "asks where somebody stays",
    Intent.THANKS: "thanks",
    Intent.GREETING: "a greeting",
    Intent.GOODBYE: "a goodbye",
    Intent.ARE_YOU_A_BOT: "asks whether a machine writes",
    Intent.COMPLAINT: "a complaint",
    Intent.WRONG_NUMBER: "a wrong number",
    Intent.SPAM_OR_VENDOR: "advertising",
    Intent.CHITCHAT: "small talk",
    Intent.LANGUAGE_SPANISH: "wants Spanish",
}
_URGENCY = {
    Urgency.ROUTINE: "Not urgent",
    Urgency.URGENT: "Urgent",
    Urgency.EMERGENCY: "An emergency",
}
_UNHELD = {
    "price": "none of your documents says this price",
    "time": "none of your documents says this time",
    "promise": "it promises what nobody has taken on",
    "policy": "none of your documents says this",
}
_NO_EVIDENCE, _SELLS = "no evidence: ", "marketing: "


@dataclass(frozen=True, kw_only=True)
class Source:
    """One passage that was found, as a footnote."""

    document: str
    heading: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A sentence that the guard took out."""

    sentence: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Reasons:
    read: tuple[str, ...]
    """What the caller's texts were taken to say, a line each."""
    sources: tuple[Source, ...]
    """On which the answer leans."""
    others: tuple[Source, ...]
    """Found, and not used."""
    cuts: tuple[Cut, ...]
    by: str
    """Who has read the texts: the rules, or a model."""
    prompt: str
    """Which question was put to the model; empty: none was."""
    says_fixed: bool
    """One of our own fixed phrases, for which no document was needed."""


def reasons(why: Mapping[str, Any], business: Business, at: datetime) -> Reasons:
    """What is kept with a reply of the agent, for its page.

    Args:
        at: when the reply was written; "tomorrow" is meant from there.
    """
    evidence = why.get("evidence") or []
    prompt = str(why.get("prompt") or "")
    found = why.get("passages") or []
    sources = _sources([one for one in found if one["id"] in evidence])
    cuts = tuple(_cut(one) for one in why.get("removed") or [])
    return Reasons(
        read=tuple(_read(why.get("reading") or {}, business, at)),
        sources=sources,
        others=_sources([one for one in found if one["id"] not in evidence]),
        cuts=cuts,
        by=model_words.how(dict(why)),
        prompt=model_words.prompt_words(prompt) if prompt else "",
        says_fixed=not sources and not cuts,
    )


def _read(reading: Mapping[str, Any], business: Business, at: datetime) -> list[str]:
    lines = []
    if intents := [_INTENTS.get(one, str(one)) for one in reading.get("intents") or []]:
        lines.append(f"The texts say: {', '.join(intents)}")
    if reading.get("urgency") in (Urgency.URGENT, Urgency.EMERGENCY):
        reason = reading.get("urgency_reason")
        lines.append(_URGENCY[reading["urgency"]] + (f": {reason}" if reason else ""))
    elif reading:
        lines.append(_URGENCY[Urgency.ROUTINE])
    if wish := _wish(reading.get("when"), business, at):
        lines.append(f"Time asked for: {wish}")
    if service := reading.get("service"):
        lines.append(f"Service: {business.service_name(service)}")
    if details := reading.get("details"):
        lines.append("Told: " + ", ".join(f"{key} {told}" for key, told in details.items()))
    return lines


def _wish(when: Mapping[str, Any] | None, business: Business, at: datetime) -> str:
    if not when:
        return ""
    said = str(when.get("span") or "")
    if not (when.get("date") or when.get("date_end")):
        return said
    names = ("date", "time", "date_end", "time_end")
    parts = tuple(when.get("dayparts") or ())
    wish = TimeWish(**{name: when.get(name) for name in names}, dayparts=parts)
    words = callbacks.wish_words(wish, at.astimezone(business.zone), open_end=False)
    return f'{words} ("{said}")' if said else words


def _sources(passages: Sequence[Mapping[str, Any]]) -> tuple[Source, ...]:
    return tuple(
        Source(
            document=one["document"],
            heading=one.get("heading") or "",
            link=f"/business/documents/{quote(one['document'], safe='')}#{one['id']}",
        )
        for one in passages
    )


def _cut(one: Mapping[str, str]) -> Cut:
    why = one["why"]
    if why.startswith(_SELLS):
        return Cut(sentence=one["sentence"], why=f"it sells ({why.removeprefix(_SELLS)})")
    if why.startswith(_NO_EVIDENCE):
        kind = why.removeprefix(_NO_EVIDENCE)
        words = _UNHELD.get(kind, f"none of your documents backs this {kind}")
        return Cut(sentence=one["sentence"], why=words)
    return Cut(sentence=one["sentence"], why=why)
