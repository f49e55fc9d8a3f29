"""All deterministic readers together: one text in, one Reading out."""

from datetime import datetime

from agent.model import Fired, Intent, Reading, TimeWish, When
from agent.rules import intents, language, opt_out, urgency, when


def read(
    text: str, last_text: str | None, now: datetime | None = None, hours: when.Hours | None = None
) -> Reading:
    """Read one text against the last one sent; pure, no clock, no model.

    Args:
        now: in the business's zone; without it no date or time is read.
        hours: the business's week, which tells whether "at 7" is morning or evening.
    """
    consent = opt_out.read(text)
    pressing = urgency.read(text)
    fired = intents.read(text)
    choice = _choice(text, last_text)
    if choice:
        place, words = choice
        fired = [Fired(rule=intents.menu_intent(words), span=str(place))]
    tongue = language.read(text)
    if tongue == "es" and all(hit.rule != Intent.LANGUAGE_SPANISH for hit in fired):
        fired.append(Fired(rule=Intent.LANGUAGE_SPANISH, span=text[:40]))
    named = tuple(dict.fromkeys(Intent(hit.rule) for hit in fired))
    wish = when.read(text, now, hours, last_text) if now and not choice else None
    return Reading(
        opt_out=consent.meaning,
        urgency=pressing.urgency,
        urgency_reason=pressing.reason,
        intents=named,
        choice=choice[0] if choice else None,
        when=wish,
        callback=_call_at(wish) if wish and Intent.REQUEST_CALLBACK in named else None,
        language=tongue,
        fired=(*_evidence(consent, pressing), *fired),
    )


def _call_at(wish: When) -> TimeWish:
    """When to call back: not before `time`, not after `time_end`."""
    return TimeWish(
        date=wish.date,
        time=None if when.is_latest(wish) else wish.time,
        time_end=None if when.is_earliest(wish) else wish.time_end,
        date_end=wish.date_end,
        dayparts=wish.dayparts,
    )


def _choice(text: str, last_text: str | None) -> tuple[int, str] | None:
    place = intents.pick(text)
    offered = intents.menu(last_text or "")
    return (place, offered[place]) if place in offered else None


def _evidence(consent: opt_out.OptOutReading, pressing: urgency.UrgencyReading) -> list[Fired]:
    found = []
    if consent.rule:
        found.append(Fired(rule=f"opt_out.{consent.rule}", span=consent.span))
    if pressing.reason:
        found.append(Fired(rule=f"urgency.{pressing.reason}", span=pressing.span))
    return found
