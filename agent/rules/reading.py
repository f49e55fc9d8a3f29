"""All deterministic readers together: one text in, one Reading out."""

from agent.model import Fired, Intent, Reading
from agent.rules import intents, language, opt_out, urgency


def read(text: str, last_text: str | None) -> Reading:
    """Read one text against the last one sent; pure, no clock, no model."""
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
    return Reading(
        opt_out=consent.meaning,
        urgency=pressing.urgency,
        urgency_reason=pressing.reason,
        intents=tuple(dict.fromkeys(Intent(hit.rule) for hit in fired)),
        choice=choice[0] if choice else None,
        language=tongue,
        fired=(*_evidence(consent, pressing), *fired),
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
